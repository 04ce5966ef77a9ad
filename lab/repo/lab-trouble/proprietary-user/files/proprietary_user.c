#include <stdio.h>
#include <proprietary.h>

int main(void)
{
    return printf("%d\n", 0 + proprietary()) < 0;
}
