#include "wire.h"

const char *wire_hello(void)
{
    return "wire protocol 3, library " VERSION;
}
