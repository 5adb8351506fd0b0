/* Judges one command as a container would start it, through the public API
 * alone: start_command ROOT PLATFORM USER WORKDIR COMMAND [K=V ...] */
#include "willrun/willrun.h"

static bool ask(struct willrun *willrun, char **argv)
{
    bool good = willrun_set_root(willrun, argv[1]) == WILLRUN_OK &&
                willrun_set_platform(willrun, argv[2]) == WILLRUN_OK &&
                willrun_set_user(willrun, argv[3]) == WILLRUN_OK &&
                willrun_set_workdir(willrun, argv[4]) == WILLRUN_OK &&
                willrun_add_command(willrun, argv[5]) == WILLRUN_OK;
    for (argv += 6; good && *argv != NULL; argv++)
        good = willrun_add_env(willrun, *argv) == WILLRUN_OK;
    return good;
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    struct willrun *willrun = willrun_new();
    struct willrun_result *result = NULL;
    struct willrun_style style = {0};
    bool good = ask(willrun, argv) && willrun_check(willrun, &result) == WILLRUN_OK &&
                willrun_write_check(result, WILLRUN_FORMAT_JSON, &style, stdout);
    if (!good)
        fprintf(stderr, "%s\n", willrun_error(willrun));
    willrun_result_free(result);
    willrun_free(willrun);
    return good ? 0 : 2;
}
