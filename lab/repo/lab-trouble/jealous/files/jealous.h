#ifndef JEALOUS_H
#define JEALOUS_H

int jealous(void);

#endif
