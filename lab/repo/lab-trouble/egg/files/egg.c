#include <hen.h>
#include "egg.h"

int egg(void)
{
    return 1 + hen();
}
