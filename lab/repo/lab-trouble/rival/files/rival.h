#ifndef RIVAL_H
#define RIVAL_H

int rival(void);

#endif
