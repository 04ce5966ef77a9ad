#include "untested.h"

int untested(void)
{
    return 1;
}
