#include <stdio.h>
#include <foreign.h>

int main(void)
{
    return printf("%d\n", 0 + foreign()) < 0;
}
