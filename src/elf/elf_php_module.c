#include "elf/elf_php_module.h"

#include <string.h>

#include "base/vec.h"
#include "elf/elf_pointers.h"

/* struct zend_module_entry: unsigned short size, unsigned zend_api (a date), unsigned char
 * zend_debug, zts; then pointers: ini_entry, deps, name. struct zend_module_dep: name, rel,
 * version, unsigned char type; one without a name ends them. */
enum { API_AT = 4, DEBUG_AT = 8, FLAGS_SIZE = 2, DEPS = 1, NAME = 2, LARGEST = 512 };
enum { FIRST_API = 20060613, LAST_API = 20991231, LONGEST_NAME = 64 };
enum { MOST_MODULES = 256, MOST_DEMANDS = 64 };
enum { DEP_TYPE = 3, DEP_WORDS = 4, REQUIRED = 1, CONFLICTS = 2 };

struct reading {
    struct elf_pointers file;
    struct arena *arena;
    struct VEC(struct elf_php_module) modules;
    size_t left; /* bytes: segments may overlap, and no byte is worth two looks */
};

static const char *name_at(const struct reading *reading, uint64_t address)
{
    const char *text = elf_text_at(&reading->file, elf_pointer_at(&reading->file, address));
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ -.";
    if (text == NULL || strspn(text, letters) != strlen(text) || strlen(text) > LONGEST_NAME)
        return NULL;
    return arena_string(reading->arena, text);
}

static void read_demands(const struct reading *reading, uint64_t address,
                         struct elf_php_module *module)
{
    struct elf_php_demand *demands = arena_array(reading->arena, MOST_DEMANDS, sizeof *demands);
    uint64_t word = reading->file.word;
    struct span bytes;
    module->demands = demands;
    for (size_t i = 0; i < MOST_DEMANDS && address != 0; i++, address += DEP_WORDS * word) {
        const char *name = name_at(reading, address);
        if (name == NULL || !elf_at(&reading->file.image, address + DEP_TYPE * word, &bytes))
            return;
        if (bytes.data[0] == REQUIRED || bytes.data[0] == CONFLICTS)
            demands[module->demand_count++] =
                (struct elf_php_demand){name, bytes.data[0] == CONFLICTS};
    }
}

/* Is there a module's structure at `address`, where the file has `bytes`? */
static void look_at(struct reading *reading, uint64_t address, struct span bytes)
{
    const struct elf_image *image = &reading->file.image;
    uint64_t word = reading->file.word;
    uint64_t pointers = (DEBUG_AT + FLAGS_SIZE + word - 1) / word * word;
    uint16_t size = elf_u16(image, bytes, 0);
    uint32_t api = elf_u32(image, bytes, API_AT);
    if (api < FIRST_API || api > LAST_API || size > LARGEST || size < pointers + 3 * word ||
        bytes.size < size || bytes.data[DEBUG_AT] > 1 || bytes.data[DEBUG_AT + 1] > 1 ||
        reading->modules.count == MOST_MODULES)
        return;
    struct elf_php_module module = {.name = name_at(reading, address + pointers + NAME * word)};
    if (module.name == NULL)
        return;
    read_demands(reading, elf_pointer_at(&reading->file, address + pointers + DEPS * word),
                 &module);
    *vec_push(&reading->modules) = module;
}

/* PHP writes a number and a type into each module's structure (Zend/zend_API.c): none is in a
 * segment that is not writable. */
static void read_segment(struct reading *reading, const Elf64_Phdr *segment)
{
    struct span bytes;
    uint64_t word = reading->file.word, skip = -segment->p_vaddr % word;
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) == 0 || segment->p_filesz <= skip ||
        !elf_at(&reading->file.image, segment->p_vaddr + skip, &bytes) ||
        bytes.size > reading->left)
        return;
    reading->left -= bytes.size;
    for (size_t at = 0; at + API_AT + 4 <= bytes.size; at += word)
        look_at(reading, segment->p_vaddr + skip + at,
                (struct span){bytes.data + at, bytes.size - at});
}

size_t elf_php_modules(struct span file, struct arena *arena, const struct elf_php_module **modules)
{
    struct reading reading = {.arena = arena, .left = file.size};
    if (elf_pointers_open(&reading.file, file))
        for (size_t i = 0; reading.file.facts.phdrs != NULL && i < reading.file.facts.phnum; i++)
            read_segment(&reading, &reading.file.facts.phdrs[i]);
    elf_pointers_close(&reading.file);
    size_t count = reading.modules.count;
    struct elf_php_module *kept = arena_array(arena, count + 1, sizeof *kept);
    if (count != 0)
        memcpy(kept, reading.modules.at, count * sizeof *kept);
    *modules = kept;
    vec_free(&reading.modules);
    return count;
}
