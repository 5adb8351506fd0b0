/* SHA-256, held to the published examples and to itself in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"

static void hash(const void *bytes, size_t size, size_t step, char hex[SHA256_HEX + 1])
{
    struct sha256 state;
    sha256_begin(&state);
    for (size_t at = 0; at < size; at += step)
        sha256_add(&state, (const char *)bytes + at, size - at < step ? size - at : step);
    sha256_end(&state, hex);
}

static void test_examples(void **state)
{
    static const struct {
        const char *text, *hex;
    } examples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        char hex[SHA256_HEX + 1];
        hash(examples[i].text, strlen(examples[i].text), 1000, hex);
        assert_string_equal(hex, examples[i].hex);
    }
}

static void test_a_million(void **state)
{
    char hex[SHA256_HEX + 1], *text = malloc(1000000);
    (void)state;
    memset(text, 'a', 1000000);
    hash(text, 1000000, 4099, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(text);
}

static void test_pieces(void **state)
{
    char text[300], whole[SHA256_HEX + 1], pieces[SHA256_HEX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + 1);
    for (size_t size = 0; size <= sizeof text; size++) {
        hash(text, size, sizeof text, whole);
        hash(text, size, 1 + size % 67, pieces);
        assert_string_equal(whole, pieces);
    }
}

/* What the processor does by itself is what the portable form does. */
static void test_both_forms(void **state)
{
    char text[5 * SHA256_BLOCK], one[SHA256_HEX + 1], two[SHA256_HEX + 1];
    struct sha256 portable;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 31);
    hash(text, sizeof text, sizeof text, one);
    sha256_begin_portable(&portable);
    sha256_add(&portable, text, sizeof text);
    sha256_end(&portable, two);
    assert_string_equal(one, two);
}

/* Two at once are what they are one after the other, wherever they stand in their blocks. */
static void test_two_at_once(void **state)
{
    enum { SIZE = 5 * SHA256_BLOCK };
    unsigned char bytes[2][SIZE];
    (void)state;
    for (size_t i = 0; i < SIZE; i++) {
        bytes[0][i] = (unsigned char)(i * 13 + 5);
        bytes[1][i] = (unsigned char)(i * 29 + 3);
    }
    for (size_t first = 0; first < SIZE; first += 32)
        for (size_t count = 0; first + count <= SIZE; count += 61) {
            struct sha256 hashes[2];
            for (size_t i = 0; i < 2; i++) {
                sha256_begin(&hashes[i]);
                sha256_add(&hashes[i], bytes[i], first);
            }
            sha256_add_two(&hashes[0], bytes[0] + first, &hashes[1], bytes[1] + first, count);
            for (size_t i = 0; i < 2; i++) {
                char wanted[SHA256_HEX + 1], hex[SHA256_HEX + 1];
                hash(bytes[i], first + count, SIZE, wanted);
                sha256_end(&hashes[i], hex);
                assert_string_equal(hex, wanted);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),    cmocka_unit_test(test_a_million),
        cmocka_unit_test(test_pieces),      cmocka_unit_test(test_both_forms),
        cmocka_unit_test(test_two_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
