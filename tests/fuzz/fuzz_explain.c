/* libFuzzer target: any bytes as a message to explain, told in both formats.
 * Run: build/fuzz/fuzz_explain -max_len=20000 CORPUS_FOLDER */
#include <stdint.h>
#include <stdlib.h>

#include "willrun/willrun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    if (nowhere == NULL && (nowhere = fopen("/dev/null", "w")) == NULL)
        abort();
    struct willrun *willrun = willrun_new();
    const struct willrun_explain_request request = {
        .text = (const char *)data, .size = size, .exit_status = -1};
    struct willrun_explanation *explanation;
    if (willrun_explain(willrun, &request, &explanation) != WILLRUN_OK)
        abort();
    willrun_write_explanation(explanation, WILLRUN_FORMAT_TEXT, NULL, nowhere);
    willrun_write_explanation(explanation, WILLRUN_FORMAT_JSON, NULL, nowhere);
    willrun_explanation_free(explanation);
    willrun_free(willrun);
    return 0;
}
