#ifndef WIRE_H
#define WIRE_H

#define WIRE_MAJOR 2

const char *wire_hello(void);

#endif
