/* libFuzzer target: any bytes as the configuration file, first as YAML, then as the settings of a
 * check. */
#include "cli/commands.h"
#include "cli/settings.h"
#include "fuzz/memory_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void gather(const char *name, char *path)
{
    struct settings settings;
    char problem[512] = "", option[] = "--config";
    char *const arguments[] = {option, path};
    bool usage;
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        bool gathered =
            settings_gather(&settings, &commands[i], 2, arguments, &usage, problem, sizeof problem);
        if (gathered != (*problem == 0))
            abort();
        settings_free(&settings);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct config config;
    char problem[512] = "";
    memory_file_open(&file, data, size);
    if (config_read(&config, file.path, problem, sizeof problem) != (*problem == 0))
        abort();
    config_free(&config);
    lseek(file.fd, 0, SEEK_SET);
    gather("check", file.path);
    gather("plan", file.path);
    memory_file_close(&file);
    return 0;
}
