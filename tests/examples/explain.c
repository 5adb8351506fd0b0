/* Tells what a message means, in a root if one is named.
 *     explain MESSAGE [ROOT] */
#include <stdio.h>
#include <string.h>
#include <willrun/willrun.h>

int main(int count, char **words)
{
    if (count != 2 && count != 3)
        return 2;
    struct willrun *willrun = willrun_new();
    struct willrun_explanation *explanation;
    struct willrun_explain_request request = {words[1], strlen(words[1]), -1};
    if (count == 3)
        willrun_set_root(willrun, words[2]);
    if (willrun_explain(willrun, &request, &explanation) != WILLRUN_OK) {
        fprintf(stderr, "explain: %s\n", willrun_error(willrun));
        willrun_free(willrun);
        return 2;
    }
    printf("said by %s\n", explanation->speaker != NULL ? explanation->speaker : "nobody known");
    for (size_t i = 0; i < explanation->cause_count; i++) {
        const struct willrun_cause *cause = &explanation->causes[i];
        printf("%s: %s\n", cause->cause_class, cause->why);
        for (size_t k = 0; k < cause->evidence_count; k++)
            printf("  %s\n", cause->evidence[k]);
    }
    printf("decided by the files: %s\n", explanation->decided ? "yes" : "no");
    willrun_explanation_free(explanation);
    willrun_free(willrun);
    return 0;
}
