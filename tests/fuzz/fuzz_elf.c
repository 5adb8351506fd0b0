/* libFuzzer target: facts of whatever begins like an ELF file.
 * Run: build/fuzz/fuzz_elf -max_len=65536 CORPUS_FOLDER /some/elf/files */
#include "fuzz/elf_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0)
        return -1; /* not for the corpus: no caller hands such a file on */
    unsigned char *bytes = malloc(size);
    if (bytes == NULL)
        return -1;
    memcpy(bytes, data, size);
    struct elf_facts *facts = elf_facts_read((struct span){bytes, size}, true);
    free(bytes); /* facts may not need the bytes any more */
    volatile size_t sum = walk_elf_facts(facts);
    (void)sum;
    elf_facts_free(facts);
    return 0;
}
