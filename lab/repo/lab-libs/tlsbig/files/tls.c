#include "tls.h"

const char *tls_name(void)
{
    return "tlsbig " VERSION;
}
