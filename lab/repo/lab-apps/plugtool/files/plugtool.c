#include <stdio.h>
#include <plugcore.h>

int main(void)
{
    const char *greeting = plugcore_load("extras");
    puts(greeting ? greeting : "no plugins");
    return !greeting;
}
