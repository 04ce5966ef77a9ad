#include <stdio.h>
#include <confkit.h>
#include <netlite.h>

int main(void)
{
    printf("fetchlite over %s, %d settings\n", netlite_transport(), confkit_pairs("retries = 3 timeout = 9"));
    return 0;
}
