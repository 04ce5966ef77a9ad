#include "checksum.h"

unsigned checksum_crc32(const void *data, size_t size)
{
    const unsigned char *byte = data;
    unsigned crc = ~0u;
    while (size--) {
        crc ^= *byte++;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & -(crc & 1));
    }
    return ~crc;
}

unsigned checksum_adler32(const void *data, size_t size)
{
    const unsigned char *byte = data;
    unsigned a = 1, b = 0;
    while (size--) {
        a = (a + *byte++) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

const char *checksum_version(void)
{
    return VERSION;
}
