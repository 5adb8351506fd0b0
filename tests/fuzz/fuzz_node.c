/* libFuzzer target: what an addon of Node.js or a module of PHP tells of itself, of whatever begins
 * like an ELF file. Run: build/fuzz/fuzz_node -max_len=65536 CORPUS_FOLDER /some/addons */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf_node_module.h"
#include "elf/elf_php_module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HIGHEST = 999 };
    const struct span file = {data, size};
    if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0)
        return -1;
    volatile int version = elf_node_api_version(file);
    (void)version;
    if (elf_node_module_version(file) > HIGHEST || elf_node_of(file).abi > HIGHEST)
        abort();
    struct arena arena = {0};
    const struct elf_php_module *modules;
    elf_php_modules(file, &arena, &modules);
    arena_free(&arena);
    return 0;
}
