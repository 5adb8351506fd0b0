#include "dockerfile/mount.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct fields VEC(const char *);

/* ---- a line of comma-separated values ---- */

/* A field in quotes, two of which stand for one; NULL: it does not end. */
static const char *quoted_field(const char **at, struct arena *arena)
{
    struct text text = {0};
    const char *from = *at + 1;
    for (;; from++) {
        if (*from == '\0') {
            vec_free(&text);
            return NULL;
        }
        if (*from == '"' && *++from != '"')
            break;
        text_add(&text, from, 1);
    }
    *at = from;
    const char *field = text_keep(&text, arena);
    vec_free(&text);
    return *from == ',' || *from == '\0' ? field : NULL;
}

static const char *plain_field(const char **at, struct arena *arena)
{
    size_t length = strcspn(*at, ",");
    const char *field = arena_copy(arena, *at, length);
    *at += length;
    return strchr(field, '"') == NULL ? field : NULL;
}

/* The fields of `text`; what is wrong with it, else NULL. */
static const char *split_fields(const char *text, struct fields *fields, struct arena *arena)
{
    if (*text == '\0')
        return "EOF";
    for (const char *at = text;; at++) {
        bool quoted = *at == '"';
        const char *field = quoted ? quoted_field(&at, arena) : plain_field(&at, arena);
        if (field == NULL)
            return quoted ? "extraneous or missing \" in quoted-field"
                          : "bare \" in non-quoted-field";
        *vec_push(fields) = field;
        if (*at == '\0')
            return NULL;
    }
}

/* ---- one setting ---- */

/* A --mount that is being read. */
struct reading {
    const struct build_scope *scope;
    const struct flag *flag;
    struct mount *mount;
    const char *mode, *uid, *gid, *sharing;
    bool read_only_given;
    struct arena *arena;
    struct err *err;
};

#define REFUSE(reading, ...)                                                                       \
    dockerfile_fail((reading)->scope->file, (reading)->flag->range.begin, (reading)->err,          \
                    __VA_ARGS__)

static const char *const kinds[] = {"bind", "cache", "tmpfs", "secret", "ssh"};

static bool set_kind(struct reading *reading, const char *value)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcasecmp(kinds[i], value) == 0) {
            reading->mount->kind = (enum mount_kind)i;
            return true;
        }
    }
    return REFUSE(reading, "unsupported mount type \"%s\"", value);
}

/* strconv.ParseBool of Go. */
static bool parse_bool(const char *text, bool *value)
{
    static const char *const words[] = {"0", "f", "F", "false", "False", "FALSE",
                                        "1", "t", "T", "true",  "True",  "TRUE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], text) == 0) {
            *value = i >= 6;
            return true;
        }
    }
    return false;
}

static bool set_bool(struct reading *reading, const char *key, const char *value)
{
    bool on = true;
    if (value != NULL && !parse_bool(value, &on))
        return REFUSE(reading, "invalid value for %s: %s", key, value);
    if (strcmp(key, "required") == 0) {
        if (reading->mount->kind != MOUNT_SECRET && reading->mount->kind != MOUNT_SSH)
            return REFUSE(reading, "unexpected key '%s' for mount type '%s'", key,
                          kinds[reading->mount->kind]);
        reading->mount->required = on;
        return true;
    }
    bool writable = strcmp(key, "rw") == 0 || strcmp(key, "readwrite") == 0;
    reading->mount->read_only = writable ? !on : on;
    reading->read_only_given = true;
    return true;
}

static bool is_number(const char *text, int base)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long long value = strtoull(text, &end, base);
    return *end == '\0' && value <= UINT32_MAX;
}

static bool set_number(struct reading *reading, const char *key, const char *value,
                       const char **kept)
{
    if (!is_number(value, strcmp(key, "mode") == 0 ? 8 : 10))
        return REFUSE(reading, "invalid value %s for %s", value, key);
    *kept = value;
    return true;
}

static bool set_size(struct reading *reading, const char *value)
{
    size_t digits = strspn(value, "0123456789.");
    const char *unit = value + digits;
    if (reading->mount->kind != MOUNT_TMPFS)
        return REFUSE(reading, "unexpected key 'size' for mount type '%s'",
                      kinds[reading->mount->kind]);
    unit += *unit == ' ';
    unit += *unit != '\0' && strchr("kKmMgGtTpP", *unit) != NULL;
    unit += *unit == 'i' || *unit == 'I';
    unit += *unit == 'b' || *unit == 'B';
    return (digits != 0 && *unit == '\0') || REFUSE(reading, "invalid value for size: %s", value);
}

static bool set_sharing(struct reading *reading, const char *value)
{
    reading->sharing = value;
    return strcasecmp(value, "shared") == 0 || strcasecmp(value, "private") == 0 ||
           strcasecmp(value, "locked") == 0 ||
           REFUSE(reading, "unsupported sharing value \"%s\"", value);
}

/* Keys whose value is a text, and those that mean the same. */
static const char **text_of(struct mount *mount, const char *key)
{
    const struct {
        const char *key;
        const char **text;
    } texts[] = {
        {"from", &mount->from},     {"source", &mount->source}, {"src", &mount->source},
        {"target", &mount->target}, {"dst", &mount->target},    {"destination", &mount->target},
        {"id", &mount->id},         {"env", &mount->env},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].key, key) == 0)
            return texts[i].text;
    return NULL;
}

static bool is_bool(const char *key)
{
    return strcmp(key, "readonly") == 0 || strcmp(key, "ro") == 0 ||
           strcmp(key, "readwrite") == 0 || strcmp(key, "rw") == 0 || strcmp(key, "required") == 0;
}

static bool set(struct reading *reading, const char *field, const char *key, const char *value)
{
    const char **text = text_of(reading->mount, key);
    if (text != NULL) {
        *text = value;
        return true;
    }
    if (is_bool(key))
        return set_bool(reading, key, value);
    if (strcmp(key, "type") == 0)
        return set_kind(reading, value);
    if (strcmp(key, "size") == 0)
        return set_size(reading, value);
    if (strcmp(key, "sharing") == 0)
        return set_sharing(reading, value);
    if (strcmp(key, "mode") == 0)
        return set_number(reading, key, value, &reading->mode);
    if (strcmp(key, "uid") == 0)
        return set_number(reading, key, value, &reading->uid);
    if (strcmp(key, "gid") == 0)
        return set_number(reading, key, value, &reading->gid);
    return REFUSE(reading, "unexpected key '%s' in '%s'", key, field);
}

static const char *key_of(const char *field, struct arena *arena)
{
    return text_lower(arena, field, strcspn(field, "="));
}

static bool read_field(struct reading *reading, const char *field,
                       const struct variables *variables)
{
    const char *key = key_of(field, reading->arena);
    const char *equals = strchr(field, '=');
    if (equals == NULL)
        return is_bool(key) ? set_bool(reading, key, NULL)
                            : REFUSE(reading, "invalid field '%s' must be a key=value pair", field);
    const char *value = build_scope_expand(reading->scope, equals + 1, reading->flag->range.begin,
                                           variables, NULL, reading->arena, reading->err);
    return value != NULL && set(reading, field, key, value);
}

/* ---- all of them ---- */

static bool judge_owner(struct reading *reading)
{
    enum mount_kind kind = reading->mount->kind;
    if (kind == MOUNT_SECRET || kind == MOUNT_SSH || kind == MOUNT_CACHE)
        return true;
    const char *given = reading->mode != NULL  ? "mode"
                        : reading->uid != NULL ? "uid"
                        : reading->gid != NULL ? "gid"
                                               : NULL;
    return given == NULL ||
           REFUSE(reading, "%s not allowed for \"%s\" type mounts", given, kinds[kind]);
}

static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

static bool judge_secret(struct reading *reading)
{
    const struct mount *mount = reading->mount;
    if (mount->kind != MOUNT_SECRET)
        return true;
    if (is_given(mount->from))
        return REFUSE(reading, "secret mount should not have a from");
    if (reading->sharing != NULL)
        return REFUSE(reading, "secret mount should not define sharing");
    if (!is_given(mount->source) && !is_given(mount->target) && !is_given(mount->id))
        return REFUSE(reading, "invalid secret mount. one of source, target required");
    return !is_given(mount->source) || !is_given(mount->id) ||
           REFUSE(reading, "both source and id can't be set");
}

bool mount_read(const struct build_scope *scope, const struct flag *flag,
                const struct variables *variables, struct mount *mount, struct arena *arena,
                struct err *err)
{
    struct reading reading = {
        .scope = scope, .flag = flag, .mount = mount, .arena = arena, .err = err};
    struct fields fields = {0};
    *mount = (struct mount){.kind = MOUNT_BIND};
    const char *wrong = split_fields(flag->value, &fields, arena);
    bool ok = wrong == NULL || REFUSE(&reading, "failed to parse csv mounts: %s", wrong);
    for (size_t i = 0; ok && i < fields.count; i++)
        ok = read_field(&reading, fields.at[i], variables);
    vec_free(&fields);
    if (!reading.read_only_given)
        mount->read_only = mount->kind != MOUNT_CACHE && mount->kind != MOUNT_TMPFS;
    return ok && judge_owner(&reading) && judge_secret(&reading) &&
           (reading.sharing == NULL || mount->kind == MOUNT_CACHE ||
            REFUSE(&reading, "invalid cache sharing set for %s mount", kinds[mount->kind]));
}

bool mount_judge(const struct dockerfile *file, const struct flag *flag, struct err *err)
{
    struct arena arena = {0};
    struct fields fields = {0};
    const char *wrong = split_fields(flag->value, &fields, &arena);
    bool ok = wrong == NULL || dockerfile_fail(file, flag->range.begin, err,
                                               "failed to parse csv mounts: %s", wrong);
    for (size_t i = 0; ok && i < fields.count; i++) {
        const char *dollar = strchr(fields.at[i], '$');
        if (strcmp(key_of(fields.at[i], &arena), "from") == 0 && dollar != NULL &&
            dollar[1] != '\0')
            ok = dockerfile_fail(file, flag->range.begin, err,
                                 "'from' doesn't support variable expansion, define alias stage "
                                 "instead");
    }
    vec_free(&fields);
    arena_free(&arena);
    return ok;
}

bool mount_names(const struct flag *flag, struct mount *mount, struct arena *arena)
{
    struct fields fields = {0};
    *mount = (struct mount){.kind = MOUNT_BIND};
    bool ok = flag->value != NULL && split_fields(flag->value, &fields, arena) == NULL;
    for (size_t i = 0; ok && i < fields.count; i++) {
        const char *equals = strchr(fields.at[i], '=');
        const char **text = text_of(mount, key_of(fields.at[i], arena));
        if (equals != NULL && text != NULL)
            *text = equals[1] != '\0' ? equals + 1 : NULL;
    }
    vec_free(&fields);
    return ok;
}
