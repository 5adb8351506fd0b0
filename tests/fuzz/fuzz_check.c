/* libFuzzer target: any bytes as the archive of a root, of which everything is checked, as told by
 * all reports. The seeds have loaders, programs, libraries and the files beside them. */
#include "fuzz/memory_file.h"
#include "fuzz/tar_members.h"
#include "willrun/willrun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return tar_mutate(data, size, max_size, seed);
}

static void report(const struct willrun_result *result)
{
    const struct willrun_style style = {.unicode = true, .width = 80, .verbose = true};
    static const enum willrun_format formats[] = {WILLRUN_FORMAT_TEXT, WILLRUN_FORMAT_JSON,
                                                  WILLRUN_FORMAT_MARKDOWN, WILLRUN_FORMAT_SARIF};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        willrun_write_check(result, formats[i], &style, nowhere());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct willrun *willrun = willrun_new();
    struct willrun_result *result = NULL;
    memory_file_open(&file, data, size);
    if (willrun_set_root(willrun, file.path) != WILLRUN_OK)
        abort();
    willrun_set_threads(willrun, 1);
    willrun_set_trail(willrun, true);
    willrun_add_all(willrun);
    if (willrun_check(willrun, &result) == WILLRUN_OK)
        report(result);
    else if (*willrun_error(willrun) == 0)
        abort();
    willrun_result_free(result);
    willrun_free(willrun);
    memory_file_close(&file);
    return 0;
}
