#include <stdio.h>
#include <ouroboros_tail.h>

int main(void)
{
    return printf("%d\n", 0 + ouroboros_tail()) < 0;
}
