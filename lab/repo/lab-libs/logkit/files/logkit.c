#include <stdio.h>
#include <unistd.h>
#include <ringbuf.h>
#include "logkit.h"

void logkit_say(const char *message)
{
    struct ringbuf ring = { .length = 0 };
    while (*message && ringbuf_push(&ring, *message))
        message++;
#ifdef ANSI
    int ansi = isatty(STDOUT_FILENO);
#else
    int ansi = 0;
#endif
    if (ansi)
        fputs("\033[1m", stdout);
    for (int byte; (byte = ringbuf_pop(&ring)) >= 0;)
        putchar(byte);
    if (ansi)
        fputs("\033[0m", stdout);
    putchar('\n');
}

const char *logkit_version(void)
{
    return VERSION;
}
