/* libFuzzer target: any bytes as an earlier report whose findings are accepted, held to one of
 * today's. */
#include "fuzz/memory_file.h"
#include "verdict/acceptances.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(struct acceptances *acceptances)
{
    struct arena arena = {0};
    struct willrun_finding finding = {.rule = "LIBRARY_MISSING", .object = "libz.so.1"};
    struct willrun_result result = {0};
    acceptances_mark(acceptances, &arena, "/app", &finding, 1);
    acceptances_used(acceptances, &arena, &result);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct err err = {0};
    memory_file_open(&file, data, size);
    struct acceptances *acceptances = acceptances_new();
    if (acceptances_add_baseline(acceptances, file.path, &err) != (err.code == WILLRUN_OK))
        abort();
    apply(acceptances);
    acceptances_free(acceptances);
    memory_file_close(&file);
    return 0;
}
