#include <stdio.h>
#include <shunned.h>

int main(void)
{
    return printf("%d\n", 0 + shunned()) < 0;
}
