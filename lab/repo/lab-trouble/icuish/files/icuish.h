#ifndef ICUISH_H
#define ICUISH_H

int icuish(void);

#endif
