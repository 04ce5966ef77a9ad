#ifndef SHAPING_H
#define SHAPING_H

int shaping(void);

#endif
