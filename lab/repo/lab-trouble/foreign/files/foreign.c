#include "foreign.h"

int foreign(void)
{
    return 1;
}
