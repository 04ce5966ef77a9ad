/* A ring of bytes in a header: the whole library. */
#ifndef RINGBUF_H
#define RINGBUF_H

#include <stddef.h>

#define RINGBUF_SIZE 256

struct ringbuf {
    unsigned char bytes[RINGBUF_SIZE];
    size_t start, length;
};

static inline int ringbuf_push(struct ringbuf *ring, unsigned char byte)
{
    if (ring->length == RINGBUF_SIZE)
        return 0;
    ring->bytes[(ring->start + ring->length++) % RINGBUF_SIZE] = byte;
    return 1;
}

static inline int ringbuf_pop(struct ringbuf *ring)
{
    unsigned char byte = ring->bytes[ring->start];
    if (ring->length == 0)
        return -1;
    ring->start = (ring->start + 1) % RINGBUF_SIZE;
    ring->length--;
    return byte;
}

#endif
