#ifndef EGG_H
#define EGG_H

int egg(void);

#endif
