#include <icuish.h>
#include "shaping.h"

int shaping(void)
{
    return 1 + icuish();
}
