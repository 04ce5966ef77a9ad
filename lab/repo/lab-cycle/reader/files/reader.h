#ifndef READER_H
#define READER_H

int reader_count(void);

#endif
