#include <stdio.h>
#include <untested.h>

int main(void)
{
    return printf("%d\n", 0 + untested()) < 0;
}
