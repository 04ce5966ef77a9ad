#ifndef MACROGEN_H
#define MACROGEN_H

int macrogen_count(void);

#endif
