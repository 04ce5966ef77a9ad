#include "jealous.h"

int jealous(void)
{
    return 1;
}
