#ifndef SHUNNED_H
#define SHUNNED_H

int shunned(void);

#endif
