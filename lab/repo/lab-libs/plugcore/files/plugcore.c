#include <dlfcn.h>
#include <stdio.h>
#include "plugcore.h"

const char *plugcore_load(const char *name)
{
    char file[128];
    const char *(*greeting)(void);
    void *handle;
    snprintf(file, sizeof file, "libplug-%s.so", name);
    handle = dlopen(file, RTLD_NOW);
    if (!handle)
        return 0;
    *(void **)&greeting = dlsym(handle, "plug_greeting");
    return greeting ? greeting() : 0;
}
