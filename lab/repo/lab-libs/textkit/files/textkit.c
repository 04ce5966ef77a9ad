#include <string.h>
#include <ringbuf.h>
#include "textkit.h"

char *textkit_reverse(const char *text, char *out, int size)
{
    struct ringbuf ring = { .length = 0 };
    int length = 0;
    for (const char *c = text + strlen(text); c > text;)
        if (!ringbuf_push(&ring, *--c))
            break;
    for (int byte; length < size - 1 && (byte = ringbuf_pop(&ring)) >= 0;)
        out[length++] = byte;
    out[length] = 0;
    return out;
}

int textkit_words(const char *text)
{
    int words = 0, inside = 0;
    for (; *text; text++) {
        words += !inside && *text != ' ';
        inside = *text != ' ';
    }
    return words;
}

const char *textkit_version(void)
{
    return VERSION;
}
