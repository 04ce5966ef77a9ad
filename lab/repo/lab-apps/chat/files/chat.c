#include <logkit.h>
#include <wire-3/wire.h>

int main(void)
{
    logkit_say(wire_hello());
    return WIRE_MAJOR != 3;
}
