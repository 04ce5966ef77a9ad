#include "glyphs.h"
#ifdef SHAPER
int shaper_count(void);
#endif

int glyphs_count(void)
{
#ifdef SHAPER
    return 26 + shaper_count();
#else
    return 26;
#endif
}
