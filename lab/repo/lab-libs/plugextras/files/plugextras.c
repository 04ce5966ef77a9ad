#include <plugcore.h>

const char *plug_greeting(void)
{
    return "the extras, " VERSION;
}
