#include "plan/stage_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "report/json_writer.h"

/* A word that a Dockerfile's line takes as it is. */
static bool is_plain(const char *word)
{
    return word[strcspn(word, " \t\n\r\"'\\$#<")] == 0;
}

/* ["a", "b"], on one line. */
static void put_list(FILE *out, const char *const *words, size_t count)
{
    struct json json = {.out = out, .flat = 1};
    putc('[', out);
    for (size_t i = 0; i < count; i++) {
        char *text = NULL;
        size_t size;
        FILE *word = must_have(open_memstream(&text, &size));
        json = (struct json){.out = word, .compact = true};
        json_text(&json, NULL, words[i]);
        must_have(fclose(word) == 0 ? text : NULL);
        fprintf(out, "%s%s", i == 0 ? "" : ", ", text);
        free(text);
    }
    putc(']', out);
}

static void put_copy(FILE *out, const char *stage, const char *flags, const char *const *sources,
                     size_t count, const char *to, struct arena *arena)
{
    const char **words = arena_array(arena, count + 2, sizeof *words);
    bool plain = is_plain(to);
    for (size_t i = 0; i < count; i++) {
        words[i] = sources[i];
        plain = plain && is_plain(sources[i]);
    }
    words[count] = to;
    fputs("COPY", out);
    if (stage != NULL)
        fprintf(out, " --from=%s", stage);
    fprintf(out, "%s ", flags);
    if (!plain)
        put_list(out, words, count + 1);
    for (size_t i = 0; plain && i <= count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", words[i]);
    putc('\n', out);
}

static bool put_given(FILE *out, struct willrun *willrun, struct arena *arena)
{
    for (size_t i = 0; i < willrun->copies.count; i++) {
        struct copy_request request;
        if (!copy_parse(willrun->copies.at[i], arena, &request, &willrun->err))
            return false;
        const char *flags = "";
        if (request.mode >= 0)
            flags = arena_format(arena, " --chmod=%o", (unsigned)request.mode);
        else if (request.changes != NULL)
            flags = arena_format(arena, " --chmod=%s", request.changes);
        if (request.owner != NULL)
            flags = arena_format(arena, "%s --chown=%s", flags, request.owner);
        put_copy(out, request.stage, flags, &request.source, 1, request.to, arena);
    }
    return true;
}

/* Images without a tag mean :latest; distroless ones have tags of kinds, and this one's user. */
static void put_from(FILE *out, const char *image)
{
    bool distroless = strncmp(image, "gcr.io/distroless/", 18) == 0 && strchr(image, ':') == NULL;
    fprintf(out, "FROM %s%s\n", image, distroless ? ":nonroot" : "");
}

static bool is_installed(const struct trial_copy *copy, bool packages)
{
    return packages && copy->packaged;
}

/* One layer, without the installer's lists. */
static void put_install(FILE *out, const struct trial *trial, bool packages)
{
    bool any = false,
         apk = trial->candidate.installer != NULL && strcmp(trial->candidate.installer, "apk") == 0;
    for (size_t i = 0; i < trial->copies.count; i++)
        any |= is_installed(&trial->copies.at[i], packages);
    if (!any)
        return;
    fputs(apk ? "RUN apk add --no-cache"
              : "RUN apt-get update && apt-get install -y --no-install-recommends",
          out);
    for (size_t i = 0; i < trial->installs.count; i++)
        fprintf(out, " %s", trial->installs.at[i]);
    fputs(apk ? "\n" : " && rm -rf /var/lib/apt/lists/*\n", out);
}

static void put_artifacts(FILE *out, const struct trials *trials, const struct trial *trial)
{
    for (size_t i = 0; i < trials->artifacts->list.count; i++) {
        const struct artifact *artifact = &trials->artifacts->list.at[i];
        const char *flags = artifact->open ? "" : " --chmod=755";
        if (artifact->flags != NULL)
            flags = artifact->flags;
        else if (!artifact->open && artifact->folder)
            flags = arena_format(trials->arena, " --chown=%s", trial->user);
        put_copy(out, artifact->stage, flags, &artifact->source, 1, artifact->to, trials->arena);
    }
}

/* NAME="VALUE", in which a Dockerfile expands nothing. */
static void put_env(FILE *out, const char *assignment)
{
    fprintf(out, "ENV %.*s=\"", (int)strcspn(assignment, "="), assignment);
    for (const char *at = strchr(assignment, '=') + 1; *at != 0; at++)
        fprintf(out, strchr("\"\\$", *at) != NULL ? "\\%c" : "%c", *at);
    fputs("\"\n", out);
}

static void put_process(FILE *out, const struct trials *trials, const struct trial *trial,
                        const char *program)
{
    const struct willrun *willrun = trials->willrun;
    const struct entry *entry = trials->entry;
    for (size_t i = 0; i < willrun->env.count; i++)
        put_env(out, willrun->env.at[i]);
    for (size_t i = 0; i < trials->artifacts->kept.count; i++)
        fprintf(out, "%s\n", trials->artifacts->kept.at[i]);
    if (willrun->workdir != NULL)
        fprintf(out, "WORKDIR %s\n", willrun->workdir);
    fprintf(out, "USER %s\n", trial->user);
    if (entry->count == 0 && program == NULL)
        return;
    fputs("ENTRYPOINT ", out);
    put_list(out, entry->count != 0 ? entry->words : &program,
             entry->count != 0 ? entry->count : 1);
    putc('\n', out);
    size_t count = 0;
    while (entry->arguments != NULL && entry->arguments[count] != NULL)
        count++;
    if (count == 0)
        return;
    fputs("CMD ", out);
    put_list(out, entry->arguments, count);
    putc('\n', out);
}

const char *stage_text(const struct trials *trials, const struct trial *trial, const char *program,
                       bool packages)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        err_set(&trials->willrun->err, WILLRUN_ENOMEM, "out of memory");
        return NULL;
    }
    put_from(out, trial->candidate.image);
    bool fits = true; /* a line of a Dockerfile */
    for (size_t i = 0; i < trials->willrun->env.count; i++)
        fits &= strchr(trials->willrun->env.at[i], '\n') == NULL ||
                err_set(&trials->willrun->err, WILLRUN_EUSAGE,
                        "a variable with a line break cannot stand in a Dockerfile: %s",
                        trials->willrun->env.at[i]);
    put_install(out, trial, packages);
    bool put = put_given(out, trials->willrun, trials->arena) && fits;
    put_artifacts(out, trials, trial);
    for (size_t i = 0; i < trial->copies.count; i++) {
        const struct willrun_copy_line *line = &trial->copies.at[i].line;
        if (!is_installed(&trial->copies.at[i], packages))
            put_copy(out, line->stage, "", line->sources, line->source_count, line->to,
                     trials->arena);
    }
    for (size_t i = 0; i < trial->lacks.count; i++)
        fprintf(out, "# it may look for %s, which neither the base nor a stage has\n",
                trial->lacks.at[i]);
    for (size_t i = 0; i < trials->artifacts->left.count; i++)
        fprintf(out, "# not taken over: %s\n", trials->artifacts->left.at[i]);
    put_process(out, trials, trial, program);
    put = fclose(out) == 0 && put;
    const char *kept = put ? arena_string(trials->arena, text) : NULL;
    free(text);
    return kept;
}
