#include <stdio.h>
#include <ringbuf.h>
#include "logkit.h"

void logkit_say(const char *message)
{
    struct ringbuf ring = { .length = 0 };
    while (*message && ringbuf_push(&ring, *message))
        message++;
#ifdef ANSI
    fputs("\033[1m", stdout);
#endif
    for (int byte; (byte = ringbuf_pop(&ring)) >= 0;)
        putchar(byte);
#ifdef ANSI
    fputs("\033[0m", stdout);
#endif
    putchar('\n');
}

const char *logkit_version(void)
{
    return VERSION;
}
