/* A diff for a comment on a change: GitHub's Markdown. */
#include "report/diff_parts.h"
#include "report/markup.h"
#include "willrun/willrun.h"

static void put_root(FILE *out, const struct willrun_result *result)
{
    const struct willrun_target *target = &result->targets[0];
    fputs("**", out);
    markdown_put(out, target->root);
    fputs("**", out);
    if (target->libc != WILLRUN_LIBC_NONE)
        fprintf(out, " (%s %s)", willrun_libc_name(target->libc),
                target->libc_version != NULL ? target->libc_version : "");
}

static void put_change(FILE *out, const struct willrun_change *change)
{
    const struct willrun_finding *before = deciding_finding(change->before);
    const struct willrun_finding *after = deciding_finding(change->after);
    const struct willrun_finding *tells = after != NULL ? after : before;
    fputs("| ", out);
    markdown_put(out, change->path);
    fprintf(out, " | %s | ", change_words[change->kind].says);
    if (after == NULL && before != NULL)
        fputs("before: ", out);
    if (tells != NULL)
        markdown_put(out, tells->message);
    fputs(" | ", out);
    if (after != NULL && after->fix != NULL)
        markdown_put(out, after->fix);
    fputs(" |\n", out);
}

static void put_changes(FILE *out, const struct willrun_diff *diff)
{
    bool any = false;
    for (size_t i = 0; i < diff->change_count; i++) {
        if (!change_is_listed(&diff->changes[i]))
            continue;
        if (!any)
            fputs("\n| Subject | Change | Reason | Fix |\n|---|---|---|---|\n", out);
        any = true;
        put_change(out, &diff->changes[i]);
    }
    if (!any)
        fputs("\nNo subject starts to fail or to work.\n", out);
}

static void put_library(FILE *out, const struct willrun_library *library)
{
    char words[256];
    library_words(library, "→", words, sizeof words);
    fputs("| ", out);
    markdown_put(out, library->name);
    fputs(" | ", out);
    markdown_put(out, words);
    fputs(" | ", out);
    for (size_t i = 0; i < library->versions_gone_count; i++) {
        fputs(i == 0 ? "" : ", ", out);
        markdown_put(out, library->versions_gone[i]);
    }
    fputs(" |\n", out);
}

void diff_markdown(const struct willrun_diff *diff, FILE *out)
{
    fputs("### willrun: ", out);
    put_root(out, diff->before);
    fputs(" → ", out);
    put_root(out, diff->after);
    fputs("\n\n", out);
    for (size_t i = 0; i < WILLRUN_CHANGE_KINDS; i++)
        if (diff->counts[i] != 0)
            fprintf(out, "%zu %s, ", diff->counts[i], change_words[i].name);
    fprintf(out, "%zu as before.\n", diff->same);
    put_changes(out, diff);
    if (diff->library_count == 0)
        return;
    fprintf(out,
            "\n<details><summary>%zu libraries that the subjects load change</summary>\n\n"
            "| Library | Version | Symbol versions gone |\n|---|---|---|\n",
            diff->library_count);
    for (size_t i = 0; i < diff->library_count; i++)
        put_library(out, &diff->libraries[i]);
    fputs("\n</details>\n", out);
}
