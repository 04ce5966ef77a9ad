#ifndef OPTIONED_H
#define OPTIONED_H

int optioned(void);

#endif
