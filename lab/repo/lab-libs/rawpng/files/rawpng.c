#include <string.h>
#include <checksum.h>
#include <squash.h>
#include "rawpng.h"

int rawpng_square(int side, char colour, unsigned *crc)
{
    char pixels[4096], packed[8192];
    int size = side * side < 4096 ? side * side : 4096;
    memset(pixels, colour, size);
    size = squash_encode(pixels, size, packed);
    *crc = checksum_crc32(packed, size);
    return size;
}

const char *rawpng_version(void)
{
    return VERSION;
}
