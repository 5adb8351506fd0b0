/* The concrete step for a target's distribution. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "temp_tree.h"
#include "verdict/advice.h"
#include "verdict/packages.h"

static void versions_compare_by_their_numbers(void **state)
{
    (void)state;
    assert_true(version_compare("2.4", "2.34") < 0);
    assert_true(version_compare("2.34", "2.4") > 0);
    assert_true(version_compare("3.4", "3.4.1") < 0);
    assert_int_equal(version_compare("1.3.13", "1.3.13"), 0);
    assert_true(version_order("3.4", "3.4.1", SHORT_IS_LAST) > 0);
    assert_true(version_order("3.4", "3.5.1", SHORT_IS_LAST) < 0);
    assert_int_equal(version_order("3.4", "3.4", SHORT_IS_LAST), 0);
    assert_int_equal(version_family("GLIBC_2.38"), 6);
    assert_int_equal(version_family("GLIBC_PRIVATE"), 0);
    assert_int_equal(version_family("GLIBC_ABI_DT_RELR"), 0);
    assert_int_equal(version_family("plain"), 0);
}

static void packages_are_found_by_soname_and_release(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct {
        const char *soname, *release, *package;
    } rows[] = {
        {"libpq.so.5", "bookworm", "libpq5"},
        {"libssl.so.1.1", "bullseye", "libssl1.1"},
        {"libssl.so.3", "bookworm", "libssl3"},
        {"libssl.so.3", "trixie", "libssl3t64"},
        {"libssl.so.3", "bullseye", NULL},
        {"libpython3.11.so.1.0", "bookworm", "libpython3.11"}, /* listed by its link */
        {"libz.so.1", "no-such-release", NULL},
        {"libnobody-has-it.so.1", "bookworm", NULL},
        {"NL.so.1", "bullseye", "libhawknl"}, /* the first of the table */
        {"", "bookworm", NULL},
        {"~", "bookworm", NULL}, /* sorts behind the last */
        {"libz", "bookworm", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *package = package_of_library(rows[i].soname, rows[i].release, &arena);
        if (rows[i].package == NULL)
            assert_null(package);
        else
            assert_string_equal(package, rows[i].package);
    }
    assert_string_equal(release_with_library("libssl.so.1.1", &arena), "bullseye");
    assert_null(release_with_library("libnobody-has-it.so.1", &arena));
    arena_free(&arena);
}

/* The advice for `soname` in a root with this os-release and installer. */
static const char *library_in(const char *os_release, const char *installer, const char *soname,
                              struct arena *arena)
{
    struct temp temp;
    struct err err;
    temp_make(&temp);
    const struct made rows[] = {{'d', "etc", NULL, 0, 0, 0},
                                {'f', "etc/os-release", os_release, 0, 0, 0},
                                {'d', "bin", NULL, 0, 0, 0},
                                {'d', "usr", NULL, 0, 0, 0},
                                {'d', "usr/bin", NULL, 0, 0, 0},
                                {'d', "sbin", NULL, 0, 0, 0},
                                {'f', installer != NULL ? installer : "etc/none", "x", 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        temp_add(temp.fd, &rows[i]);
    struct source *source = source_open_dir(temp.path, &err);
    assert_non_null(source);
    struct root *root = root_new(source);
    struct facts *facts = facts_new(root, false);
    const struct advice advice = {.facts = facts};
    const char *text = advice_library(&advice, soname, "/usr/lib/", true, arena);
    facts_free(facts);
    root_free(root);
    temp_remove(&temp);
    return text;
}

static void a_missing_library_is_installed_as_the_target_does_it(void **state)
{
    (void)state;
    struct arena arena = {0};
    assert_string_equal(
        library_in("ID=debian\nVERSION_CODENAME=bookworm\n", "usr/bin/apt-get", "libpq.so.5",
                   &arena),
        "Install it in the runtime image (apt-get install -y libpq5), or COPY libpq.so.5 from the "
        "builder into /usr/lib/.");
    assert_string_equal(
        library_in("ID=\"alpine\"\nVERSION_ID=3.20\n", "sbin/apk", "libstdc++.so.6", &arena),
        "Install it in the runtime image (apk add so:libstdc++.so.6), or COPY "
        "libstdc++.so.6 from the builder into /usr/lib/.");
    assert_string_equal(
        library_in("ID='rocky'\nID_LIKE='rhel centos fedora'\n", "usr/bin/microdnf", "libpq.so.5",
                   &arena),
        "Install it in the runtime image (dnf install 'libpq.so.5()(64bit)'), or COPY libpq.so.5 "
        "from the builder into /usr/lib/.");
    assert_string_equal(
        library_in("ID=debian\nVERSION_CODENAME=bookworm\n", NULL, "libpq.so.5", &arena),
        "The image has no package manager: in a stage that has one run apt-get install -y libpq5, "
        "and COPY libpq.so.5 from the builder into /usr/lib/.");
    assert_string_equal(
        library_in("ID=debian\nVERSION_CODENAME=trixie", "usr/bin/apt-get", "libssl.so.1.1",
                   &arena),
        "No package of this release has it (Debian bullseye does): COPY libssl.so.1.1 from the "
        "builder into /usr/lib/, or build on the release of the runtime.");
    assert_string_equal(library_in("", NULL, "libpq.so.5", &arena),
                        "COPY libpq.so.5 from the builder into /usr/lib/, or install the package "
                        "that ships it.");
    arena_free(&arena);
}

static void a_missing_version_names_images_that_have_it(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct advice advice = {.libc_version = "2.31"};
    assert_string_equal(
        advice_version(&advice, "GLIBC_2.38", "libc.so.6", &arena),
        "Use a runtime with glibc 2.38 or newer (debian:13, ubuntu:24.04, redhat/ubi10), or build "
        "on a release that has the runtime's glibc 2.31.");
    assert_string_equal(
        advice_version(&advice, "GLIBC_ABI_DT_RELR", "libc.so.6", &arena),
        "Use a runtime with glibc 2.36 or newer (debian:12, ubuntu:24.04, redhat/ubi10), or build "
        "on a release that has the runtime's glibc 2.31.");
    assert_string_equal(
        advice_version(&advice, "GLIBCXX_3.4.30", "libstdc++.so.6", &arena),
        "Use a runtime whose libstdc++.so.6 has GLIBCXX_3.4.30 (debian:12, ubuntu:22.04, "
        "redhat/ubi10), or build with the compiler of the runtime's release.");
    assert_string_equal(advice_version(&advice, "OPENSSL_3.2.0", "libssl.so.3", &arena),
                        "Put the builder's libssl.so.3, or a newer one, in the target.");
    assert_null(strstr(advice_version(&advice, "GLIBC_PRIVATE", "libc.so.6", &arena), "PRIVATE"));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_compare_by_their_numbers),
        cmocka_unit_test(packages_are_found_by_soname_and_release),
        cmocka_unit_test(a_missing_library_is_installed_as_the_target_does_it),
        cmocka_unit_test(a_missing_version_names_images_that_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
