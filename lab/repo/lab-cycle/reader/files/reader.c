#include <grammar.h>
#include "reader.h"

int reader_count(void)
{
    int (*needed)(void) = grammar_count;
    return needed ? 2 : 0;
}
