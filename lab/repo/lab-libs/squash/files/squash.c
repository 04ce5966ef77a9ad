#include "squash.h"

int squash_encode(const char *in, int size, char *out)
{
    int length = 0;
    for (int i = 0; i < size;) {
        int run = 1;
        while (i + run < size && run < 127 && in[i + run] == in[i])
            run++;
        out[length++] = run;
        out[length++] = in[i];
        i += run;
    }
    return length;
}

const char *squash_version(void)
{
    return VERSION;
}
