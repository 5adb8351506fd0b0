/* Which package put a library there, by the databases of dpkg and apk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "temp_tree.h"
#include "verdict/owners.h"

static const struct made dpkg[] = {
    {.type = 'd', .path = "var"},
    {.type = 'd', .path = "var/lib"},
    {.type = 'd', .path = "var/lib/dpkg"},
    {.type = 'd', .path = "var/lib/dpkg/info"},
    {.type = 'f',
     .path = "var/lib/dpkg/info/libz1:amd64.list",
     .text = "/.\n/usr/lib/x/libz.so.1\n/usr/share/doc/z\n"},
    {.type = 'f', .path = "var/lib/dpkg/info/libc6.list", .text = "/lib/x/ld-2.31.so\n/lib/libc"},
    {.type = 'f', .path = "var/lib/dpkg/info/other.list", .text = "/lib/x/libz.so.1\nno-slash.so"},
    {.type = 'f', .path = "var/lib/dpkg/info/libz1.md5sums", .text = "/lib/not.so\n"},
    {.type = 'd', .path = "var/lib/dpkg/info/folder.list"},
    {.type = 'f', .path = "var/lib/dpkg/info/list", .text = "/lib/not.so\n"},
};

static const struct made apk[] = {
    {.type = 'd', .path = "lib"},
    {.type = 'd', .path = "lib/apk"},
    {.type = 'd', .path = "lib/apk/db"},
    {.type = 'f',
     .path = "lib/apk/db/installed",
     .text = "R:before.so\nP:zlib\nV:1\nF:lib\nR:libz.so.1\nR:readme\n\nP:musl\nF:lib\n"
             "R:ld-musl-x86_64.so.1\nF:usr/lib\nR:libc.so\n"},
};

static const struct made neither[] = {{.type = 'd', .path = "var"}};

static const struct {
    const struct made *files;
    size_t count;
    const char *path, *package; /* NULL: nobody's */
    enum installer installer;
} cases[] = {
#define CASES(files) files, sizeof(files) / sizeof *(files)
    {CASES(dpkg), "/usr/lib/x/libz.so.1", "libz1", INSTALLER_APT},
    {CASES(dpkg), "/lib/x/libz.so.1", "libz1", INSTALLER_APT},
    {CASES(dpkg), "/lib/x/ld-2.31.so", "libc6", INSTALLER_APT},
    {CASES(dpkg), "/usr/share/doc/z", NULL, INSTALLER_APT},
    {CASES(dpkg), "/lib/not.so", NULL, INSTALLER_APT},
    {CASES(apk), "/lib/libz.so.1", "zlib", INSTALLER_APK},
    {CASES(apk), "/usr/lib/libc.so", "musl", INSTALLER_APK},
    {CASES(apk), "/lib/libc.so", "musl", INSTALLER_APK},
    {CASES(apk), "/lib/readme", NULL, INSTALLER_APK},
    {CASES(apk), "/before.so", NULL, INSTALLER_APK},
    {CASES(neither), "/lib/libz.so.1", NULL, INSTALLER_NONE},
#undef CASES
};

static void libraries_have_owners(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct temp temp;
        struct err err = {0};
        temp_make(&temp);
        temp_fill(temp.fd, cases[i].files, cases[i].count);
        struct root *root = root_new(source_open_dir(temp.path, &err));
        struct facts *facts = facts_new(root, false);
        struct owners *owners = owners_read(facts);
        const char *package = owners_find(owners, cases[i].path);
        print_message("%s\n", cases[i].path);
        assert_int_equal(package == NULL, cases[i].package == NULL);
        if (package != NULL)
            assert_string_equal(package, cases[i].package);
        assert_int_equal(owners_installer(owners), cases[i].installer);
        owners_free(owners);
        facts_free(facts);
        root_free(root);
        temp_remove(&temp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libraries_have_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
