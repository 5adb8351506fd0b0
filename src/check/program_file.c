#include "check/program_file.h"

#include <stddef.h>
#include <string.h>

/* ---- the interpreters ---- */

static const char *const of_node[] = {".js", ".json", ".node", NULL};
static const char *const no_endings[] = {NULL};

/* By their manuals: sh(1) of dash, bash(1), python3(1), node(1), perl(1), ruby(1), java(1). */
static const struct interpreter {
    const char *name;   /* with a star: and any version behind it */
    const char *valued; /* options that take the next word, apart by blanks */
    const char *other;  /* options that take the program's place: -c TEXT, -m MODULE */
    const char *plain;  /* long options without a value, by how they begin */
    const char *const *endings;
} interpreters[] = {
    {"sh", "-o +o", "-c -s", "", no_endings},
    {"dash", "-o +o", "-c -s", "", no_endings},
    {"ash", "-o +o", "-c -s", "", no_endings},
    {"bash", "-o +o -O +O --rcfile --init-file", "-c -s", "--login --norc --noprofile --posix",
     no_endings},
    {"python*", "-W -X --check-hash-based-pycs", "-c -m -", "", no_endings},
    {"pypy*", "-W -X", "-c -m -", "", no_endings},
    {"perl*", "-I", "-e -E", "", no_endings},
    {"ruby*", "-I -r -C", "-e", "--yjit --jit --enable --disable", no_endings},
    {"node*", "-r --require --import --loader --experimental-loader --env-file -C --conditions",
     "-e --eval -p --print -i --interactive --test --run -",
     "--no- --experimental- --enable- --trace- --inspect --expose --watch --harmony --use- "
     "--preserve- --throw- --abort-",
     of_node},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_called(const char *name, const char *row)
{
    size_t length = strcspn(row, "*");
    return strncmp(name, row, length) == 0 &&
           (row[length] == '*' ? name[length + strspn(name + length, "0123456789.")] == '\0'
                               : name[length] == '\0');
}

static const struct interpreter *find(const char *program)
{
    for (size_t i = 0; i < sizeof interpreters / sizeof *interpreters; i++)
        if (is_called(base_name(program), interpreters[i].name))
            return &interpreters[i];
    return NULL;
}

/* ---- options ---- */

/* Is `word` one of `words`, or does it begin as one of them? */
static bool is_in(const char *words, const char *word, bool begins)
{
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        if (strncmp(words, word, length) == 0 && (begins || word[length] == '\0'))
            return true;
        words += length + (words[length] == ' ');
    }
    return false;
}

/* How many words the option takes; 0: what follows it is no file, or cannot be told. */
static size_t option_words(const struct interpreter *interpreter, const char *word)
{
    if (is_in(interpreter->other, word, false) || strcmp(word, "--") == 0)
        return 0;
    if (is_in(interpreter->valued, word, false))
        return 2;
    if (word[1] == '-')
        return strchr(word, '=') != NULL || is_in(interpreter->plain, word, true);
    /* letters in one word: one of them may take the next */
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const char option[] = {'-', *letter, '\0'};
        if (is_in(interpreter->other, option, false))
            return 0;
        if (is_in(interpreter->valued, option, false))
            return letter[1] != '\0' ? 1 : 2;
    }
    return 1;
}

/* ---- the question ---- */

static const char *file_of_java(const char *const *argv)
{
    for (argv++; *argv != NULL && **argv == '-'; argv++)
        if (strcmp(*argv, "-jar") == 0)
            return argv[1];
    return NULL;
}

/* What has another ending is a command of the SDK (hostfxr's muxer). */
static const char *file_of_dotnet(const char *const *argv)
{
    const char *file = argv[1] != NULL && strcmp(argv[1], "exec") == 0 ? argv[2] : argv[1];
    size_t length = file != NULL ? strlen(file) : 0;
    const char *ending = length > 4 ? file + length - 4 : "";
    return strcmp(ending, ".dll") == 0 || strcmp(ending, ".exe") == 0 ? file : NULL;
}

static bool is_a_file(const char *word)
{
    return word != NULL && *word != '\0' && strchr(word, '$') == NULL && strchr(word, '%') == NULL;
}

bool program_is_dotnet(const char *program)
{
    return strcmp(base_name(program), "dotnet") == 0;
}

const char *program_file(const char *const *argv)
{
    const char *file = NULL;
    const struct interpreter *interpreter = find(argv[0]);
    if (strcmp(base_name(argv[0]), "java") == 0)
        file = file_of_java(argv);
    if (program_is_dotnet(argv[0]))
        file = file_of_dotnet(argv);
    if (interpreter != NULL) {
        size_t words = 1;
        for (argv++; *argv != NULL && (**argv == '-' || **argv == '+') && words != 0; argv++)
            if ((words = option_words(interpreter, *argv)) == 2 && argv[1] != NULL)
                argv++;
        file = words != 0 ? *argv : NULL;
    }
    if (file != NULL && interpreter != NULL && interpreter->endings == of_node &&
        strcmp(file, "inspect") == 0)
        return NULL;
    return is_a_file(file) ? file : NULL;
}

const char *const *program_file_endings(const char *const *argv)
{
    const struct interpreter *interpreter = find(argv[0]);
    return interpreter != NULL ? interpreter->endings : no_endings;
}
