#ifndef CONFKIT_H
#define CONFKIT_H

/* Number of "key = value" pairs in a text of one line. */
int confkit_pairs(const char *text);

#endif
