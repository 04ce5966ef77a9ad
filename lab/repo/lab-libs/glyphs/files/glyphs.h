#ifndef GLYPHS_H
#define GLYPHS_H

int glyphs_count(void);

#endif
