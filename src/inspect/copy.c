#include "inspect/copy.h"

#include "inspect/kept.h"

static const char *const *copy_texts(struct arena *arena, const char *const *texts, size_t count)
{
    const char **copies = arena_array(arena, count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = arena_string(arena, texts[i]);
    return copies;
}

static void copy_floor(struct arena *arena, struct willrun_floor *floor)
{
    struct willrun_floor_cause *causes =
        kept(arena, floor->causes, floor->cause_count, sizeof *causes);
    floor->level = arena_string(arena, floor->level);
    for (size_t i = 0; i < floor->cause_count; i++) {
        causes[i].version = arena_string(arena, causes[i].version);
        causes[i].library = arena_string(arena, causes[i].library);
        causes[i].reason = arena_string(arena, causes[i].reason);
        causes[i].symbols = copy_texts(arena, causes[i].symbols, causes[i].symbol_count);
    }
    floor->causes = causes;
}

static void copy_toolchain(struct arena *arena, struct willrun_toolchain *toolchain)
{
    struct willrun_setting *settings =
        kept(arena, toolchain->settings, toolchain->setting_count, sizeof *settings);
    struct willrun_module *modules =
        kept(arena, toolchain->modules, toolchain->module_count, sizeof *modules);
    for (size_t i = 0; i < toolchain->setting_count; i++) {
        settings[i].name = arena_string(arena, settings[i].name);
        settings[i].value = arena_string(arena, settings[i].value);
    }
    for (size_t i = 0; i < toolchain->module_count; i++) {
        modules[i].path = arena_string(arena, modules[i].path);
        modules[i].version = arena_string(arena, modules[i].version);
        modules[i].sum = arena_string(arena, modules[i].sum);
        modules[i].replaced_by = arena_string(arena, modules[i].replaced_by);
    }
    toolchain->name = arena_string(arena, toolchain->name);
    toolchain->version = arena_string(arena, toolchain->version);
    toolchain->evidence = arena_string(arena, toolchain->evidence);
    toolchain->settings = settings;
    toolchain->modules = modules;
}

static void copy_scratch(struct arena *arena, struct willrun_scratch *scratch)
{
    struct willrun_scratch_file *files =
        kept(arena, scratch->files, scratch->file_count, sizeof *files);
    for (size_t i = 0; i < scratch->file_count; i++) {
        files[i].path = arena_string(arena, files[i].path);
        files[i].why = arena_string(arena, files[i].why);
        files[i].copy = arena_string(arena, files[i].copy);
    }
    scratch->files = files;
    scratch->blockers = copy_texts(arena, scratch->blockers, scratch->blocker_count);
    scratch->fix = arena_string(arena, scratch->fix);
}

struct willrun_inspected inspected_copy(const struct willrun_inspected *file, struct arena *arena)
{
    struct willrun_inspected copy = *file;
    const char **const texts[] = {&copy.path,          &copy.archive,     &copy.trouble,
                                  &copy.libc_evidence, &copy.interpreter, &copy.soname,
                                  &copy.rpath,         &copy.runpath,     &copy.build_id,
                                  &copy.package_note,  &copy.dlopen_note};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_string(arena, *texts[i]);
    copy.needed = copy_texts(arena, file->needed, file->needed_count);
    copy.runs_on = kept(arena, file->runs_on, file->runs_on_count, sizeof *file->runs_on);
    copy.policies = copy_texts(arena, file->policies, file->policy_count);
    copy.policy_troubles = copy_texts(arena, file->policy_troubles, file->policy_trouble_count);
    struct willrun_toolchain *toolchains =
        kept(arena, file->toolchains, file->toolchain_count, sizeof *toolchains);
    for (size_t i = 0; i < file->toolchain_count; i++)
        copy_toolchain(arena, &toolchains[i]);
    copy.toolchains = toolchains;
    for (size_t i = 0; i < WILLRUN_FLOORS; i++)
        copy_floor(arena, &copy.floors[i]);
    copy_scratch(arena, &copy.scratch);
    return copy;
}
