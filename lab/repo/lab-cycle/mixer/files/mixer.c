#include "mixer.h"
#ifdef AUDIO
int sound_count(void);
#endif
#ifdef VIDEO
int vision_count(void);
#endif

int mixer_count(void)
{
    int count = 1;
#ifdef AUDIO
    count += sound_count();
#endif
#ifdef VIDEO
    count += vision_count();
#endif
    return count;
}
