#ifndef SOUND_H
#define SOUND_H

int sound_count(void);

#endif
