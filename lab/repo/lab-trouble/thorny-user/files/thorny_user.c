#include <stdio.h>
#include <thorny.h>

int main(void)
{
    return printf("%d\n", 0 + thorny()) < 0;
}
