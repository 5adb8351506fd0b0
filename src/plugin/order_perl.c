/* What a module of Perl loads before its own object: auto/A/B/B.so is of A/B.pm, whose "use" and
 * "require" lines come first. An object is opened with RTLD_GLOBAL where its module says so by
 * dl_load_flags (DynaLoader(3perl)). */
#include <string.h>

#include "plugin/order_reading.h"

enum { LONGEST = 200 };

static const char mark[] = "/auto/";

/* "A::B" as part of a path, "A/B". */
static const char *as_path(struct reading *reading, const char *name, size_t length)
{
    char *path = arena_copy(reading->arena, name, length), *to = path;
    for (const char *at = path; *at != 0; at++) {
        bool colons = at[0] == ':' && at[1] == ':';
        *to++ = colons ? '/' : *at;
        at += colons;
    }
    *to = 0;
    return path;
}

static const char *module_file(const struct reading *reading, const char *module)
{
    for (size_t i = 0; reading->roots[i] != NULL; i++) {
        const char *path = arena_format(reading->arena, "%s/%s.pm", reading->roots[i], module);
        if (reading_node(reading, path) != NULL)
            return path;
    }
    return NULL;
}

static const struct node *object_of(const struct reading *reading, const char *module)
{
    const char *slash = strrchr(module, '/'), *last = slash != NULL ? slash + 1 : module;
    return reading_node(reading, arena_format(reading->arena, "auto/%s/%s.so", module, last));
}

static bool is_read(const struct reading *reading, const char *module)
{
    for (size_t i = 0; i < reading->names.count; i++)
        if (strcmp(reading->names.at[i], module) == 0)
            return true;
    return false;
}

/* Behind what may stand before a word of its own: eval "use A;", BEGIN { require A; }. */
static const char *behind_opening(const char *line)
{
    static const char *const openings[] = {"eval", "BEGIN"};
    line += strspn(line, " \t");
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        size_t length = strlen(openings[i]);
        if (strncmp(line, openings[i], length) == 0)
            return line + length + strspn(line + length, " \t\"'{");
    }
    return line;
}

/* The module that a line loads, in its form of a path; NULL: none. */
static const char *loaded_by(struct reading *reading, const char *line)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:";
    line = behind_opening(line);
    size_t word = strncmp(line, "use ", 4) == 0 ? 4 : strncmp(line, "require ", 8) == 0 ? 8 : 0;
    const char *name = line + word + strspn(line + word, " \t");
    size_t length = strspn(name, letters);
    bool module = word != 0 && *name >= 'A' && *name <= 'Z' && length < LONGEST;
    return module ? as_path(reading, name, length) : NULL;
}

static bool bootstraps(const char *line)
{
    return strstr(line, "XSLoader::load") != NULL || strstr(line, "bootstrap") != NULL;
}

/* Read a module and what it loads; `own`: the one whose object is asked about. */
static void read_module(struct reading *reading, const char *module, bool own)
{
    const char *file = module_file(reading, module);
    char *text = file != NULL ? reading_text(reading, file) : NULL, *rest = text;
    unsigned at = 1;
    if (text == NULL || is_read(reading, module) || reading->depth == DEEPEST_INCLUDE) {
        reading->gap |= own;
        return;
    }
    bool global = own || (strstr(text, "dl_load_flags") != NULL && strstr(text, "0x01") != NULL);
    *vec_push(&reading->names) = module;
    reading->depth++;
    for (unsigned number = 1; rest != NULL && strncmp(rest, "__END__", 7) != 0; number++) {
        char *line = rest, *end = strchr(line, '\n');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = 0;
        const char *other = loaded_by(reading, line);
        if (other != NULL)
            read_module(reading, other, false);
        at = at == 1 && bootstraps(line) ? number : at;
    }
    reading->depth--;
    const struct node *object = global ? object_of(reading, module) : NULL;
    if (object != NULL)
        reading_add(reading, object, file, at);
}

void reading_perl(struct reading *reading, const char *path)
{
    const char *below = strstr(path, mark);
    const char **roots = arena_array(reading->arena, 3, sizeof *roots);
    if (below == NULL || strrchr(path, '/') <= below + sizeof mark - 2) {
        reading->gap = true;
        return;
    }
    roots[0] = arena_copy(reading->arena, path, (size_t)(below - path));
    roots[1] = "/usr/share/perl5";
    reading->roots = roots;
    const char *module = below + sizeof mark - 1;
    read_module(reading, arena_copy(reading->arena, module, (size_t)(strrchr(path, '/') - module)),
                true);
}
