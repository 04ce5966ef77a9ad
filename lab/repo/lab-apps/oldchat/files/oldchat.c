#include <stdio.h>
#include <wire-2/wire.h>

int main(void)
{
    puts(wire_hello());
    return WIRE_MAJOR != 2;
}
