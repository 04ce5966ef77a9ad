#ifndef SQUASH_H
#define SQUASH_H

/* Run-length encodes size bytes into out (at least 2 * size bytes); returns the length. */
int squash_encode(const char *in, int size, char *out);
const char *squash_version(void);

#endif
