#include "explain/signs.h"

#include <stdlib.h>
#include <string.h>

#include "explain/symbols.h"

const char *sign_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != 0 ? slash + 1 : path;
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), own = strlen(suffix);
    return length >= own && strcmp(text + length - own, suffix) == 0;
}

static bool ends_with_one(const char *text, const char *const *suffixes)
{
    for (; *suffixes != NULL; suffixes++)
        if (ends(text, *suffixes))
            return true;
    return false;
}

static bool has_one(const char *text, const char *const *parts)
{
    for (; text != NULL && *parts != NULL; parts++)
        if (strstr(text, *parts) != NULL)
            return true;
    return false;
}

/* ---- of what execve was given ---- */

static bool ends_in_return(const char *text)
{
    return text != NULL && (ends(text, "\\r") || ends(text, "^M") || ends(text, "^m"));
}

static bool CARRIAGE_RETURN(const struct reading *reading)
{
    return ends_in_return(reading->at[CAPTURE_PATH]);
}

static bool CARRIAGE_RETURN_INTERPRETER(const struct reading *reading)
{
    return ends_in_return(reading->at[CAPTURE_INTERPRETER]);
}

static bool LOADER_PATH(const struct reading *reading)
{
    static const char *const names[] = {"ld-linux", "ld-musl", "ld64.so", NULL};
    const char *path = reading->at[CAPTURE_PATH];
    return path != NULL && has_one(sign_last_part(path), names);
}

static bool SLASH(const struct reading *reading)
{
    const char *path = reading->at[CAPTURE_PATH];
    return path != NULL && strchr(path, '/') != NULL;
}

static bool SCRIPT_NAME(const struct reading *reading)
{
    static const char *const suffixes[] = {".sh", ".bash", ".py",  ".rb",
                                           ".pl", ".js",   ".ksh", NULL};
    static const char *const names[] = {"entrypoint", "entry-point", "wrapper",
                                        "gradlew",    "mvnw",        NULL};
    const char *path = reading->at[CAPTURE_PATH];
    /* ./run is the script of a service of s6 or runit */
    return path != NULL && (ends_with_one(path, suffixes) || strcmp(path, "./run") == 0 ||
                            has_one(sign_last_part(path), names));
}

/* "sh: 1: run.sh: not found": dash and busybox say the same of a script whose interpreter is not
 * there as of one that is nowhere; bash says of the latter alone that it is a command. */
static bool is_script_by_sh(const struct reading *reading)
{
    const char *form = form_text(reading->form);
    return reading->form->family == FAMILY_SHELL_GONE && SCRIPT_NAME(reading) &&
           ends(form, ": not found");
}

/* "exec x: …" of a runtime: it has found the file in PATH before, or had said that it did not. And
 * a script that an image has its init or its shell start was put there. */
static bool is_looked_up(const struct reading *reading)
{
    enum speaker speaker = reading->form->speaker;
    return families[reading->form->family].group == GROUP_GONE &&
           ((speaker == SPEAKER_RUNTIME && begins(form_text(reading->form), "exec ")) ||
            (speaker == SPEAKER_INIT && SCRIPT_NAME(reading)) || is_script_by_sh(reading));
}

static bool BARE_NAME(const struct reading *reading)
{
    return reading->at[CAPTURE_PATH] != NULL && !SLASH(reading) && !is_looked_up(reading);
}

/* An entry point that a runtime does not find in PATH: a Dockerfile has put it there. */
static bool SCRIPT_IN_PATH(const struct reading *reading)
{
    static const char *const names[] = {"entrypoint", "entry-point", NULL};
    return reading->form->family == FAMILY_NOT_IN_PATH && BARE_NAME(reading) &&
           has_one(reading->at[CAPTURE_PATH], names);
}

/* "sh: /run.sh: not found", "a.sh: line 5: ./run.sh: not found": bash says "No such file or
 * directory", and dash has the number of a line without that word. */
static bool SCRIPT_BY_BUSYBOX(const struct reading *reading)
{
    const char *form = form_text(reading->form); /* "ash: …" too */
    return SCRIPT_NAME(reading) &&
           (ends(form, "sh: {path}: not found") || ends(form, "sh: {path} not found") ||
            strcmp(form, "line {number}: {path}: not found") == 0);
}

/* A program that starts what it is told to, as those that wait for webhooks do. A report can have
 * "<path of the script>" in the name's place. */
static bool SCRIPT_BY_PROGRAM(const struct reading *reading)
{
    const char *hidden = strchr(reading->line.folded, '<');
    return reading->form->speaker == SPEAKER_GO &&
           (SCRIPT_NAME(reading) || (hidden != NULL && strstr(hidden, "script") != NULL));
}

/* "bash: run.sh: No such file", "a.sh: line 5: run.sh: No such file": bash has read its first line.
 */
static bool SCRIPT_BY_BASH(const struct reading *reading)
{
    const char *form = form_text(reading->form);
    return SCRIPT_NAME(reading) &&
           (strcmp(form, "bash: {path}: no such file or directory") == 0 ||
            strcmp(form, "line {number}: {path}: no such file or directory") == 0);
}

/* "[/usr/bin/tini," */
static bool LIST_WORD(const struct reading *reading)
{
    const char *path = reading->at[CAPTURE_PATH];
    return path != NULL && (path[0] == '[' || ends(path, "]"));
}

static bool VIRTUAL_ENVIRONMENT(const struct reading *reading)
{
    static const char *const parts[] = {"venv/bin/", "virtualenv", "/env/bin/", NULL};
    return has_one(reading->at[CAPTURE_PATH], parts);
}

static bool PYTHON_OF_ENVIRONMENT(const struct reading *reading)
{
    return VIRTUAL_ENVIRONMENT(reading) &&
           begins(sign_last_part(reading->at[CAPTURE_PATH]), "python");
}

/* Before there was runc, Docker and its libcontainer told so. */
static bool BEFORE_RUNC(const struct reading *reading)
{
    static const char *const parts[] = {"] system error: ", "cannot start container", NULL};
    return has_one(reading->line.folded, parts);
}

/* A program of the container that executes a file itself; a shell but fish would have read a script
 * without #!. A function of AWS Lambda is started by what is outside. */
static bool STARTED_INSIDE(const struct reading *reading)
{
    enum speaker speaker = reading->form->speaker;
    const char *path = reading->at[CAPTURE_PATH];
    if (path != NULL && begins(path, "/var/task/"))
        return false;
    return speaker == SPEAKER_GO || speaker == SPEAKER_ENV || speaker == SPEAKER_PROGRAM ||
           begins(form_text(reading->form), "failed to execute process ") ||
           (speaker != SPEAKER_RUNTIME && SCRIPT_NAME(reading));
}

static bool NAMED_FOR_PLATFORM(const struct reading *reading)
{
    static const char *const parts[] = {"amd64", "arm64",   "x86_64", "x86-64", "aarch64",
                                        "armhf", "linux64", "armv7",  "i386",   NULL};
    return has_one(reading->at[CAPTURE_PATH], parts);
}

/* Calls that Docker's filters of their day did not know. */
static bool CALL_OF_LATE(const struct reading *reading)
{
    static const char *const calls[] = {"clone3", "openat2", "faccessat2", "rseq", "fsmount", NULL};
    return has_one(reading->line.folded, calls);
}

static bool NAMELESS(const struct reading *reading)
{
    return reading->at[CAPTURE_PATH] == NULL && reading->form->speaker == SPEAKER_KERNEL;
}

/* Where official images have their entry point. */
static bool OFFICIAL_SCRIPT(const struct reading *reading)
{
    const char *path = reading->at[CAPTURE_PATH];
    return path != NULL && begins(path, "/usr/local/bin/docker-") && SCRIPT_NAME(reading);
}

/* A program that distributions have in a folder of PATH. Of a runtime that starts a container it
 * says nothing: it has looked for the file before. */
static bool SYSTEM_PROGRAM(const struct reading *reading)
{
    static const char *const folders[] = {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"};
    static const char *const names[] = {"sh",   "bash", "ash",     "dash",      "zsh",  "env",
                                        "tini", "cat",  "sleep",   "python",    "perl", "python3",
                                        "node", "java", "busybox", "dumb-init", "ruby", "php",
                                        "ls",   "cp",   "mkdir",   "rm",        "sed",  "grep"};
    const char *path = reading->at[CAPTURE_PATH];
    if (path == NULL || (families[reading->form->family].group == GROUP_GONE &&
                         reading->form->speaker == SPEAKER_RUNTIME))
        return false;
    const char *name = sign_last_part(path);
    bool known = false, there = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known |= strcmp(names[i], name) == 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        there |= begins(path, folders[i]) && path + strlen(folders[i]) == name;
    return known && there;
}

/* Where the words are the same for a file that is opened: is it called as data is? */
static bool DATA_FILE(const struct reading *reading)
{
    static const char *const endings[] = {".log",
                                          ".conf",
                                          ".cfg",
                                          ".ini",
                                          ".json",
                                          ".yml",
                                          ".yaml",
                                          ".toml",
                                          ".txt",
                                          ".csv",
                                          ".xml",
                                          ".pid",
                                          ".lock",
                                          ".sock",
                                          ".db",
                                          ".env",
                                          ".sqlite",
                                          ".key",
                                          ".pem",
                                          ".crt",
                                          ".tmp",
                                          ".md",
                                          ".html",
                                          ".properties",
                                          "/etc/passwd",
                                          "/etc/group",
                                          "/etc/hosts",
                                          "/etc/resolv.conf",
                                          "/etc/environment",
                                          NULL};
    const char *path = reading->at[CAPTURE_PATH];
    bool opened = reading->form->family == FAMILY_SHELL_DENIED ||
                  reading->form->family == FAMILY_FILE_OR_COMMAND_GONE;
    return opened && path != NULL &&
           (ends_with_one(path, endings) || begins(path, "/dev/") || begins(path, "/proc/") ||
            begins(path, "/sys/"));
}

static bool OTHER_PLATFORM_TOLD(const struct reading *reading)
{
    return (reading->groups & GROUP_PLATFORM) != 0;
}

/* ---- of a library ---- */

static bool LOADER_OF_GLIBC(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    if (object == NULL)
        return false;
    object = sign_last_part(object);
    return begins(object, "ld-linux") ||
           (reading->form->speaker == SPEAKER_MUSL && soname_is_glibc_only(object));
}

static bool LIBC_OF_MUSL(const struct reading *reading)
{
    static const char *const names[] = {"libc.musl-", "ld-musl-", NULL};
    return has_one(reading->at[CAPTURE_OBJECT], names);
}

/* "prog: error while loading shared libraries: …": a loader tells of a program that it starts, and
 * so that program is for its own libc, whatever it is called. */
static bool is_started(const struct reading *reading)
{
    return strstr(reading->line.folded, ": error while loading shared libraries") != NULL;
}

static bool NAMED_FOR_OTHER_LIBC(const struct reading *reading)
{
    static const char *const glibc[] = {"-gnu", "glibc",    "manylinux", "_gnu",
                                        ".gnu", "linux64/", NULL};
    static const char *const musl[] = {"musl", "alpine", NULL};
    static const char *const cpython[] = {".cpython-", ".pypy", NULL};
    const char *const *other = reading->form->speaker == SPEAKER_MUSL    ? glibc
                               : reading->form->speaker == SPEAKER_GLIBC ? musl
                                                                         : NULL;
    /* CPython called its modules so on musl too, up to 3.10 */
    if (other == glibc && has_one(reading->at[CAPTURE_NEEDED_BY], cpython))
        return false;
    return other != NULL &&
           ((!is_started(reading) && has_one(reading->at[CAPTURE_NEEDED_BY], other)) ||
            has_one(reading->at[CAPTURE_OBJECT], other));
}

static bool NAMED_FOR_MUSL(const struct reading *reading)
{
    static const char *const parts[] = {"-musl", "_musl", "musl-", NULL};
    return has_one(reading->at[CAPTURE_NEEDED_BY], parts);
}

/* Those that distributions build with an ABI note of a late kernel. */
static bool ABI_NOTE_LIBRARY(const struct reading *reading)
{
    static const char *const names[] = {"libQt5Core.so.5", "libQt5Core-", NULL};
    return has_one(reading->at[CAPTURE_OBJECT], names);
}

/* The bytes of a program's or a library's name before its version and suffix. */
static size_t bare_length(const char *name)
{
    size_t length = strcspn(name, "0123456789");
    const char *suffix = strstr(name, ".so");
    if (suffix != NULL && (size_t)(suffix - name) < length)
        length = (size_t)(suffix - name);
    return length > 0 && name[length - 1] == '-' ? length - 1 : length;
}

/* openconnect needs libopenconnect.so.5, python3.8 libpython3.8.so.1.0, nvidia-container-cli
 * libnvidia-container.so.1: program and library are of one build. */
static bool is_own(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY], *object = reading->at[CAPTURE_OBJECT];
    if (by == NULL || object == NULL || !begins(object, "lib") || strstr(by, ".so") != NULL)
        return false;
    by = sign_last_part(by);
    size_t length = bare_length(object + 3);
    return length > 0 && strncmp(object + 3, by, length) == 0 &&
           (length == bare_length(by) || by[length] == '-' || by[length] == '_');
}

static bool OLD_SONAME(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && !is_own(reading) && soname_is_old(sign_last_part(object));
}

/* In a folder of programs that packages alone bring. */
static bool is_packaged(const char *by)
{
    return by != NULL && (begins(by, "/usr/bin/") || begins(by, "/usr/sbin/"));
}

/* Other distributions have had such releases: a packaged program is theirs. */
static bool RELEASE_OF_NO_PACKAGE(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && reading->form->speaker != SPEAKER_MUSL && /* it has no cache */
           !is_packaged(reading->at[CAPTURE_NEEDED_BY]) &&
           soname_is_of_no_release(sign_last_part(object));
}

/* Of few programs: what needs it is its own or was built beside it. */
static bool is_rare(const struct reading *reading)
{
    return OLD_SONAME(reading) && !soname_is_common(sign_last_part(reading->at[CAPTURE_OBJECT]));
}

/* "/server": where a Dockerfile without folders puts a program. */
static bool is_at_root(const char *path)
{
    return path[0] == '/' && strchr(path + 1, '/') == NULL;
}

/* Not openssl, which needs libssl: who built the one has built the other. */
static bool OF_AN_EARLIER_STAGE(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY], *object = reading->at[CAPTURE_OBJECT];
    if (by == NULL || !OLD_SONAME(reading) || !begins(object, "lib"))
        return false;
    return (is_at_root(by) && is_rare(reading)) ||
           (is_started(reading) && begins(by, "/usr/local/bin/") &&
            memmem(by, strlen(by), object + 3, bare_length(object + 3)) == NULL);
}

/* "arv-tool: error …: libaravis-0.6.so.0". */
static bool RARE_LIBRARY(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    return by != NULL && reading->form->speaker != SPEAKER_MUSL && strstr(by, ".so") == NULL &&
           (strchr(by, '/') == NULL || begins(by, "./")) && is_rare(reading);
}

/* "/tmp/libduckdb123.so: …": where such parts are unpacked to. */
static bool is_unpacked(const char *message)
{
    size_t length = strcspn(message, ": ");
    return begins(message, "/tmp/") && message[length] == ':' && length > 3 &&
           strncmp(message + length - 3, ".so", 3) == 0;
}

/* A runtime that loads native parts by name told of it, or the file lies where such parts are
 * unpacked to, and no other file needs it. */
static bool OPENED_BY_PROGRAM(const struct reading *reading)
{
    const unsigned callers = 1u << SPEAKER_DOTNET | 1u << SPEAKER_PYTHON | 1u << SPEAKER_PROGRAM;
    return reading->opened || (reading->callers & callers) != 0 ||
           (reading->at[CAPTURE_NEEDED_BY] == NULL && is_unpacked(reading->line.shown));
}

/* The compiler's own: files need them, no program opens them by name. */
static bool is_of_compiler(const char *object)
{
    static const char *const names[] = {
        "libgomp.so.",   "libgcc_s.so.", "libstdc++.so.", "libgfortran.so.", "libquadmath.so.",
        "libatomic.so.", "libc++.so.",   "libc++abi.so.", "libomp.so.",      NULL};
    return has_one(object, names);
}

/* What a program opens was found, and what is missing is what that needs: .NET adds no version to a
 * name, and names once more what the program gave. */
static bool NEEDED_BY_OPENED(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    const bool dotnet = (reading->callers & 1u << SPEAKER_DOTNET) != 0;
    if (object == NULL || reading->opened)
        return false;
    if (reading->needed)
        return true;
    return dotnet ? strstr(object, ".so.") != NULL
                  : (reading->callers & 1u << SPEAKER_PYTHON) != 0 && is_of_compiler(object);
}

/* A loader that starts a program looks for names; a path comes from dlopen. */
static bool OPENED_BY_PATH(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && object[0] == '/' && reading->at[CAPTURE_NEEDED_BY] == NULL;
}

static bool BESIDE_GLIBC(const struct reading *reading)
{
    return reading->beside_glibc;
}

/* A program that embeds Python uses the distribution's own: python alone brings its library. */
static bool embeds_python(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    return begins(sign_last_part(reading->at[CAPTURE_OBJECT]), "libpython") && by != NULL &&
           strstr(sign_last_part(by), "python") == NULL;
}

static bool PRIVATE_LIBRARY(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && soname_is_private(sign_last_part(object)) && !embeds_python(reading);
}

/* Below /opt, or a folder of /usr/local that is not one of those that all share. */
static bool is_own_prefix(const char *path)
{
    static const char local[] = "/usr/local/";
    static const char *const shared[] = {"bin/", "sbin/", "lib/", "lib64/", "libexec/", "games/"};
    if (!begins(path, local))
        return begins(path, "/opt/");
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (begins(path + strlen(local), shared[i]))
            return false;
    return true;
}

/* /usr/local/ssl/bin/openssl needs libssl: what a prefix of its own has is in that prefix. */
static bool OWN_PREFIX(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY], *object = reading->at[CAPTURE_OBJECT];
    if (by == NULL || object == NULL || !is_own_prefix(by) || strstr(by, "bin/") == NULL)
        return false;
    const char *name = sign_last_part(object);
    char stem[64];
    name += begins(name, "lib") ? 3 : 0;
    size_t length = strcspn(name, ".-");
    if (length < 3 || length >= sizeof stem)
        return false;
    memcpy(stem, name, length);
    stem[length] = 0;
    return strstr(by, stem) != NULL;
}

static bool ADDON_OF_ADDON(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && reading->at[CAPTURE_NEEDED_BY] != NULL && ends(object, ".node");
}

static bool OWN_LIBRARY(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    return is_own(reading) && (strchr(by, '/') == NULL || begins(by, "./"));
}

static bool LIBRARY_OF_NO_PACKAGE(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && reading->form->speaker != SPEAKER_MUSL && /* it has no cache */
           soname_is_of_no_package(sign_last_part(object));
}

/* In no folder of PATH that all programs share. */
static bool is_apart(const char *path)
{
    static const char *const shared[] = {"/bin/",      "/sbin/",          "/usr/bin/",
                                         "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (begins(path, shared[i]))
            return false;
    return strchr(path, '/') != NULL;
}

/* What no package has lies beside the program, where that is in a place of its own. Under a name
 * without a version it was not installed for others to find. */
static bool LIBRARY_OF_THE_BUILD(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY], *object = reading->at[CAPTURE_OBJECT];
    if (object == NULL || !soname_is_of_no_package(sign_last_part(object)))
        return false;
    return by != NULL ? is_apart(by) : strstr(object, ".so.") == NULL;
}

/* A function of AWS Lambda lies in /var/task, and its layers in /opt. */
static bool OF_A_FUNCTION(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    return by != NULL && begins(by, "/var/task/");
}

static bool has_version(const char *object)
{
    return strstr(object, ".so.") != NULL;
}

static bool NAME_OF_NO_FILE(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && strstr(object, ".so") == NULL && strchr(object, '.') == NULL &&
           reading->at[CAPTURE_NEEDED_BY] == NULL;
}

static bool OWN_LIBRARY_ON_MUSL(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && reading->form->speaker == SPEAKER_MUSL &&
           reading->at[CAPTURE_NEEDED_BY] != NULL &&
           soname_is_of_no_package(sign_last_part(object));
}

/* "tool: error …", "./tool: error …", "/usr/local/bin/tool: error …". */
static bool BUILT_HERE(const struct reading *reading)
{
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    if (by == NULL || reading->form->speaker == SPEAKER_MUSL || strstr(by, ".so") != NULL)
        return false;
    return strchr(by, '/') == NULL || begins(by, "./") || begins(by, "/usr/local/bin/");
}

static bool NAME_TO_OPEN(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && reading->at[CAPTURE_NEEDED_BY] == NULL && !has_version(object);
}

static bool NAME_WITH_VERSION(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && has_version(object);
}

/* "libruby.so.3.2: cannot open … - /…/stringio.so (LoadError)": ruby itself runs. */
static bool LIBRARY_OF_OTHER_RUBY(const struct reading *reading)
{
    const char *object = reading->at[CAPTURE_OBJECT];
    return object != NULL && begins(object, "libruby.so.") &&
           strstr(reading->line.folded, "loaderror") != NULL;
}

static bool MODULE_OF_OTHER_SYSTEM(const struct reading *reading)
{
    static const char *const names[] = {".node", "node_modules", NULL};
    return reading->form->family != FAMILY_LIBRARY_MACHINE &&
           has_one(reading->at[CAPTURE_OBJECT], names);
}

/* ---- of a symbol ---- */

/* The file that musl's loader tells of. */
static const char *relocated(const struct reading *reading)
{
    return families[reading->form->family].group == GROUP_MIX ? reading->at[CAPTURE_OBJECT]
                                                              : reading->at[CAPTURE_NEEDED_BY];
}

static bool RUN_OF_LDD(const struct reading *reading)
{
    return (reading->callers & 1u << SPEAKER_LDD) != 0;
}

/* libc-2.23.so, …/glibc-compat/lib/libm.so.6: not its loader, which musl's can be put in place of.
 */
static bool PART_OF_GLIBC(const struct reading *reading)
{
    static const char *const parts[] = {"libc-2.", "libc.so.6", "glibc-compat/lib/lib", NULL};
    return reading->form->speaker == SPEAKER_MUSL && has_one(relocated(reading), parts);
}

static bool SYMBOL_OF_GLIBC(const struct reading *reading)
{
    const char *symbol = reading->at[CAPTURE_SYMBOL];
    return symbol != NULL && symbol_is_glibc_only(symbol);
}

static bool STATIC_PROGRAM(const struct reading *reading)
{
    return strstr(reading->line.folded, "static") != NULL;
}

/* Neither a library nor an addon needs it, and it is glibc's. */
static bool OF_A_PROGRAM_FOR_GLIBC(const struct reading *reading)
{
    static const char *const parts[] = {".node", "_extension", "site-packages", "/tmp/", NULL};
    const char *by = reading->at[CAPTURE_NEEDED_BY];
    return by != NULL && SYMBOL_OF_GLIBC(reading) && !has_one(by, parts);
}

static bool SYMBOL_OF_NEWER_MUSL(const struct reading *reading)
{
    const char *symbol = reading->at[CAPTURE_SYMBOL];
    return symbol != NULL && symbol_late_musl(symbol) != NULL;
}

static bool SYMBOL_OF_NEWER_LIBSTDCXX(const struct reading *reading)
{
    const char *symbol = reading->at[CAPTURE_SYMBOL];
    return symbol != NULL && symbol_late_libstdcxx(symbol) != NULL;
}

static bool SYMBOL_OF_LIBSTDCXX(const struct reading *reading)
{
    const char *symbol = reading->at[CAPTURE_SYMBOL];
    return symbol != NULL && symbol_is_libstdcxx(symbol);
}

static bool VERSION_OF_GLIBC(const struct reading *reading)
{
    const char *version = reading->at[CAPTURE_VERSION];
    return version != NULL && begins(version, "GLIBC") && !begins(version, "GLIBC_PRIVATE");
}

const struct clue clues[] = {
#define CLUE(sign, groups, cause, confidence, evidence)                                            \
    {sign, groups, CAUSE_##cause, WILLRUN_##confidence, evidence, false},
#define LATE_CLUE(sign, groups, cause, evidence)                                                   \
    {sign, groups, CAUSE_##cause, WILLRUN_POSSIBLE, evidence, true},
#include "clues.def"
#undef CLUE
#undef LATE_CLUE
};
const size_t clue_count = sizeof clues / sizeof *clues;
