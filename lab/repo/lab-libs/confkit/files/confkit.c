#include <textkit.h>
#include "confkit.h"

int confkit_pairs(const char *text)
{
    return textkit_words(text) / 3;
}
