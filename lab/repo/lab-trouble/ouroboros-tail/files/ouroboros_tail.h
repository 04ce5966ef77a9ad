#ifndef OUROBOROS_TAIL_H
#define OUROBOROS_TAIL_H

int ouroboros_tail(void);

#endif
