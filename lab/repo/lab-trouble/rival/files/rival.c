#include "rival.h"

int rival(void)
{
    return 1;
}
