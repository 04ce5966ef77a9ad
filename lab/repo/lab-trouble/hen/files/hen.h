#ifndef HEN_H
#define HEN_H

int hen(void);

#endif
