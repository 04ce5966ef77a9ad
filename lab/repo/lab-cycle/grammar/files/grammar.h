#ifndef GRAMMAR_H
#define GRAMMAR_H

int grammar_count(void);

#endif
