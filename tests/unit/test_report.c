/* Reports of results made by hand, with hostile names in them, read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/utf8.h"
#include "willrun/willrun.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A quote, a backslash, a newline, an escape sequence, DEL, a byte that is no
 * UTF-8, a cut character, a two-byte C1 control, a right-to-left override. */
#define HOSTILE "a\"b\\c\n\033[31m\x7f\xff|\xe2\x82|\xc2\x9b|\xe2\x80\xae|\xc3\xa9&<>"

static const struct willrun_style ascii = {.width = 80};
static const struct willrun_style pretty = {.width = 80, .unicode = true};

/* ---- a result with one subject of each kind ---- */

static const struct willrun_trail trail[] = {
    {"/opt/lib/libmissing.so.1", WILLRUN_VIA_RUNPATH, "no such file"},
    {"/usr/lib/libmissing.so.1", WILLRUN_VIA_DEFAULT, "another machine"},
};
static const size_t subject_needs[] = {1, 0};
static const size_t libz_needs[] = {2};
static const struct willrun_object objects[] = {
    {.name = "libc.so.6",
     .path = "/lib/libc.so.6",
     .needed_by = "/app/server",
     .via = WILLRUN_VIA_LD_SO_CACHE},
    {.name = "libz.so.1",
     .path = "/lib/libz.so.1",
     .needed_by = "/app/server",
     .via = WILLRUN_VIA_RPATH,
     .needs = libz_needs,
     .need_count = 1},
    {.name = "libmissing.so.1", .needed_by = "/lib/libz.so.1", .trail = trail, .trail_count = 2},
};
static const struct willrun_finding findings[] = {
    {.rule = "library-missing",
     .severity = WILLRUN_ERROR,
     .message = "libmissing.so.1, needed by /lib/libz.so.1, is nowhere in the search path",
     .object = "libmissing.so.1",
     .needed_by = "/lib/libz.so.1",
     .fix = "COPY it."},
    {.rule = "isa-note", .severity = WILLRUN_NOTE, .message = "a note"},
};
static const char *const stderr_lines[] = {
    "/app/server: error while loading shared libraries: libmissing.so.1: cannot open shared object "
    "file: No such file or directory"};
static const struct willrun_finding unknown_findings[] = {
    {.rule = "host-unknown", .severity = WILLRUN_NOTE, .message = "give --host"}};

static struct willrun_subject subjects[] = {
    {.path = "/app/server",
     .origin_stage = "builder",
     .origin_path = "/src/server",
     .platform = "linux/amd64",
     .libc = WILLRUN_LIBC_GLIBC,
     .interpreter = "/lib64/ld-linux-x86-64.so.2",
     .linkage = WILLRUN_DYNAMIC,
     .verdict = WILLRUN_FAILS,
     .phase = WILLRUN_PHASE_LOAD,
     .exit_status = 127,
     .stderr_lines = stderr_lines,
     .stderr_count = 1,
     .objects = objects,
     .object_count = 3,
     .needs = subject_needs,
     .need_count = 2,
     .findings = findings,
     .finding_count = 2},
    {.path = HOSTILE, .kind = WILLRUN_KIND_SCRIPT, .verdict = WILLRUN_RUNS, .exit_status = -1},
    {.path = "/app/addon.node",
     .kind = WILLRUN_KIND_SHARED_OBJECT,
     .verdict = WILLRUN_UNKNOWN,
     .exit_status = -1,
     .findings = unknown_findings,
     .finding_count = 1},
};
static const struct willrun_target target = {.root = "bullseye",
                                             .platform = "linux/amd64",
                                             .libc = WILLRUN_LIBC_GLIBC,
                                             .libc_version = "2.31",
                                             .loader = "/lib64/ld-linux-x86-64.so.2",
                                             .subjects = subjects,
                                             .subject_count = COUNT(subjects)};
static const struct willrun_result result = {
    .targets = &target, .target_count = 1, .runs = 1, .fails = 1, .unknown = 1};

typedef bool writer(const struct willrun_result *, enum willrun_format,
                    const struct willrun_style *, FILE *);

/* What `write` writes; the caller frees it. */
static char *written(writer *write, const struct willrun_result *what, enum willrun_format format,
                     const struct willrun_style *style)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_true(write(what, format, style, out));
    fclose(out);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        print_error("expected: %s\nin:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        print_error("not expected: %s\nin:\n%s\n", part, text);
    assert_null(strstr(text, part));
}

/* No byte that a terminal obeys, but the ends of lines. */
static void assert_harmless(const char *text)
{
    while (*text != 0) {
        uint32_t character;
        text += utf8_next(text, &character);
        assert_true(character != UTF8_INVALID);
        assert_true(character == '\n' || !utf8_is_unsafe(character));
    }
}

static json_t *parsed(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        print_error("%d:%d: %s\n%s\n", error.line, error.column, error.text, text);
    assert_non_null(json);
    return json;
}

static json_t *subject_at(json_t *json, size_t index)
{
    json_t *first = json_array_get(json_object_get(json, "targets"), 0);
    json_t *subject = json_array_get(json_object_get(first, "subjects"), index);
    assert_non_null(subject);
    return subject;
}

/* The keys of an object, in their order, each followed by a space. */
static void assert_keys(json_t *object, const char *expected)
{
    char keys[512] = "";
    size_t length = 0;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) length +=
        (size_t)snprintf(keys + length, sizeof keys - length, "%s ", key);
    assert_string_equal(keys, expected);
}

/* ---- JSON ---- */

static void json_has_the_keys_of_the_contract_in_its_order(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_JSON, NULL);
    json_t *json = parsed(text);
    assert_keys(json, "schema targets summary ");
    assert_string_equal(json_string_value(json_object_get(json, "schema")), "willrun/check/1");
    json_t *first = json_array_get(json_object_get(json, "targets"), 0);
    assert_keys(first, "root platform libc subjects ");
    assert_keys(json_object_get(first, "libc"), "kind version loader ");
    json_t *subject = subject_at(json, 0);
    assert_keys(subject, "path origin kind platform libc interpreter linkage verdict phase "
                         "predicted objects findings ");
    assert_keys(json_object_get(subject, "origin"), "stage path ");
    assert_keys(json_object_get(subject, "predicted"), "exit_status errno stderr runtime ");
    json_t *list = json_object_get(subject, "objects");
    assert_keys(json_array_get(list, 0), "name path needed_by via ");
    assert_keys(json_array_get(list, 2), "name path needed_by via trail ");
    assert_keys(json_array_get(json_object_get(subject, "findings"), 0),
                "rule severity message object needed_by symbol version fix ");
    assert_keys(json_object_get(json, "summary"), "runs degraded fails unknown ");
    json_decref(json);
    free(text);
}

static void json_says_null_for_what_is_not_there(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_JSON, NULL);
    json_t *json = parsed(text);
    json_t *script = subject_at(json, 1);
    static const char *const nulls[] = {"origin", "platform", "interpreter", "linkage", "phase"};
    for (size_t i = 0; i < COUNT(nulls); i++)
        assert_true(json_is_null(json_object_get(script, nulls[i])));
    json_t *predicted = json_object_get(script, "predicted");
    assert_true(json_is_null(json_object_get(predicted, "exit_status")));
    assert_true(json_is_null(json_object_get(predicted, "errno")));
    assert_true(json_is_null(json_object_get(predicted, "runtime")));
    assert_int_equal(json_array_size(json_object_get(predicted, "stderr")), 0);
    json_t *missing = json_array_get(json_object_get(subject_at(json, 0), "objects"), 2);
    assert_true(json_is_null(json_object_get(missing, "path")));
    assert_true(json_is_null(json_object_get(missing, "via")));
    json_decref(json);
    free(text);
}

static void json_keeps_what_is_text_and_replaces_what_is_not(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_JSON, NULL);
    assert_harmless(text);
    json_t *json = parsed(text);
    /* each byte of what is no character is one U+FFFD */
    assert_string_equal(json_string_value(json_object_get(subject_at(json, 1), "path")),
                        "a\"b\\c\n\033[31m\x7f\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xc2\x9b|"
                        "\xe2\x80\xae|\xc3\xa9&<>");
    json_decref(json);
    free(text);
}

static void json_of_nothing_is_a_document(void **state)
{
    (void)state;
    struct willrun_result nothing = {0};
    char *text = written(willrun_write_check, &nothing, WILLRUN_FORMAT_JSON, NULL);
    json_t *json = parsed(text);
    assert_int_equal(json_array_size(json_object_get(json, "targets")), 0);
    json_decref(json);
    free(text);
}

static void jsonl_is_one_document_a_line(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_JSONL, NULL);
    size_t lines = 0;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        json_t *json = parsed(line);
        assert_keys(json, lines < 3 ? "schema target subject " : "schema summary ");
        json_decref(json);
        lines++;
    }
    assert_int_equal(lines, 4);
    free(text);
}

static void every_enum_value_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(willrun_verdict_name(WILLRUN_UNKNOWN), "unknown");
    assert_string_equal(willrun_phase_name(WILLRUN_PHASE_RELOCATE), "relocate");
    assert_null(willrun_phase_name(WILLRUN_PHASE_NONE));
    assert_string_equal(willrun_kind_name(WILLRUN_KIND_SHARED_OBJECT), "shared-object");
    assert_string_equal(willrun_libc_name(WILLRUN_LIBC_NONE), "none");
    assert_string_equal(willrun_linkage_name(WILLRUN_STATIC_PIE), "static-pie");
    assert_null(willrun_linkage_name(WILLRUN_LINKAGE_NONE));
    for (int via = WILLRUN_VIA_RPATH; via <= WILLRUN_VIA_LOADED; via++)
        assert_non_null(willrun_via_name((enum willrun_via)via));
    assert_null(willrun_via_name(WILLRUN_VIA_NONE));
}

/* ---- text ---- */

static void text_tells_the_predicted_line_whole(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &pretty);
    assert_has(text, stderr_lines[0]);
    assert_has(text, "exit with status 127");
    assert_has(text, "✗ /app/server  does not load: libmissing.so.1\n");
    assert_has(text, "error[library-missing]: libmissing.so.1, needed by /lib/libz.so.1, is");
    assert_has(text, "runpath  /opt/lib/libmissing.so.1: no such file\n");
    assert_has(text, "fix: COPY it.\n");
    assert_has(text, "3 subjects: 1 runs, 1 unknown, 1 fails\n");
    assert_lacks(text, "a note");
    assert_lacks(text, "\033");
    free(text);
}

static void text_shows_hostile_names_escaped(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &ascii);
    assert_harmless(text);
    assert_has(text, "a\"b\\c\\n\\x1b[31m\\x7f\\xff|\\xe2\\x82|\\u009b|\\u202e|\\u00e9&<>");
    for (const char *at = text; *at != 0; at++)
        assert_true((unsigned char)*at < 0x80);
    free(text);
    text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &pretty);
    assert_has(text, "|\\u202e|\xc3\xa9&<>");
    free(text);
}

static void text_is_folded_but_not_within_a_word(void **state)
{
    (void)state;
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &ascii);
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, stderr_lines[0]) == NULL)
            assert_true(strlen(line) <= 80);
    free(text);
}

static void quiet_text_has_only_what_does_not_run(void **state)
{
    (void)state;
    struct willrun_style style = {.width = 80, .quiet = true};
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &style);
    assert_has(text, "/app/server");
    assert_has(text, "/app/addon.node");
    assert_lacks(text, "a\"b");
    assert_lacks(text, "subjects");
    free(text);
    struct willrun_target fine = target;
    fine.subjects = &subjects[1];
    fine.subject_count = 1;
    struct willrun_result all_fine = {.targets = &fine, .target_count = 1, .runs = 1};
    text = written(willrun_write_check, &all_fine, WILLRUN_FORMAT_TEXT, &style);
    assert_string_equal(text, "");
    free(text);
}

static void colour_is_only_added(void **state)
{
    (void)state;
    struct willrun_style style = pretty;
    style.color = true;
    char *plain = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &pretty);
    char *painted = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &style);
    assert_has(painted, "\033[1;31m");
    char *to = painted;
    for (const char *from = painted; *from != 0; from++) {
        if (*from == '\033')
            from = strchr(from, 'm');
        else
            *to++ = *from;
    }
    *to = 0;
    assert_string_equal(painted, plain);
    free(plain);
    free(painted);
}

static void why_tells_how_a_library_was_found(void **state)
{
    (void)state;
    struct willrun_style style = {.width = 80, .why = "libz.so.1"};
    char *text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &style);
    assert_has(text, "rpath  /lib/libz.so.1: found\n");
    free(text);
    style.why = "libmissing.so.1";
    text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &style);
    assert_has(text, "default  /usr/lib/libmissing.so.1: another machine\n");
    assert_has(text, "not found\n");
    free(text);
    style.why = "libnone.so";
    text = written(willrun_write_check, &result, WILLRUN_FORMAT_TEXT, &style);
    assert_has(text, "no subject looks for libnone.so\n");
    free(text);
}

static void many_findings_of_a_rule_are_a_few_and_a_count(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static struct willrun_finding many[MANY];
    for (size_t i = 0; i < MANY; i++)
        many[i] = (struct willrun_finding){
            .rule = "symbol-missing", .message = "a symbol", .symbol = "f", .fix = "the fix"};
    struct willrun_subject subject = {.path = "/app",
                                      .verdict = WILLRUN_FAILS,
                                      .phase = WILLRUN_PHASE_RELOCATE,
                                      .exit_status = -1,
                                      .findings = many,
                                      .finding_count = MANY};
    struct willrun_target one = {.root = "r", .subjects = &subject, .subject_count = 1};
    struct willrun_result all = {.targets = &one, .target_count = 1, .fails = 1};
    char *text = written(willrun_write_check, &all, WILLRUN_FORMAT_TEXT, &ascii);
    assert_has(text, "fails    /app  lacks symbol f (and 299 more)\n");
    assert_has(text, "... and 295 more (-v shows all)\n");
    const char *fix = strstr(text, "the fix");
    assert_non_null(fix);
    assert_null(strstr(fix + 1, "the fix"));
    free(text);
}

static void versions_that_one_object_lacks_stand_together(void **state)
{
    (void)state;
    static const struct willrun_finding lacks[] = {
        {.rule = "version-missing",
         .message = "lib lacks V1",
         .object = "lib",
         .needed_by = "app",
         .version = "V1",
         .fix = "the fix"},
        {.rule = "version-missing",
         .message = "lib lacks V2",
         .object = "lib",
         .needed_by = "app",
         .version = "V2",
         .fix = "the fix"},
        {.rule = "version-missing",
         .message = "lib lacks V2 too",
         .object = "lib",
         .needed_by = "other",
         .version = "V2",
         .fix = "the fix"},
    };
    struct willrun_subject subject = {.path = "/app",
                                      .verdict = WILLRUN_FAILS,
                                      .phase = WILLRUN_PHASE_VERSION,
                                      .exit_status = 1,
                                      .findings = lacks,
                                      .finding_count = 3};
    struct willrun_target one = {.root = "r", .subjects = &subject, .subject_count = 1};
    struct willrun_result all = {.targets = &one, .target_count = 1, .fails = 1};
    char *text = written(willrun_write_check, &all, WILLRUN_FORMAT_TEXT, &ascii);
    assert_has(text, "lib lacks V1\n      nor V2\n    error[version-missing]: lib lacks V2 too\n"
                     "      fix: the fix\n");
    assert_null(strstr(text, "lib lacks V2\n"));
    free(text);
}

/* ---- trees ---- */

static void tree_draws_each_object_once_with_its_needs(void **state)
{
    (void)state;
    char *text = written(willrun_write_tree, &result, WILLRUN_FORMAT_TEXT, &pretty);
    assert_has(text, "├── libz.so.1 → /lib/libz.so.1 [rpath]\n"
                     "│   └── libmissing.so.1 → not found\n"
                     "└── libc.so.6 → /lib/libc.so.6 [ld.so.cache]\n");
    free(text);
    text = written(willrun_write_tree, &result, WILLRUN_FORMAT_TEXT, &ascii);
    assert_has(text, "|-- libz.so.1 => /lib/libz.so.1 [rpath]\n"
                     "|   `-- libmissing.so.1 => not found\n"
                     "`-- libc.so.6 => /lib/libc.so.6 [ld.so.cache]\n");
    assert_harmless(text);
    free(text);
}

/* A subject whose object `i` needs those that `needs` says. */
static struct willrun_result graph(struct willrun_target *one, struct willrun_subject *subject,
                                   const struct willrun_object *all, size_t count)
{
    static const size_t zero[] = {0};
    *subject = (struct willrun_subject){.path = "/app",
                                        .exit_status = -1,
                                        .objects = all,
                                        .object_count = count,
                                        .needs = zero,
                                        .need_count = 1};
    *one = (struct willrun_target){.root = "r", .subjects = subject, .subject_count = 1};
    return (struct willrun_result){.targets = one, .target_count = 1, .runs = 1};
}

static void tree_ends_where_libraries_need_each_other(void **state)
{
    (void)state;
    static const size_t to_b[] = {1}, to_a[] = {0};
    const struct willrun_object pair[] = {
        {.name = "a", .path = "/a", .needed_by = "/app", .needs = to_b, .need_count = 1},
        {.name = "b", .path = "/b", .needed_by = "/a", .needs = to_a, .need_count = 1}};
    struct willrun_target one;
    struct willrun_subject subject;
    struct willrun_result circle = graph(&one, &subject, pair, 2);
    char *text = written(willrun_write_tree, &circle, WILLRUN_FORMAT_TEXT, &ascii);
    assert_string_equal(text, "/app\n`-- a => /a\n    `-- b => /b\n        `-- a (see above)\n");
    free(text);
}

static void tree_of_a_hostile_depth_is_cut(void **state)
{
    (void)state;
    enum { DEEP = 5000 };
    static size_t next[DEEP];
    static struct willrun_object chain[DEEP];
    for (size_t i = 0; i < DEEP; i++) {
        next[i] = i + 1;
        chain[i] = (struct willrun_object){.name = "x",
                                           .path = "/x",
                                           .needed_by = "/app",
                                           .needs = &next[i],
                                           .need_count = i + 1 < DEEP};
    }
    struct willrun_target one;
    struct willrun_subject subject;
    struct willrun_result deep = graph(&one, &subject, chain, DEEP);
    char *text = written(willrun_write_tree, &deep, WILLRUN_FORMAT_TEXT, &ascii);
    assert_has(text, "(deeper levels: see --format json)");
    assert_true(strlen(text) < 100000);
    free(text);
}

static void tree_json_has_needs_as_indices(void **state)
{
    (void)state;
    char *text = written(willrun_write_tree, &result, WILLRUN_FORMAT_JSON, NULL);
    json_t *json = parsed(text);
    assert_string_equal(json_string_value(json_object_get(json, "schema")), "willrun/tree/1");
    json_t *subject = subject_at(json, 0);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(subject, "needs"), 0)), 1);
    json_t *libz = json_array_get(json_object_get(subject, "objects"), 1);
    assert_keys(libz, "name path needed_by via needs ");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(libz, "needs"), 0)), 2);
    json_decref(json);
    free(text);
}

static void graph_languages_get_names_as_labels_only(void **state)
{
    (void)state;
    char *text = written(willrun_write_tree, &result, WILLRUN_FORMAT_DOT, NULL);
    assert_harmless(text);
    assert_has(text, "s0 -> s0_o1 [label=\"rpath\"];");
    assert_has(text, "s1 [label=\"a\\\"b\\\\c\\\\n\\\\x1b[31m\\\\x7f\\\\xff|");
    assert_has(text, "&amp;<>\"");
    assert_has(text, "s0_o2 [label=\"libmissing.so.1\\nnot found\"");
    free(text);
    text = written(willrun_write_tree, &result, WILLRUN_FORMAT_MERMAID, NULL);
    assert_harmless(text);
    assert_has(text, "flowchart LR\n");
    assert_has(text, "s0 -->|\"rpath\"| s0_o1\n");
    assert_has(text, "s1([\"a#34;b#92;c#92;n");
    assert_has(text, "#38;#60;#62;\"])");
    free(text);
}

/* ---- what cannot be ---- */

static void a_format_of_the_other_command_is_refused(void **state)
{
    (void)state;
    assert_false(willrun_write_check(&result, WILLRUN_FORMAT_DOCKERFILE, NULL, stdout));
    assert_false(willrun_write_tree(&result, WILLRUN_FORMAT_JSONL, NULL, stdout));
    assert_false(willrun_write_check(&result, (enum willrun_format)99, NULL, stdout));
}

static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL)
        skip();
    assert_false(willrun_write_check(&result, WILLRUN_FORMAT_JSON, NULL, full));
    fclose(full);
}

static void broken_utf8_is_told_from_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t character;
        size_t taken;
    } cases[] = {
        {"a", 'a', 1},
        {"\xc3\xa9", 0xe9, 2},
        {"\xf0\x9f\x9a\x80", 0x1f680, 4},
        {"\xc0\x80", UTF8_INVALID, 1},         /* overlong */
        {"\xe0\x80\x80", UTF8_INVALID, 1},     /* overlong */
        {"\xed\xa0\x80", UTF8_INVALID, 1},     /* surrogate */
        {"\xf4\x90\x80\x80", UTF8_INVALID, 1}, /* beyond U+10FFFF */
        {"\xe2\x82", UTF8_INVALID, 1},         /* cut */
        {"\x80", UTF8_INVALID, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t character;
        assert_int_equal(utf8_next(cases[i].text, &character), cases[i].taken);
        assert_int_equal(character, cases[i].character);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_the_keys_of_the_contract_in_its_order),
        cmocka_unit_test(json_says_null_for_what_is_not_there),
        cmocka_unit_test(json_keeps_what_is_text_and_replaces_what_is_not),
        cmocka_unit_test(json_of_nothing_is_a_document),
        cmocka_unit_test(jsonl_is_one_document_a_line),
        cmocka_unit_test(every_enum_value_has_its_word),
        cmocka_unit_test(text_tells_the_predicted_line_whole),
        cmocka_unit_test(text_shows_hostile_names_escaped),
        cmocka_unit_test(text_is_folded_but_not_within_a_word),
        cmocka_unit_test(quiet_text_has_only_what_does_not_run),
        cmocka_unit_test(colour_is_only_added),
        cmocka_unit_test(why_tells_how_a_library_was_found),
        cmocka_unit_test(many_findings_of_a_rule_are_a_few_and_a_count),
        cmocka_unit_test(versions_that_one_object_lacks_stand_together),
        cmocka_unit_test(tree_draws_each_object_once_with_its_needs),
        cmocka_unit_test(tree_ends_where_libraries_need_each_other),
        cmocka_unit_test(tree_of_a_hostile_depth_is_cut),
        cmocka_unit_test(tree_json_has_needs_as_indices),
        cmocka_unit_test(graph_languages_get_names_as_labels_only),
        cmocka_unit_test(a_format_of_the_other_command_is_refused),
        cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test(broken_utf8_is_told_from_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
