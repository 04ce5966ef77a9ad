#include "ouroboros_head.h"

int ouroboros_head(void)
{
    return 1;
}
