#include <ouroboros_head.h>
#include "ouroboros_tail.h"

int ouroboros_tail(void)
{
    return 1 + ouroboros_head();
}
