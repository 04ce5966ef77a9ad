#include <stdio.h>

int main(void)
{
    return printf("%d\n", 0) < 0;
}
