#include "proprietary.h"

int proprietary(void)
{
    return 1;
}
