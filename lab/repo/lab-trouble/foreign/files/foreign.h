#ifndef FOREIGN_H
#define FOREIGN_H

int foreign(void);

#endif
