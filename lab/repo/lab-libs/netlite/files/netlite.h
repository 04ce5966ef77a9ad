#ifndef NETLITE_H
#define NETLITE_H

const char *netlite_transport(void);

#endif
