#include "icuish.h"

int icuish(void)
{
    return 1;
}
