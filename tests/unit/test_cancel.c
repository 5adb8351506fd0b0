/* A call that is cancelled comes back, without a result and without a leak. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "temp_tree.h"
#include "willrun/willrun.h"

static void assert_cancelled(struct willrun *willrun, enum willrun_err err)
{
    assert_int_equal(err, WILLRUN_ECANCELED);
    assert_string_equal(willrun_error(willrun), "the call was cancelled");
}

/* A folder with `count` scripts that do not start. */
static void make_scripts(struct temp *temp, size_t count)
{
    temp_make(temp);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "s%zu", i);
        temp_add(temp->fd, &(struct made){'f', name, "#!/no/such/interpreter\n", 0755, 0, 0});
    }
}

struct watching {
    struct willrun *willrun;
    size_t seen, wanted;
};

static void count_subject(void *context, const struct willrun_target *target,
                          const struct willrun_subject *subject)
{
    struct watching *watching = context;
    (void)target, (void)subject;
    if (++watching->seen == watching->wanted)
        willrun_cancel(watching->willrun);
}

static void from_a_callback(void **state)
{
    (void)state;
    struct temp temp;
    make_scripts(&temp, 500);
    struct willrun *willrun = willrun_new();
    struct willrun_result *result;
    struct watching watching = {willrun, 0, 3};
    willrun_set_root(willrun, temp.path);
    willrun_add_all(willrun);
    willrun_set_on_subject(willrun, count_subject, &watching);
    assert_cancelled(willrun, willrun_check(willrun, &result));
    assert_null(result);
    assert_in_range(watching.seen, 3, 499);

    /* and it stays so */
    size_t seen = watching.seen;
    assert_cancelled(willrun, willrun_check(willrun, &result));
    assert_int_equal(watching.seen, seen);
    willrun_free(willrun);
    temp_remove(&temp);
}

static void every_call(void **state)
{
    (void)state;
    struct temp temp;
    make_scripts(&temp, 3);
    char to[4096];
    struct willrun *willrun = willrun_new();
    struct willrun_inspection *inspection;
    struct willrun_diff *diff;
    struct willrun_bundle *bundle;
    struct willrun_plan *plan;
    struct willrun_explanation *explanation;
    static const char message[] = "exec /s1: no such file or directory";
    snprintf(to, sizeof to, "%s/made", temp.path);
    willrun_set_root(willrun, temp.path);
    willrun_add_subject(willrun, "/s1");
    willrun_cancel(willrun);
    assert_cancelled(willrun, willrun_inspect(willrun, &inspection));
    assert_null(inspection);
    assert_cancelled(willrun, willrun_diff(willrun, temp.path, "base:debian:12-slim", &diff));
    assert_null(diff);
    struct willrun_bundle_request request = {.to = to, .partial = true};
    assert_cancelled(willrun, willrun_bundle(willrun, &request, &bundle));
    assert_null(bundle);
    assert_int_not_equal(access(to, F_OK), 0);
    struct willrun_explain_request ask = {message, strlen(message), -1};
    assert_cancelled(willrun, willrun_explain(willrun, &ask, &explanation));
    assert_null(explanation);
    willrun_add_stage(willrun, "b=base:debian:12-slim");
    struct willrun_plan_request wish = {0};
    assert_cancelled(willrun, willrun_plan(willrun, &wish, &plan));
    assert_null(plan);
    FILE *out = tmpfile();
    assert_cancelled(willrun,
                     willrun_snapshot(willrun, temp.path, &(struct willrun_origin){0}, out));
    fclose(out);
    willrun_free(willrun);
    temp_remove(&temp);
}

static void *cancel_soon(void *context)
{
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    willrun_cancel(context);
    return NULL;
}

/* Standard input that nobody writes to. */
static void while_it_waits_for_input(void **state)
{
    (void)state;
    int ends[2], kept = dup(STDIN_FILENO);
    pthread_t thread;
    struct willrun *willrun = willrun_new();
    struct willrun_result *result;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    willrun_set_root(willrun, "-");
    willrun_add_all(willrun);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, willrun), 0);
    assert_cancelled(willrun, willrun_check(willrun, &result));
    assert_null(result);
    pthread_join(thread, NULL);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(ends[0]);
    close(ends[1]);
    willrun_free(willrun);
}

static struct willrun *interrupted;

static void on_signal(int number)
{
    (void)number;
    willrun_cancel(interrupted);
}

static void by_a_signal(void **state)
{
    (void)state;
    struct temp temp;
    make_scripts(&temp, 50);
    struct willrun_result *result;
    signal(SIGUSR1, on_signal);
    /* wherever it is by then */
    for (long wait = 1000; wait <= 4096000; wait *= 4) {
        interrupted = willrun_new();
        willrun_set_root(interrupted, temp.path);
        willrun_add_all(interrupted);
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
        assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
        timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = wait}, NULL);
        enum willrun_err err = willrun_check(interrupted, &result);
        timer_delete(timer);
        if (err == WILLRUN_OK)
            assert_int_equal(result->fails, 50);
        else
            assert_cancelled(interrupted, err);
        willrun_result_free(result);
        willrun_free(interrupted);
    }
    signal(SIGUSR1, SIG_DFL);
    temp_remove(&temp);
}

static void others_go_on(void **state)
{
    (void)state;
    struct temp temp;
    make_scripts(&temp, 3);
    struct willrun *cancelled = willrun_new(), *other = willrun_new();
    struct willrun_result *result;
    willrun_cancel(cancelled);
    willrun_set_root(other, temp.path);
    willrun_add_all(other);
    assert_int_equal(willrun_check(other, &result), WILLRUN_OK);
    willrun_free(other); /* the result stays */
    assert_int_equal(result->fails, 3);
    willrun_result_free(result);
    willrun_free(cancelled);
    temp_remove(&temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_a_callback),
        cmocka_unit_test(every_call),
        cmocka_unit_test(while_it_waits_for_input),
        cmocka_unit_test(by_a_signal),
        cmocka_unit_test(others_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
