/* What a shell offers behind willrun: commands, their options, the words that options take. */
#include <string.h>

#include "cli/docs/docs.h"
#include "willrun/willrun.h"

bool option_takes_path(const struct option *option)
{
    static const char *const arguments[] = {"SOURCE", "FILE", "DIR", "DIR|FILE.tar", "PATH"};
    for (size_t i = 0; option->argument != NULL && i < sizeof arguments / sizeof *arguments; i++)
        if (strcmp(option->argument, arguments[i]) == 0)
            return true;
    return false;
}

static bool has(const struct command *command, const struct option *option)
{
    return (option->commands & command->bit) != 0;
}

static void put_choices(FILE *out, const struct choice *choice, char between)
{
    for (; choice->name != NULL; choice++)
        fprintf(out, "%s%c", choice->name, choice[1].name != NULL ? between : ' ');
}

/* In single quotes, on one line. */
static void put_quoted(FILE *out, const char *text, const char *also)
{
    putc('\'', out);
    for (; *text != 0; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(also, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
    putc('\'', out);
}

/* The names that explain takes: those of the rules that have a page. */
static void put_rules(FILE *out)
{
    struct willrun_rule rule;
    for (size_t i = 0; willrun_rule(i, &rule); i++)
        fprintf(out, "%s%s", i != 0 ? " " : "", rule.name);
}

void complete_bash(FILE *out)
{
    fputs("# bash completion of willrun\n_willrun()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command=${COMP_WORDS[1]} words\n"
          "    if ((COMP_CWORD == 1)); then\n        words='--help --version ",
          out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "%s ", commands[i].name);
    fputs("'\n    else\n        case $command$before in\n", out);
    for (size_t c = 0; c < command_count; c++)
        for (size_t i = 0; i < option_count; i++)
            if (has(&commands[c], &option_table[i]) && option_table[i].choices != NULL) {
                fprintf(out, "        %s--%s) words='", commands[c].name, option_table[i].name);
                put_choices(out, option_table[i].choices, ' ');
                fputs("' ;;\n", out);
            }
    fputs("        *)\n            [[ $word == -* ]] && case $command in\n", out);
    for (size_t c = 0; c < command_count; c++) {
        fprintf(out, "            %s) words='", commands[c].name);
        for (size_t i = 0; i < option_count; i++)
            if (has(&commands[c], &option_table[i]))
                fprintf(out, "--%s ", option_table[i].name);
        fputs("' ;;\n", out);
    }
    fputs("            esac\n            [[ $word != -* && $command == explain ]] && words='", out);
    put_rules(out);
    fputs("'\n            ;;\n        esac\n    fi\n"
          "    if [[ -n $words ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    fi\n"
          "    if [[ -z $words || ( $command == explain && -z ${COMPREPLY[0]-} ) ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "        compopt -o filenames 2>/dev/null\n"
          "    fi\n}\ncomplete -F _willrun willrun\n",
          out);
}

static void zsh_option(FILE *out, const struct option *option)
{
    char text[1024];
    bool repeatable = option->kind == OPTION_LIST;
    snprintf(text, sizeof text, "%s--%s%s[%s]", repeatable ? "*" : "", option->name,
             option->argument != NULL ? "=" : "", option->help);
    /* the brackets of the help would end it */
    char *help = strchr(text, '[') + 1;
    for (char *at = help; *at != 0; at++)
        if ((*at == '[' || *at == ']') && at[1] != 0)
            *at = *at == '[' ? '(' : ')';
    fputs("            ", out);
    put_quoted(out, text, "");
    if (option->choices != NULL) {
        fprintf(out, "':%s:(", option->name);
        put_choices(out, option->choices, ' ');
        fputs(")'", out);
    } else if (option->argument != NULL) {
        fprintf(out, "':%s:%s'", option->name, option_takes_path(option) ? "_files" : "");
    }
    fputs(" \\\n", out);
}

void complete_zsh(FILE *out)
{
    fputs("#compdef willrun\n_willrun() {\n    local -a commands=(\n", out);
    for (size_t i = 0; i < command_count; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s:%s", commands[i].name, commands[i].summary);
        fputs("        ", out);
        put_quoted(out, text, "");
        putc('\n', out);
    }
    fputs(
        "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n"
        "    fi\n    local command=$words[2]\n    shift words\n    ((CURRENT--))\n"
        "    case $command in\n",
        out);
    for (size_t c = 0; c < command_count; c++) {
        fprintf(out, "    %s)\n        _arguments \\\n", commands[c].name);
        for (size_t i = 0; i < option_count; i++)
            if (has(&commands[c], &option_table[i]))
                zsh_option(out, &option_table[i]);
        if (commands[c].bit == FOR_EXPLAIN) {
            fputs("            '*:rule:_alternative \"rules:rule:(", out);
            put_rules(out);
            fputs(")\" \"files:file:_files\"'\n        ;;\n", out);
        } else {
            fputs("            '*:path:_files'\n        ;;\n", out);
        }
    }
    fputs("    esac\n}\n_willrun \"$@\"\n", out);
}

void complete_fish(FILE *out)
{
    fputs("# fish completion of willrun\ncomplete -c willrun -n __fish_use_subcommand -f\n", out);
    for (size_t c = 0; c < command_count; c++) {
        fprintf(out, "complete -c willrun -n __fish_use_subcommand -a %s -d ", commands[c].name);
        put_quoted(out, commands[c].summary, "\\");
        putc('\n', out);
        if (commands[c].bit == FOR_EXPLAIN) {
            fprintf(out, "complete -c willrun -n '__fish_seen_subcommand_from %s' -a '",
                    commands[c].name);
            put_rules(out);
            fputs("'\n", out);
        }
        for (size_t i = 0; i < option_count; i++) {
            const struct option *option = &option_table[i];
            if (!has(&commands[c], option))
                continue;
            fprintf(out, "complete -c willrun -n '__fish_seen_subcommand_from %s' -l %s",
                    commands[c].name, option->name);
            if (option->letter != 0)
                fprintf(out, " -s %c", option->letter);
            if (option->argument != NULL)
                fputs(option_takes_path(option) ? " -r" : " -x", out);
            if (option->choices != NULL) {
                fputs(" -a '", out);
                put_choices(out, option->choices, ' ');
                putc('\'', out);
            }
            fputs(" -d ", out);
            put_quoted(out, option->help, "\\");
            putc('\n', out);
        }
    }
}
