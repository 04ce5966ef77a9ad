#ifndef THORNY_H
#define THORNY_H

int thorny(void);

#endif
