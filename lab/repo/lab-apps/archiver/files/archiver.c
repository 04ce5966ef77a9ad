#include <stdio.h>
#include <string.h>
#include <checksum.h>
#include <squash.h>

int main(void)
{
    const char *text = "aaaaaaaaaaaaaaaabbbbbbbbcccc";
    char packed[128];
    int size = squash_encode(text, strlen(text), packed);
    printf("%zu bytes -> %d bytes, crc %08x\n", strlen(text), size, checksum_crc32(packed, size));
    return 0;
}
