#include <stdio.h>
#include <unitable.h>
#ifdef PNG
#include <rawpng.h>
#endif
#include "canvas.h"

void canvas_line(const char *unit, double count, char *out, int size)
{
    double metres = unitable_metres(unit) * count;
#ifdef PNG
    unsigned crc;
    int bytes = rawpng_square(16, '#', &crc);
    snprintf(out, size, "%g %s = %g m (picture: %d bytes, crc %08x)", count, unit, metres, bytes, crc);
#else
    snprintf(out, size, "%g %s = %g m", count, unit, metres);
#endif
}

const char *canvas_version(void)
{
    return VERSION;
}
