#ifndef UNTESTED_H
#define UNTESTED_H

int untested(void);

#endif
