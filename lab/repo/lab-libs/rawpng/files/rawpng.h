#ifndef RAWPNG_H
#define RAWPNG_H

/* Bytes and checksum of a square of one colour. */
int rawpng_square(int side, char colour, unsigned *crc);
const char *rawpng_version(void);

#endif
