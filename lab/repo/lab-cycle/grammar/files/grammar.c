#include "grammar.h"
#ifdef MACROS
int macrogen_count(void);
#endif

int grammar_count(void)
{
#ifdef MACROS
    return 10 + macrogen_count();
#else
    return 10;
#endif
}
