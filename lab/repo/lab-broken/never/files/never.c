#include <stdio.h>

int main(void)
{
    return printf("%d\n", not_declared_anywhere);
}
