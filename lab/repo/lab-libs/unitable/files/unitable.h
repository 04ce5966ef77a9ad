#ifndef UNITABLE_H
#define UNITABLE_H

struct row {
    const char *key;
    double value;
};

/* Metres in one unit, or 0 if the unit is not known. */
double unitable_metres(const char *unit);
int unitable_size(void);
const char *unitable_version(void);

#endif
