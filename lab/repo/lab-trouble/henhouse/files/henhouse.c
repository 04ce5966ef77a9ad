#include <stdio.h>
#include <egg.h>
#include <hen.h>

int main(void)
{
    return printf("%d\n", 0 + egg() + hen()) < 0;
}
