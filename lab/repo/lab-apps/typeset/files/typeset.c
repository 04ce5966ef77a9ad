#include <stdio.h>
#include <glyphs.h>
#include <shaper.h>

int main(void)
{
    printf("%d glyphs, %d shapes\n", glyphs_count(), shaper_count());
    return 0;
}
