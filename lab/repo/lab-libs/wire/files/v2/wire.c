#include "wire.h"

const char *wire_hello(void)
{
    return "wire protocol 2, library " VERSION;
}
