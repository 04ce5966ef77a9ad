#include <string.h>
#include "unitable.h"
#include "units.inc"

double unitable_metres(const char *unit)
{
    for (int row = 0; row < units_rows; row++)
        if (!strcmp(units[row].key, unit))
            return units[row].value;
    return 0;
}

int unitable_size(void)
{
    return units_rows;
}

const char *unitable_version(void)
{
    return VERSION;
}
