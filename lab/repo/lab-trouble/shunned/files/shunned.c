#include "shunned.h"

int shunned(void)
{
    return 1;
}
