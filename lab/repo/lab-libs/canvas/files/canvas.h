#ifndef CANVAS_H
#define CANVAS_H

/* Describes a line of so many units, and the picture of it if pictures are built in. */
void canvas_line(const char *unit, double count, char *out, int size);
const char *canvas_version(void);

#endif
