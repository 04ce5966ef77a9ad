#include "hen.h"

int hen(void)
{
    return 1;
}
