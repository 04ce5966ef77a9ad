#ifndef VISION_H
#define VISION_H

int vision_count(void);

#endif
