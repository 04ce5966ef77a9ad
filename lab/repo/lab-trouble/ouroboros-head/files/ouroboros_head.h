#ifndef OUROBOROS_HEAD_H
#define OUROBOROS_HEAD_H

int ouroboros_head(void);

#endif
