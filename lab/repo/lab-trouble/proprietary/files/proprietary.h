#ifndef PROPRIETARY_H
#define PROPRIETARY_H

int proprietary(void);

#endif
