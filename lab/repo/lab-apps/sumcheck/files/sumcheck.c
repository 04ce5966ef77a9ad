#include <stdio.h>
#include <string.h>
#include <checksum.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%08x  %s\n", checksum_crc32(argv[i], strlen(argv[i])), argv[i]);
    return 0;
}
