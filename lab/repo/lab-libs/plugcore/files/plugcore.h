#ifndef PLUGCORE_H
#define PLUGCORE_H

/* Loads a plugin by its short name and returns its greeting, or a null pointer. */
const char *plugcore_load(const char *name);

#endif
