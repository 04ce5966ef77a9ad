#include <stdio.h>
#include <icuish.h>
#include <shaping.h>

int main(void)
{
    return printf("%d\n", 0 + icuish() + shaping()) < 0;
}
