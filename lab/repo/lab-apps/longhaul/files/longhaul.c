#include <stdio.h>
#include <textkit.h>

int main(void)
{
    printf("longhaul: %d words took a long time\n", textkit_words("this program is slow to build"));
    return 0;
}
