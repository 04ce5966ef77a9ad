#include <stdio.h>
#include <optioned.h>

int main(void)
{
    return printf("%d\n", 0 + optioned()) < 0;
}
