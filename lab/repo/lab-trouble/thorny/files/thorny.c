#include <untested.h>
#include "thorny.h"

int thorny(void)
{
    return 1 + untested();
}
