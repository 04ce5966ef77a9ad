#include "optioned.h"

int optioned(void)
{
    return 1;
}
