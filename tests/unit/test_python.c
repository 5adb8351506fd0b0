/* Interpreters of Python, what `import` takes, and the wheels that modules came in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/wheel.h"
#include "plugin/python.h"
#include "temp_tree.h"

/* ---- a root of empty files ---- */

struct site {
    struct temp temp;
    struct root *root;
    struct facts *facts;
    struct arena arena;
};

/* `paths`, ended by NULL: folders end in a slash, and stand before what is in them. */
static void site_open(struct site *site, const char *const *paths)
{
    struct err err = {0};
    *site = (struct site){0};
    temp_make(&site->temp);
    for (; *paths != NULL; paths++) {
        size_t length = strlen(*paths);
        char *path = arena_copy(&site->arena, *paths, length);
        bool folder = path[length - 1] == '/';
        path[length - folder] = 0;
        temp_add(site->temp.fd, &(struct made){.type = folder ? 'd' : 'f', .path = path});
    }
    site->root = root_new(source_open_dir(site->temp.path, &err));
    site->facts = facts_new(site->root, false);
}

static void site_close(struct site *site)
{
    facts_free(site->facts);
    root_free(site->root);
    arena_free(&site->arena);
    temp_remove(&site->temp);
}

static bool find_python(struct site *site, const char *program, struct python *python)
{
    int error;
    struct exec_result exec = {0};
    exec.node = root_lookup(site->root, NULL, program, NULL, LOOKUP_FOLLOW, &error);
    assert_non_null(exec.node);
    return python_of(site->facts, &exec, &site->arena, python);
}

/* ---- interpreters ---- */

static const struct {
    const char *files[9];
    const char *program, *tag; /* tag NULL: not known */
    unsigned minor;            /* 0: it is not known which */
    const char *suffixes[PYTHON_SUFFIXES + 1];
} interpreters[] = {
    {{"usr/", "usr/bin/", "usr/bin/python3.11"},
     "/usr/bin/python3.11",
     NULL,
     11,
     {".abi3.so", ".so"}},
    {{"bin/", "bin/python3.12", "lib/", "lib/python3.12/", "lib/python3.12/lib-dynload/",
      "lib/python3.12/lib-dynload/read.me", "lib/python3.12/lib-dynload/_a.cpython-312-x-gnu.so"},
     "/bin/python3.12",
     "cpython-312-x-gnu",
     12,
     {".cpython-312-x-gnu.so", ".abi3.so", ".so"}},
    {{"bin/", "bin/python3.13", "lib/", "lib64/", "lib64/python3.13/",
      "lib64/python3.13/lib-dynload/", "lib64/python3.13/lib-dynload/_a.cpython-313-x-gnu.so"},
     "/bin/python3.13",
     "cpython-313-x-gnu",
     13,
     {".cpython-313-x-gnu.so", ".abi3.so", ".abi3-x-gnu.so", ".so"}},
    {{"bin/", "bin/python3.13t", "lib/", "lib/python3.13t/", "lib/python3.13t/lib-dynload/",
      "lib/python3.13t/lib-dynload/_a.cpython-313t-x-gnu.so"},
     "/bin/python3.13t",
     "cpython-313t-x-gnu",
     13,
     {".cpython-313t-x-gnu.so", ".so"}},
    {{"bin/", "bin/python3.15t", "lib/", "lib/python3.15t/", "lib/python3.15t/lib-dynload/",
      "lib/python3.15t/lib-dynload/_a.cpython-315t-x-gnu.so"},
     "/bin/python3.15t",
     "cpython-315t-x-gnu",
     15,
     {".cpython-315t-x-gnu.so", ".abi3t.so", ".abi3t-x-gnu.so", ".so"}},
    {{"bin/", "bin/python3.15"}, "/bin/python3.15", NULL, 15, {".abi3.so", ".abi3t.so", ".so"}},
    {{"bin/", "bin/python3", "lib/", "lib/python3.9/", "lib/python3.9/os.py", "lib/python3.8/"},
     "/bin/python3",
     NULL,
     9,
     {".abi3.so", ".so"}},
    {{"bin/", "bin/python3", "lib/", "lib/python3.9/", "lib/python3.9/os.py", "lib/python3.8/",
      "lib/python3.8/os.py"},
     "/bin/python3",
     NULL,
     0,
     {0}},
    {{"bin/", "bin/python3", "lib/"}, "/bin/python3", NULL, 0, {0}},
    {{"python3"}, "/python3", NULL, 0, {0}},
    {{"python3.1000"}, "/python3.1000", NULL, 0, {0}},
};

static void interpreters_tell_their_suffixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++) {
        struct site site;
        struct python python;
        print_message("%zu: %s\n", i, interpreters[i].program);
        site_open(&site, interpreters[i].files);
        bool known = find_python(&site, interpreters[i].program, &python);
        assert_int_equal(known, interpreters[i].minor != 0);
        size_t count = 0;
        while (known && interpreters[i].suffixes[count] != NULL)
            count++;
        if (known) {
            assert_int_equal(python.minor, interpreters[i].minor);
            assert_int_equal(python.tag == NULL, interpreters[i].tag == NULL);
            if (python.tag != NULL)
                assert_string_equal(python.tag, interpreters[i].tag);
            assert_int_equal(python.suffix_count, count);
        }
        for (size_t k = 0; k < count; k++)
            assert_string_equal(python.suffixes[k], interpreters[i].suffixes[k]);
        site_close(&site);
    }
}

/* ---- modules ---- */

#define PYTHON "bin/", "bin/python3.12", "lib/", "lib/python3.12/"
#define TAGGED "lib/python3.12/lib-dynload/", "lib/python3.12/lib-dynload/_a.cpython-312-x-gnu.so"
static const struct {
    const char *files[16];
    const char *path, *name, *taken; /* taken NULL: nothing is */
} imports[] = {
    {{PYTHON, TAGGED, "app/", "app/m.cpython-312-x-gnu.so"},
     "/app/m.cpython-312-x-gnu.so",
     "m",
     "/app/m.cpython-312-x-gnu.so"},
    {{PYTHON, TAGGED, "app/", "app/m.cpython-311-x-gnu.so"},
     "/app/m.cpython-311-x-gnu.so",
     "m",
     NULL},
    {{PYTHON, TAGGED, "app/", "app/m.so", "app/m.abi3.so"}, "/app/m.so", "m", "/app/m.abi3.so"},
    {{PYTHON, TAGGED, "app/", "app/m.so", "app/m/", "app/m/__init__.py"},
     "/app/m.so",
     "m",
     "/app/m/__init__.py"},
    {{PYTHON, TAGGED, "app/", "app/m.cpython-311-x-gnu.so", "app/m.py"},
     "/app/m.cpython-311-x-gnu.so",
     "m",
     "/app/m.py"},
    {{PYTHON, TAGGED, "app/", "app/p/", "app/p/__init__.py", "app/p/q/", "app/p/q/__init__.py",
      "app/p/q/m.so"},
     "/app/p/q/m.so",
     "p.q.m",
     "/app/p/q/m.so"},
    {{PYTHON, TAGGED, "lib/python3.12/json/", "lib/python3.12/json/m.so"},
     "/lib/python3.12/json/m.so",
     "json.m",
     "/lib/python3.12/json/m.so"},
    {{PYTHON, TAGGED, "lib/python3.12/site-packages/", "lib/python3.12/site-packages/p/",
      "lib/python3.12/site-packages/p/m.so"},
     "/lib/python3.12/site-packages/p/m.so",
     "p.m",
     "/lib/python3.12/site-packages/p/m.so"},
    /* the platform's name is not known: a tag of the same release is taken to be right */
    {{PYTHON, "app/", "app/m.cpython-312-x-gnu.so"},
     "/app/m.cpython-312-x-gnu.so",
     "m",
     "/app/m.cpython-312-x-gnu.so"},
    {{PYTHON, "app/", "app/m.cpython-311-x-gnu.so"}, "/app/m.cpython-311-x-gnu.so", "m", NULL},
    {{PYTHON, "app/", "app/m.cpython-312t-x-gnu.so"}, "/app/m.cpython-312t-x-gnu.so", "m", NULL},
};

static void import_takes_the_first_suffix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++) {
        struct site site;
        struct python python;
        struct python_import import;
        print_message("%zu: %s\n", i, imports[i].path);
        site_open(&site, imports[i].files);
        assert_true(find_python(&site, "/bin/python3.12", &python));
        python_import(site.facts, &python, imports[i].path, &site.arena, &import);
        assert_string_equal(import.name, imports[i].name);
        assert_int_equal(import.taken == NULL, imports[i].taken == NULL);
        if (import.taken != NULL)
            assert_string_equal(import.taken, imports[i].taken);
        site_close(&site);
    }
}

static const struct {
    const char *suffix, *platform; /* NULL: it does not tell */
    unsigned minor;
    bool threaded;
} tags[] = {
    {".cpython-312-x86_64-linux-gnu.so", "x86_64-linux-gnu.so", 12, false},
    {".cpython-313t-x86_64-linux-gnu.so", "x86_64-linux-gnu.so", 13, true},
    {".cpython-36m-x86_64-linux-gnu.so", "x86_64-linux-gnu.so", 6, false},
    {".cpython-312.so", NULL, 12, false},
    {".cpython-35-.so", NULL, 5, false},
    {".cpython-31000-x.so", "x.so", 0, false},
    {".abi3.so", NULL, 0, false},
    {".so", NULL, 0, false},
};

static void suffixes_tell_the_interpreter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct python_tag tag;
        python_tag(tags[i].suffix, &tag);
        print_message("%s\n", tags[i].suffix);
        assert_int_equal(tag.minor, tags[i].minor);
        assert_int_equal(tag.threaded, tags[i].threaded);
        assert_int_equal(tag.platform == NULL, tags[i].platform == NULL);
        if (tag.platform != NULL)
            assert_string_equal(tag.platform, tags[i].platform);
    }
}

/* ---- wheels ---- */

#define GLIBC                                                                                      \
    {                                                                                              \
        12, false, WILLRUN_LIBC_GLIBC, "2.36", "x86_64"                                            \
    }
#define THREADED                                                                                   \
    {                                                                                              \
        13, true, WILLRUN_LIBC_GLIBC, "2.36", "x86_64"                                             \
    }
#define MUSL                                                                                       \
    {                                                                                              \
        12, false, WILLRUN_LIBC_MUSL, "1.2.5", "x86_64"                                            \
    }
#define UNKNOWN                                                                                    \
    {                                                                                              \
        12, false, WILLRUN_LIBC_GLIBC, NULL, NULL                                                  \
    }
static const struct {
    const char *tag;
    struct wheel_target target;
    bool fits;
} wheels[] = {
    {"cp312-cp312-manylinux_2_17_x86_64", GLIBC, true},
    {"cp312-cp312-manylinux_2_36_x86_64", GLIBC, true},
    {"cp312-cp312-manylinux_2_39_x86_64", GLIBC, false},
    {"cp312-cp312-manylinux_2_39_x86_64", UNKNOWN, true},
    {"cp312-cp312-manylinux1_x86_64", GLIBC, true},
    {"cp312-cp312-manylinux2010_x86_64", GLIBC, true},
    {"cp312-cp312-manylinux2014_aarch64", GLIBC, false},
    {"cp312-cp312-manylinux2014_aarch64", UNKNOWN, true},
    {"cp312-cp312-manylinux2014_x86_64", MUSL, false},
    {"cp312-cp312-musllinux_1_2_x86_64", MUSL, true},
    {"cp312-cp312-musllinux_1_3_x86_64", MUSL, false},
    {"cp312-cp312-musllinux_1_2_x86_64", GLIBC, false},
    {"cp312-cp312-linux_x86_64", GLIBC, true},
    {"cp312-cp312-linux_x86_64", MUSL, true},
    {"cp312-cp312-macosx_11_0_x86_64", GLIBC, false},
    {"cp311-cp311-linux_x86_64", GLIBC, false},
    {"cp38-abi3-linux_x86_64", GLIBC, true},
    {"cp313-abi3-linux_x86_64", GLIBC, false},
    {"cp38-abi3-linux_x86_64", THREADED, false},
    {"cp313-cp313t-linux_x86_64", THREADED, true},
    {"cp313-cp313-linux_x86_64", THREADED, false},
    {"pp310-pypy310_pp73-linux_x86_64", GLIBC, false},
    {"py3-none-any", GLIBC, true},
    {"py2-none-any", GLIBC, false},
    {"py2.py3-none-any", GLIBC, true},
    {"py3-none", GLIBC, false},
    {"", GLIBC, false},
};

static void wheels_fit_as_pip_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wheels / sizeof *wheels; i++) {
        const struct wheel wheel = {"own", "1", &wheels[i].tag, 1};
        if (wheel_fits(&wheel, &wheels[i].target) != wheels[i].fits)
            fail_msg("%zu: %s", i, wheels[i].tag);
    }
}

static const struct {
    struct wheel_target target;
    const char *platform; /* NULL: none is known */
} wheel_platforms[] = {
    {GLIBC, "manylinux2014_x86_64"},
    {MUSL, "musllinux_1_2_x86_64"},
    {{12, false, WILLRUN_LIBC_MUSL, "1.1.24", "aarch64"}, "musllinux_1_1_aarch64"},
    {{12, false, WILLRUN_LIBC_MUSL, NULL, "aarch64"}, "musllinux_1_2_aarch64"},
    {{12, false, WILLRUN_LIBC_BIONIC, NULL, "aarch64"}, NULL},
    {UNKNOWN, NULL},
};

static void platforms_have_names_of_wheels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wheel_platforms / sizeof *wheel_platforms; i++) {
        struct arena arena = {0};
        const char *platform = wheel_platform(&wheel_platforms[i].target, &arena);
        assert_int_equal(platform == NULL, wheel_platforms[i].platform == NULL);
        if (platform != NULL)
            assert_string_equal(platform, wheel_platforms[i].platform);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpreters_tell_their_suffixes),
        cmocka_unit_test(import_takes_the_first_suffix),
        cmocka_unit_test(suffixes_tell_the_interpreter),
        cmocka_unit_test(wheels_fit_as_pip_has_it),
        cmocka_unit_test(platforms_have_names_of_wheels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
