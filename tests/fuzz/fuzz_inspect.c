/* libFuzzer target: any bytes as a file and as an archive that inspect is asked about.
 * Run: build/fuzz/fuzz_inspect -max_len=200000 CORPUS_FOLDER */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct gathering gathering = {.arena = &arena};
    struct span bytes = {data, size};
    struct place place = {.path = "file", .mode = 0755};
    gather_file(&place, bytes, true, &gathering);
    if (archive_is(bytes))
        archive_gather("archive", bytes, &gathering);
    vec_free(&gathering.files);
    vec_free(&gathering.troubles);
    arena_free(&arena);
    return 0;
}
