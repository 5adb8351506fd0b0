/* Schema willrun/inspect/1. */
#include "report/inspect_parts.h"
#include "report/json_writer.h"
#include "willrun/willrun.h"

const char *const floor_names[WILLRUN_FLOORS] = {
    [WILLRUN_FLOOR_GLIBC] = "glibc",         [WILLRUN_FLOOR_MUSL] = "musl",
    [WILLRUN_FLOOR_LIBSTDCXX] = "libstdcxx", [WILLRUN_FLOOR_CXXABI] = "cxxabi",
    [WILLRUN_FLOOR_LIBGCC] = "libgcc",       [WILLRUN_FLOOR_OPENSSL] = "openssl",
    [WILLRUN_FLOOR_KERNEL] = "kernel",       [WILLRUN_FLOOR_CPU] = "isa_level",
};

static void put_texts(struct json *json, const char *key, const char *const *texts, size_t count)
{
    json_open_flat(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, texts[i]);
    json_close(json, ']');
}

static void put_floors(struct json *json, const struct willrun_inspected *file)
{
    json_open_flat(json, "requires", '{');
    for (size_t i = 0; i < WILLRUN_FLOORS; i++)
        json_text(json, floor_names[i], file->floors[i].level);
    json_bool(json, "private_glibc", file->private_glibc);
    json_close(json, '}');
    json_open(json, "floors", '[');
    for (size_t i = 0; i < WILLRUN_FLOORS; i++)
        for (size_t c = 0; c < file->floors[i].cause_count; c++) {
            const struct willrun_floor_cause *cause = &file->floors[i].causes[c];
            json_open_flat(json, NULL, '{');
            json_text(json, "of", floor_names[i]);
            json_text(json, "level", file->floors[i].level);
            json_text(json, "version", cause->version);
            json_text(json, "library", cause->library);
            json_text(json, "reason", cause->reason);
            put_texts(json, "symbols", cause->symbols, cause->symbol_count);
            json_close(json, '}');
        }
    json_close(json, ']');
}

static void put_toolchain(struct json *json, const struct willrun_toolchain *toolchain)
{
    json_open(json, NULL, '{');
    json_text(json, "name", toolchain->name);
    json_text(json, "version", toolchain->version);
    json_text(json, "evidence", toolchain->evidence);
    json_open(json, "settings", '{');
    for (size_t i = 0; i < toolchain->setting_count; i++)
        json_text(json, toolchain->settings[i].name, toolchain->settings[i].value);
    json_close(json, '}');
    json_open(json, "modules", '[');
    for (size_t i = 0; i < toolchain->module_count; i++) {
        const struct willrun_module *module = &toolchain->modules[i];
        json_open_flat(json, NULL, '{');
        json_text(json, "path", module->path);
        json_text(json, "version", module->version);
        json_text(json, "sum", module->sum);
        json_text(json, "replaced_by", module->replaced_by);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void put_scratch(struct json *json, const struct willrun_scratch *scratch)
{
    if (scratch->answer == WILLRUN_SCRATCH_NO_PROGRAM) {
        json_nothing(json, "scratch");
        return;
    }
    json_open(json, "scratch", '{');
    json_text(json, "answer", scratch_answers[scratch->answer]);
    json_bool(json, "ready", scratch->answer == WILLRUN_SCRATCH_READY);
    put_texts(json, "blockers", scratch->blockers, scratch->blocker_count);
    json_open(json, "files", '[');
    for (size_t i = 0; i < scratch->file_count; i++) {
        json_open_flat(json, NULL, '{');
        json_text(json, "path", scratch->files[i].path);
        json_text(json, "why", scratch->files[i].why);
        json_text(json, "copy", scratch->files[i].copy);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_text(json, "fix", scratch->fix);
    json_close(json, '}');
}

/* Without a number JSON has no room for the absence of one. */
static void put_number(struct json *json, const char *key, uint64_t number)
{
    if (number != 0)
        json_size(json, key, (size_t)number);
    else
        json_nothing(json, key);
}

static void put_static_libc(struct json *json, const struct willrun_inspected *file)
{
    bool shows = file->static_libc != WILLRUN_LIBC_NONE;
    json_text(json, "static_libc", shows ? willrun_libc_name(file->static_libc) : NULL);
}

static void put_properties(struct json *json, const struct willrun_inspected *file)
{
    put_number(json, "page_size", file->page_size);
    json_bool(json, "executable_stack", file->exec_stack);
    json_bool(json, "text_relocations", file->text_relocations);
    json_bool(json, "stripped", file->stripped);
    json_bool(json, "debug_info", file->debug_info);
    json_text(json, "build_id", file->build_id);
    json_text(json, "package_note", file->package_note);
}

static void put_file(struct json *json, const struct willrun_inspected *file)
{
    json_open(json, NULL, '{');
    json_text(json, "path", file->path);
    json_text(json, "archive", file->archive);
    json_text(json, "kind", willrun_kind_name(file->kind));
    json_size(json, "size", (size_t)file->size);
    json_text(json, "trouble", file->trouble);
    json_text(json, "platform", file->platform);
    json_text(json, "machine", file->machine);
    json_text(json, "libc", file->machine != NULL ? willrun_libc_name(file->libc) : NULL);
    json_text(json, "libc_evidence", file->libc_evidence);
    put_static_libc(json, file);
    json_text(json, "linkage", willrun_linkage_name(file->linkage));
    json_bool(json, "needs_libc_only", file->libc_only);
    json_text(json, "interpreter", file->interpreter);
    put_texts(json, "needed", file->needed, file->needed_count);
    json_text(json, "soname", file->soname);
    json_text(json, "rpath", file->rpath);
    json_text(json, "runpath", file->runpath);
    put_floors(json, file);
    put_texts(json, "runs_on", file->runs_on, file->runs_on_count);
    put_texts(json, "policies", file->policies, file->policy_count);
    put_texts(json, "policy_troubles", file->policy_troubles, file->policy_trouble_count);
    put_properties(json, file);
    json_open(json, "toolchain", '[');
    for (size_t i = 0; i < file->toolchain_count; i++)
        put_toolchain(json, &file->toolchains[i]);
    json_close(json, ']');
    json_text(json, "dlopen_note", file->dlopen_note);
    put_scratch(json, &file->scratch);
    json_close(json, '}');
}

static void put_summary(struct json *json, const struct willrun_inspection *inspection)
{
    json_open(json, "summary", '{');
    json_size(json, "subjects", inspection->file_count);
    json_open(json, "floors", '[');
    for (size_t i = 0; i < WILLRUN_FLOORS; i++) {
        const struct willrun_floor_sum *sum = &inspection->floors[i];
        if (sum->level == NULL)
            continue;
        json_open(json, NULL, '{');
        json_text(json, "of", floor_names[i]);
        json_text(json, "level", sum->level);
        put_texts(json, "objects", sum->paths, sum->path_count);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

void inspect_json(const struct willrun_inspection *inspection, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/inspect/1");
    json_open(&json, "subjects", '[');
    for (size_t i = 0; i < inspection->file_count; i++)
        put_file(&json, &inspection->files[i]);
    json_close(&json, ']');
    put_texts(&json, "troubles", inspection->troubles, inspection->trouble_count);
    put_summary(&json, inspection);
    json_close(&json, '}');
    putc('\n', out);
}
