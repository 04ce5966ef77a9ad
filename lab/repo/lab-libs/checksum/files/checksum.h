#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>

unsigned checksum_crc32(const void *data, size_t size);
unsigned checksum_adler32(const void *data, size_t size);
const char *checksum_version(void);

#endif
