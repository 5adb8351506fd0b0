#include "plan/stage_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/stages.h"
#include "report/json_writer.h"

/* A word that a Dockerfile's line takes as it is. */
static bool is_plain(const char *word)
{
    return word[strcspn(word, " \t\n\r\"'\\$*?[]#<")] == 0;
}

/* ["a", "b"], on one line. */
static void put_list(FILE *out, const char *const *words, size_t count)
{
    struct json json = {.out = out, .flat = 1};
    putc('[', out);
    for (size_t i = 0; i < count; i++) {
        char *text = NULL;
        size_t size;
        FILE *word = open_memstream(&text, &size);
        if (word == NULL)
            return;
        json = (struct json){.out = word, .compact = true};
        json_text(&json, NULL, words[i]);
        fclose(word);
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

static bool put_given(FILE *out, const struct willrun *willrun, struct arena *arena,
                      struct err *err)
{
    for (size_t i = 0; i < willrun->copies.count; i++) {
        struct copy_request request;
        if (!copy_parse(willrun->copies.at[i], arena, &request, err))
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

const char *stage_text(const struct willrun *willrun, const struct artifacts *artifacts,
                       const struct willrun_candidate *candidate, const char *user,
                       const char *entrypoint, struct arena *arena, struct err *err)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        err_set(err, WILLRUN_ENOMEM, "out of memory");
        return NULL;
    }
    fprintf(out, "FROM %s\n", candidate->image);
    bool put = put_given(out, willrun, arena, err);
    for (size_t i = 0; i < artifacts->list.count; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        put_copy(out, artifact->stage, artifact->open ? "" : " --chmod=755", &artifact->source, 1,
                 artifact->to, arena);
    }
    for (size_t i = 0; i < candidate->copy_count; i++) {
        const struct willrun_copy_line *line = &candidate->copies[i];
        put_copy(out, line->stage, "", line->sources, line->source_count, line->to, arena);
    }
    fprintf(out, "USER %s\n", user);
    if (entrypoint != NULL) {
        fputs("ENTRYPOINT ", out);
        put_list(out, &entrypoint, 1);
        putc('\n', out);
    }
    put = fclose(out) == 0 && put;
    const char *kept = put ? arena_string(arena, text) : NULL;
    free(text);
    return kept;
}
