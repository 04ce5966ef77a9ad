#ifndef MIXER_H
#define MIXER_H

int mixer_count(void);

#endif
