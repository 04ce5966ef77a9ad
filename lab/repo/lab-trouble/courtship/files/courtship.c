#include <stdio.h>
#include <jealous.h>

int main(void)
{
    return printf("%d\n", 0 + jealous()) < 0;
}
