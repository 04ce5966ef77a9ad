/* widemem <MiB>: touches that much memory, as the linking of a large program does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    size_t size = (argc > 1 ? strtoul(argv[1], 0, 10) : 1) << 20;
    char *memory = malloc(size);
    if (!memory) {
        fprintf(stderr, "widemem: virtual memory exhausted: Cannot allocate memory\n");
        return 1;
    }
    memset(memory, 1, size);
    printf("touched %zu MiB\n", size >> 20);
    return memory[size - 1] != 1;
}
