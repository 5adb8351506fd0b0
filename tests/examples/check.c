/* Checks one program in a root, and prints what a check tells of it.
 *     check ROOT PATH [STAGE=SOURCE COPY]
 * The exit status is that of `willrun check`. */
#include <stdio.h>
#include <willrun/willrun.h>

static void on_progress(void *context, const char *what, size_t done, size_t all)
{
    (void)what, (void)done, (void)all;
    ++*(size_t *)context;
}

static void print(const struct willrun_subject *subject)
{
    printf("%s %s\n", subject->path, willrun_verdict_name(subject->verdict));
    for (size_t i = 0; i < subject->object_count; i++) {
        const struct willrun_object *object = &subject->objects[i];
        if (object->path != NULL)
            printf("  %s => %s (%s)\n", object->name, object->path, willrun_via_name(object->via));
        else
            printf("  %s => not found\n", object->name);
    }
    for (size_t i = 0; i < subject->finding_count; i++) {
        const struct willrun_finding *finding = &subject->findings[i];
        printf("  %s[%s]: %s\n", willrun_severity_name(finding->severity), finding->rule,
               finding->message);
    }
}

int main(int count, char **words)
{
    if (count != 3 && count != 5)
        return 2;
    struct willrun *willrun = willrun_new();
    struct willrun_result *result = NULL;
    size_t steps = 0;
    int status = 2;
    willrun_set_on_progress(willrun, on_progress, &steps);
    enum willrun_err err = willrun_set_root(willrun, words[1]);
    if (err == WILLRUN_OK && count == 5)
        err = willrun_add_stage(willrun, words[3]);
    if (err == WILLRUN_OK && count == 5)
        err = willrun_add_copy(willrun, words[4]);
    if (err == WILLRUN_OK)
        err = willrun_add_subject(willrun, words[2]);
    if (err == WILLRUN_OK)
        err = willrun_check(willrun, &result);
    if (err != WILLRUN_OK)
        fprintf(stderr, "check: %s\n", willrun_error(willrun));
    willrun_free(willrun); /* the result stays */
    if (err == WILLRUN_OK) {
        for (size_t t = 0; t < result->target_count; t++)
            for (size_t s = 0; s < result->targets[t].subject_count; s++)
                print(&result->targets[t].subjects[s]);
        status = result->fails != 0 || steps == 0;
    }
    willrun_result_free(result);
    return status;
}
