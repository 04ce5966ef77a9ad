#include "netlite.h"
#ifdef SSL
#include <tls.h>
#endif

const char *netlite_transport(void)
{
#ifdef SSL
    return tls_name();
#else
    return "plain text";
#endif
}
