#ifndef TEXTKIT_H
#define TEXTKIT_H

/* Writes text in reverse into out, which holds size bytes; returns out. */
char *textkit_reverse(const char *text, char *out, int size);
int textkit_words(const char *text);
const char *textkit_version(void);

#endif
