#ifndef WIRE_H
#define WIRE_H

#define WIRE_MAJOR 3

const char *wire_hello(void);

#endif
