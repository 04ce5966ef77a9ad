#ifndef SHAPER_H
#define SHAPER_H

int shaper_count(void);

#endif
