#include "check/host_php.h"

#include <string.h>

#include "base/hash.h"

/* How a build of PHP calls itself in each extension, and in itself: "API20220829,NTS" for modules
 * (ZEND_MODULE_BUILD_ID), "API420220829,NTS" for Zend extensions (ZEND_EXTENSION_BUILD_ID). */
enum { MODULE_DIGITS = 8, ZEND_DIGITS = 9, LONGEST_ID = 64 };

#define PHP_8 "20200930"

struct build_id {
    char text[LONGEST_ID]; /* "": there is none */
};

static bool take_id(struct span file, const unsigned char *at, size_t digits, struct build_id *id)
{
    static const char start[] = "API";
    size_t left = (size_t)(file.data + file.size - at), length = strnlen((const char *)at, left);
    const char *text = (const char *)at + sizeof start - 1;
    if (length == left || length >= LONGEST_ID || length <= sizeof start - 1 + digits ||
        strspn(text, "0123456789") != digits || text[digits] != ',')
        return false;
    memcpy(id->text, at, length + 1);
    return true;
}

/* The first text of that form in the file. */
static void find_id(struct span file, size_t digits, struct build_id *id)
{
    enum { P = 1 };
    const unsigned char *at = file.data, *end = file.data + file.size;
    while ((at = span_find((struct span){at, (size_t)(end - at)}, "API", 3, P)) != NULL &&
           !take_id(file, at, digits, id))
        at++;
}

static void find_module_id(struct span file, struct arena *arena, void *id)
{
    (void)arena;
    find_id(file, MODULE_DIGITS, id);
}

static void find_zend_id(struct span file, struct arena *arena, void *id)
{
    (void)arena;
    find_id(file, ZEND_DIGITS, id);
}

static const char *words_of(const struct build_id *own, const struct build_id *host,
                            struct arena *arena)
{
    bool number = strncmp(own->text, host->text, 3 + MODULE_DIGITS) != 0;
    const char *what = number ? "module API" : "build ID";
    int skip = number ? 3 : 0, length = number ? MODULE_DIGITS : LONGEST_ID;
    return arena_format(arena,
                        "Module compiled with %s=%.*s\nPHP    compiled with %s=%.*s\n"
                        "These options need to match",
                        what, length, own->text + skip, what, length, host->text + skip);
}

static void refuse(const struct host_judging *judging, const struct build_id *own,
                   const struct build_id *host, bool module)
{
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0;
    struct willrun_finding *finding = host_refuses(
        judging, arena_format(arena, "%s was built for another PHP (%s) than %s is (%s)", path,
                              own->text, judging->host->exec.program, host->text));
    finding->fix =
        "Build it in a stage of the runtime image (docker-php-ext-install, pecl install), "
        "or install that release's package of it.";
    if (module)
        words_add(judging->words, words_of(own, host, arena), arena);
}

/* Else it is a Zend extension. */
static bool is_module(const struct elf_facts *elf)
{
    static const char entry[] = "get_module";
    const struct elf_def *def = elf_first_def(elf, entry, hash_bytes(entry, sizeof entry - 1));
    return def != NULL && !def->undefined;
}

void host_php_judge(const struct host_judging *judging)
{
    const struct loaded *object = &judging->replay->objects.at[0];
    struct build_id own, host;
    if (object->elf == NULL)
        return;
    bool module = is_module(object->elf);
    build_finder *finder = module ? find_module_id : find_zend_id;
    host_build(judging, object->node, finder, &own, sizeof own);
    if (own.text[0] == 0)
        return;
    host_build(judging, judging->host->exec.node, finder, &host, sizeof host);
    if (host.text[0] == 0)
        return;
    if (strcmp(own.text, host.text) != 0)
        refuse(judging, &own, &host, module);
    else if (module)
        host_php_demands(judging, strncmp(own.text + 3, PHP_8, MODULE_DIGITS) < 0);
}
