/* execve replayed, and held to the running kernel's: each file below is put in
 * a root, executed there for real (fork, chroot, setuid, execve), and must end
 * as exec_replay says: with the same errno, killed, or running. Where the kernel
 * is not x86-64 or the test may not chroot, there is nothing to compare with. */
#include "real_exec.h"

#define LONG_A                                                                                     \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaa"                                                                                         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaa"                                                                                         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    {.path = "/s", .mode = 0755, .base = DIRECTORY},
    {.path = "/e", .mode = 0755, .base = DIRECTORY},
    {.path = "/m", .mode = 0755, .base = DIRECTORY},
    {.path = "/i", .mode = 0755, .base = DIRECTORY},

    {.path = "/exe", .mode = 0755, .base = EXE},
    {.path = "/pie", .mode = 0755, .base = PIE},
    {.path = "/ld", .mode = 0755, .base = PIE},
    {.path = "/dynamic", .mode = 0755, .base = DYNAMIC, .text = "/ld"},
    {.path = "/exe386", .mode = 0755, .base = EXE_386},
    {.path = "/ld386", .mode = 0755, .base = EXE_386},
    {.path = "/dynamic386", .mode = 0755, .base = DYN_386, .text = "/ld386"},

    /* permissions */
    {.path = "/no-x", .mode = 0644, .base = EXE},
    {.path = "/x-of-root-alone", .mode = 0700, .base = EXE},
    {.path = "/x-of-others-alone", .mode = 0001, .base = EXE},
    {.path = "/x-of-group-alone", .mode = 0010, .base = EXE},
    {.path = "/x-without-r", .mode = 0111, .base = EXE},
    {.path = "/folder", .mode = 0755, .base = DIRECTORY},
    {.path = "/folder/exe", .mode = 0755, .base = EXE},
    {.path = "/closed", .mode = 0700, .base = DIRECTORY},
    {.path = "/closed/exe", .mode = 0755, .base = EXE},
    {.path = "/fifo", .mode = 0755, .base = FIFO},
    {.path = "/link", .base = LINK, .text = "exe"},
    {.path = "/link-absolute", .base = LINK, .text = "/exe"},
    {.path = "/link-dangling", .base = LINK, .text = "nowhere"},
    {.path = "/link-loop", .base = LINK, .text = "link-loop"},
    {.path = "/link-folder", .base = LINK, .text = "folder"},

    /* no format */
    {.path = "/empty", .mode = 0755, .base = TEXT, .text = ""},
    {.path = "/words", .mode = 0755, .base = TEXT, .text = "echo hello\n"},
    {.path = "/one-byte", .mode = 0755, .base = TEXT, .text = "#"},
    {.path = "/magic-alone", .mode = 0755, .base = TEXT, .text = "\177ELF"},
    {.path = "/half-header", .mode = 0755, .base = EXE, .cut = 40},
    {.path = "/header-alone", .mode = 0755, .base = EXE, .cut = 64},
    {.path = "/phdrs-cut", .mode = 0755, .base = EXE, .cut = 100},

    /* scripts */
    {.path = "/s/plain", .mode = 0755, .base = TEXT, .text = "#!/exe\n"},
    {.path = "/s/no-newline", .mode = 0755, .base = TEXT, .text = "#!/exe"},
    {.path = "/s/argument", .mode = 0755, .base = TEXT, .text = "#! /exe  a b \n"},
    {.path = "/s/relative", .mode = 0755, .base = TEXT, .text = "#!exe\n"},
    {.path = "/s/relative-below", .mode = 0755, .base = TEXT, .text = "#!folder/exe\n"},
    {.path = "/s/relative-missing", .mode = 0755, .base = TEXT, .text = "#!plain\n"},
    {.path = "/s/missing", .mode = 0755, .base = TEXT, .text = "#!/nowhere\n"},
    {.path = "/s/crlf", .mode = 0755, .base = TEXT, .text = "#!/exe\r\n"},
    {.path = "/s/crlf-argument", .mode = 0755, .base = TEXT, .text = "#!/exe a\r\n"},
    {.path = "/s/nothing", .mode = 0755, .base = TEXT, .text = "#!\n"},
    {.path = "/s/blanks", .mode = 0755, .base = TEXT, .text = "#! \t \n"},
    {.path = "/s/two-bytes", .mode = 0755, .base = TEXT, .text = "#!"},
    {.path = "/s/blanks-no-newline", .mode = 0755, .base = TEXT, .text = "#!  "},
    {.path = "/s/no-x", .mode = 0644, .base = TEXT, .text = "#!/exe\n"},
    {.path = "/s/x-without-r", .mode = 0711, .base = TEXT, .text = "#!/exe\n"},
    {.path = "/s/to-no-x", .mode = 0755, .base = TEXT, .text = "#!/no-x\n"},
    {.path = "/s/to-root-alone", .mode = 0755, .base = TEXT, .text = "#!/x-of-root-alone\n"},
    {.path = "/s/to-folder", .mode = 0755, .base = TEXT, .text = "#!/folder\n"},
    {.path = "/s/to-below-file", .mode = 0755, .base = TEXT, .text = "#!/exe/x\n"},
    {.path = "/s/to-closed", .mode = 0755, .base = TEXT, .text = "#!/closed/exe\n"},
    {.path = "/s/to-link-loop", .mode = 0755, .base = TEXT, .text = "#!/link-loop\n"},
    {.path = "/s/to-empty", .mode = 0755, .base = TEXT, .text = "#!/empty\n"},
    {.path = "/s/to-words", .mode = 0755, .base = TEXT, .text = "#!/words\n"},
    {.path = "/s/to-other-machine", .mode = 0755, .base = TEXT, .text = "#!/e/aarch64\n"},
    {.path = "/s/to-fifo", .mode = 0755, .base = TEXT, .text = "#!/fifo\n"},
    {.path = "/s/to-dynamic", .mode = 0755, .base = TEXT, .text = "#!/dynamic\n"},
    {.path = "/s/to-386", .mode = 0755, .base = TEXT, .text = "#!/exe386\n"},
    {.path = "/s/to-bad-interp", .mode = 0755, .base = TEXT, .text = "#!/i/missing\n"},
    {.path = "/s/to-bad-script", .mode = 0755, .base = TEXT, .text = "#!/s/nothing\n"},
    {.path = "/s/itself", .mode = 0755, .base = TEXT, .text = "#!/s/itself\n"},
    {.path = "/s/chain2", .mode = 0755, .base = TEXT, .text = "#!/s/plain\n"},
    {.path = "/s/chain3", .mode = 0755, .base = TEXT, .text = "#!/s/chain2\n"},
    {.path = "/s/chain4", .mode = 0755, .base = TEXT, .text = "#!/s/chain3\n"},
    {.path = "/s/chain5", .mode = 0755, .base = TEXT, .text = "#!/s/chain4\n"},
    {.path = "/s/chain6", .mode = 0755, .base = TEXT, .text = "#!/s/chain5\n"},
    {.path = "/s/chain7", .mode = 0755, .base = TEXT, .text = "#!/s/chain6\n"},
    {.path = "/s/lost2", .mode = 0755, .base = TEXT, .text = "#!/s/missing\n"},
    {.path = "/s/lost3", .mode = 0755, .base = TEXT, .text = "#!/s/lost2\n"},
    {.path = "/s/lost4", .mode = 0755, .base = TEXT, .text = "#!/s/lost3\n"},
    {.path = "/s/lost5", .mode = 0755, .base = TEXT, .text = "#!/s/lost4\n"},
    {.path = "/s/lost6", .mode = 0755, .base = TEXT, .text = "#!/s/lost5\n"},
    {.path = "/s/lost7", .mode = 0755, .base = TEXT, .text = "#!/s/lost6\n"},
    /* 240 a's in a name of the file system, behind /./././ */
    {.path = "/" LONG_A, .mode = 0755, .base = EXE},
    {.path = "/s/newline-254th", .mode = 0755, .base = TEXT, .text = "#!//////////" LONG_A "\n#"},
    {.path = "/s/newline-256th",
     .mode = 0755,
     .base = TEXT,
     .text = "#!/////////////" LONG_A "\n#"},
    {.path = "/s/newline-257th",
     .mode = 0755,
     .base = TEXT,
     .text = "#!//////////////" LONG_A "\n#"},
    {.path = "/s/blank-256th", .mode = 0755, .base = TEXT, .text = "#!/////////////" LONG_A " a\n"},
    {.path = "/s/blank-257th",
     .mode = 0755,
     .base = TEXT,
     .text = "#!//////////////" LONG_A " a\n"},
    {.path = "/s/argument-cut", .mode = 0755, .base = TEXT, .text = "#!/exe " LONG_A LONG_A "\n"},

    /* ELF headers */
    {.path = "/e/rel", .mode = 0755, .base = EXE, .poke = {{16, 2, ET_REL}}},
    {.path = "/e/core", .mode = 0755, .base = EXE, .poke = {{16, 2, ET_CORE}}},
    {.path = "/e/none", .mode = 0755, .base = EXE, .poke = {{16, 2, ET_NONE}}},
    {.path = "/e/aarch64", .mode = 0755, .base = EXE, .poke = {{18, 2, EM_AARCH64}}},
    {.path = "/e/s390-swapped", .mode = 0755, .base = EXE, .poke = {{18, 2, 0x1600}}},
    {.path = "/e/no-machine", .mode = 0755, .base = EXE, .poke = {{18, 2, 0}}},
    {.path = "/e/class-lies", .mode = 0755, .base = EXE, .poke = {{4, 1, ELFCLASS32}}},
    {.path = "/e/class-zero", .mode = 0755, .base = EXE, .poke = {{4, 1, 0}}},
    {.path = "/e/data-lies", .mode = 0755, .base = EXE, .poke = {{5, 1, ELFDATA2MSB}}},
    {.path = "/e/version-zero", .mode = 0755, .base = EXE, .poke = {{6, 1, 0}, {20, 4, 0}}},
    {.path = "/e/osabi", .mode = 0755, .base = EXE, .poke = {{7, 1, ELFOSABI_SOLARIS}}},
    {.path = "/e/386-class-lies", .mode = 0755, .base = EXE_386, .poke = {{4, 1, ELFCLASS64}}},
    {.path = "/e/386-is-486", .mode = 0755, .base = EXE_386, .poke = {{18, 2, 6}}},
    {.path = "/e/386-calls-itself-amd64", .mode = 0755, .base = EXE_386, .poke = {{18, 2, 62}}},
    {.path = "/e/amd64-calls-itself-386", .mode = 0755, .base = EXE, .poke = {{18, 2, 3}}},
    {.path = "/e/phentsize-small", .mode = 0755, .base = EXE, .poke = {{54, 2, 55}}},
    {.path = "/e/phentsize-32", .mode = 0755, .base = EXE, .poke = {{54, 2, 32}}},
    {.path = "/e/phentsize-zero", .mode = 0755, .base = EXE, .poke = {{54, 2, 0}}},
    {.path = "/e/phnum-zero", .mode = 0755, .base = EXE, .poke = {{56, 2, 0}}},
    {.path = "/e/phnum-100", .mode = 0755, .base = EXE, .poke = {{56, 2, 100}}},
    {.path = "/e/phnum-past-end", .mode = 0755, .base = EXE, .poke = {{56, 2, 1000}}},
    {.path = "/e/phnum-past-limit", .mode = 0755, .base = EXE, .poke = {{56, 2, 1171}}},
    {.path = "/e/phnum-huge", .mode = 0755, .base = EXE, .poke = {{56, 2, 0xffff}}},
    {.path = "/e/phoff-past-end", .mode = 0755, .base = EXE, .poke = {{32, 8, 0x100000}}},
    {.path = "/e/phoff-negative", .mode = 0755, .base = EXE, .poke = {{32, 8, UINT64_MAX - 8}}},

    /* mapping */
    {.path = "/m/no-load", .mode = 0755, .base = EXE, .poke = {{64, 4, PT_NULL}}},
    {.path = "/m/dyn-no-load", .mode = 0755, .base = PIE, .poke = {{64, 4, PT_NULL}}},
    {.path = "/m/dynamic-no-load",
     .mode = 0755,
     .spared = true,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{64, 4, PT_NULL}}},
    {.path = "/m/filesz-past-memsz", .mode = 0755, .base = EXE, .poke = {{104, 8, 0x100}}},
    {.path = "/m/offset-skewed", .mode = 0755, .base = EXE, .poke = {{72, 8, 8}}},
    {.path = "/m/past-file", .mode = 0755, .base = EXE, .poke = {{72, 8, 0x100000}}},
    {.path = "/m/cut-in-code", .mode = 0755, .base = EXE, .cut = 0x1f0},
    {.path = "/m/cut-pages",
     .mode = 0755,
     .spared = true,
     .base = EXE,
     .cut = 0x280,
     .poke = {{96, 8, 0x8000}, {104, 8, 0x8000}}},
    {.path = "/m/kernel-address",
     .mode = 0755,
     .base = EXE,
     .poke = {{80, 8, UINT64_C(0xffffffff80000000)}}},
    {.path = "/m/memsz-huge", .mode = 0755, .base = EXE, .poke = {{104, 8, UINT64_C(1) << 60}}},
    {.path = "/m/pie-memsz-huge", .mode = 0755, .base = PIE, .poke = {{104, 8, UINT64_C(1) << 60}}},
    {.path = "/m/entry-zero", .mode = 0755, .base = EXE, .poke = {{24, 8, 0}}},
    {.path = "/m/pie-entry-zero", .mode = 0755, .base = PIE, .poke = {{24, 8, 0}}},
    {.path = "/m/entry-nowhere", .mode = 0755, .base = EXE, .poke = {{24, 8, 0x900000}}},
    {.path = "/m/entry-kernel", .mode = 0755, .base = EXE, .poke = {{24, 8, UINT64_MAX - 4096}}},
    {.path = "/m/not-executable", .mode = 0755, .base = EXE, .poke = {{68, 4, PF_R}}},
    {.path = "/m/memsz-more",
     .mode = 0755,
     .base = EXE,
     .poke = {{104, 8, 0x9000}, {68, 4, PF_R | PF_W | PF_X}}},
    {.path = "/m/386-no-load", .mode = 0755, .base = EXE_386, .poke = {{52, 4, PT_NULL}}},

    /* PT_INTERP; its header is at 120 */
    {.path = "/i/missing", .mode = 0755, .base = DYNAMIC, .text = "/nowhere"},
    {.path = "/i/below-file", .mode = 0755, .base = DYNAMIC, .text = "/exe/x"},
    {.path = "/i/relative", .mode = 0755, .base = DYNAMIC, .text = "ld"},
    {.path = "/i/relative-missing", .mode = 0755, .base = DYNAMIC, .text = "i/ld"},
    {.path = "/i/no-x", .mode = 0755, .base = DYNAMIC, .text = "/no-x"},
    {.path = "/i/root-alone", .mode = 0755, .base = DYNAMIC, .text = "/x-of-root-alone"},
    {.path = "/i/closed", .mode = 0755, .base = DYNAMIC, .text = "/closed/exe"},
    {.path = "/i/folder", .mode = 0755, .base = DYNAMIC, .text = "/folder"},
    {.path = "/i/fifo", .mode = 0755, .base = DYNAMIC, .text = "/fifo"},
    {.path = "/i/empty", .mode = 0755, .base = DYNAMIC, .text = "/empty"},
    {.path = "/i/short", .mode = 0755, .base = DYNAMIC, .text = "/half-header"},
    {.path = "/i/words-short", .mode = 0755, .base = DYNAMIC, .text = "/words"},
    {.path = "/i/words", .mode = 0755, .base = DYNAMIC, .text = "/s/argument-cut"},
    {.path = "/i/link-loop", .mode = 0755, .base = DYNAMIC, .text = "/link-loop"},
    {.path = "/i/through-link", .mode = 0755, .base = DYNAMIC, .text = "/link"},
    {.path = "/i/other-machine", .mode = 0755, .base = DYNAMIC, .text = "/e/aarch64"},
    {.path = "/i/386", .mode = 0755, .base = DYNAMIC, .text = "/exe386"},
    {.path = "/i/386-with-amd64", .mode = 0755, .base = DYN_386, .text = "/ld"},
    {.path = "/i/386-missing", .mode = 0755, .base = DYN_386, .text = "/nowhere"},
    {.path = "/i/386-short", .mode = 0755, .base = DYN_386, .text = "/half-header"},
    {.path = "/i/386-with-52", .mode = 0755, .base = DYN_386, .text = "/e/header-52"},
    {.path = "/e/header-52", .mode = 0755, .base = EXE_386, .cut = 52},
    {.path = "/i/header-alone", .mode = 0755, .base = DYNAMIC, .text = "/header-alone"},
    {.path = "/i/phentsize", .mode = 0755, .base = DYNAMIC, .text = "/e/phentsize-small"},
    {.path = "/i/phnum-zero", .mode = 0755, .base = DYNAMIC, .text = "/e/phnum-zero"},
    {.path = "/i/object-file", .mode = 0755, .base = DYNAMIC, .text = "/e/rel"},
    {.path = "/i/no-load", .mode = 0755, .base = DYNAMIC, .text = "/m/no-load"},
    {.path = "/i/skewed", .mode = 0755, .base = DYNAMIC, .text = "/m/offset-skewed"},
    {.path = "/i/class-lies", .mode = 0755, .base = DYNAMIC, .text = "/e/class-lies"},
    {.path = "/i/entry-zero", .mode = 0755, .base = DYNAMIC, .text = "/m/pie-entry-zero"},
    {.path = "/i/own-entry-zero",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{24, 8, 0}}},
    {.path = "/i/itself-dynamic", .mode = 0755, .base = DYNAMIC, .text = "/dynamic"},
    {.path = "/i/size-one", .mode = 0755, .base = DYNAMIC, .text = "/ld", .poke = {{152, 8, 1}}},
    {.path = "/i/size-zero", .mode = 0755, .base = DYNAMIC, .text = "/ld", .poke = {{152, 8, 0}}},
    {.path = "/i/size-4096",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{152, 8, 4096}}},
    {.path = "/i/size-4097",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{152, 8, 4097}}},
    {.path = "/i/no-nul", .mode = 0755, .base = DYNAMIC, .text = "/ld", .poke = {{152, 8, 3}}},
    {.path = "/i/nul-inside", .mode = 0755, .base = DYNAMIC, .text = "/ld", .poke = {{152, 8, 9}}},
    {.path = "/i/empty-name", .mode = 0755, .base = DYNAMIC, .text = ""},
    {.path = "/i/past-file",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{128, 8, 0x100000}}},
    {.path = "/i/ends-past-file",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{128, 8, IMAGE - 2}}},
    {.path = "/i/offset-negative",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{128, 8, UINT64_MAX - 1}}},
    {.path = "/i/first-of-two",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{176, 4, PT_INTERP}, {208, 8, 1}, {56, 2, 3}}},
    {.path = "/i/first-of-two-bad",
     .mode = 0755,
     .base = DYNAMIC,
     .text = "/ld",
     .poke = {{176, 4, PT_INTERP}, {152, 8, 1}, {208, 8, 4}, {56, 2, 3}}},
};

/* Commands that are no row of their own. */
static const char *const commands[] = {
    "",
    "/nowhere",
    "nowhere",
    "exe",
    "./exe",
    "folder/exe",
    "/exe/",
    "/exe/x",
    "/folder/",
    "/nowhere/x",
    "/",
    ".",
    "/../exe",
    "//exe",
    "/folder/../exe",
    "/link-folder/exe",
    "/link/",
    "/link-dangling/",
    "/link-folder/../exe",
    "/folder/" LONG_A LONG_A,
    "/s/./plain",
};

/* Built or started without its IA-32 emulation, an amd64 kernel runs no 386 program. */
static bool lacks_386(const struct real *real)
{
    static enum { UNKNOWN, RUNS, LACKS } answer;
    if (answer == UNKNOWN) {
        answer = run_real(real, "/exe386", 0, no_env).error == ENOEXEC ? LACKS : RUNS;
        if (answer == LACKS)
            print_message("this kernel runs no 386 program: it must refuse each of them\n");
    }
    return answer == LACKS;
}

/* 0 where the replay and the kernel agree, 1 where not. */
static int compare(const struct real *real, struct replayed *replayed, const char *path, uid_t user)
{
    struct outcome outcome = run_real(real, path, user, no_env);
    const struct exec_result *result = replay_command(replayed, path, user, no_env);
    bool killed = result->reason == EXEC_KILLED;
    bool starts = result->reason == EXEC_OK || result->reason == EXEC_SCRIPT_UNREADABLE;
    bool same = outcome.error == result->error && outcome.killed == killed &&
                starts == (outcome.error == 0 && outcome.status == STATUS);
    if (strstr(path, "386") != NULL && lacks_386(real))
        same = same || outcome.error == ENOEXEC;
    if (same)
        return 0;
    print_error("%s as %u: kernel: errno %d%s status %d; replay: errno %d, reason %d, at %s\n",
                path, (unsigned)user, outcome.error, outcome.killed ? ", killed," : ",",
                outcome.status, result->error, (int)result->reason,
                result->culprit != NULL ? result->culprit : "nothing");
    return 1;
}

static void execve_ends_as_the_kernel_ends_it(void **state)
{
    const struct real *real = *state;
    if (!can_run_real())
        skip();
    struct replayed replayed;
    int differences = 0;
    replay_begin(&replayed, real);
    for (uid_t user = 0; user <= NOBODY; user += NOBODY) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (!rows[i].spared)
                differences += compare(real, &replayed, rows[i].path, user);
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            differences += compare(real, &replayed, commands[i], user);
    }
    replay_end(&replayed);
    assert_int_equal(differences, 0);
}

/* What is told besides the errno. */
static const struct {
    const char *path;
    enum exec_reason reason;
    const char *culprit, *argv0;
} told[] = {
    {"/exe", EXEC_OK, NULL, "/exe"},
    {"/nowhere", EXEC_NOT_FOUND, "/nowhere", "/nowhere"},
    {"/no-x", EXEC_NO_PERMISSION, "/no-x", "/no-x"},
    {"/folder", EXEC_NOT_REGULAR, "/folder", "/folder"},
    {"/empty", EXEC_EMPTY, "/empty", "/empty"},
    {"/words", EXEC_NO_FORMAT, "/words", "/words"},
    {"/s/relative", EXEC_OK, NULL, "exe"},
    {"/s/chain3", EXEC_OK, NULL, "/exe"},
    {"/s/nothing", EXEC_SHEBANG_BAD, "/s/nothing", "/s/nothing"},
    {"/s/missing", EXEC_SHEBANG_MISSING, "/nowhere", NULL},
    {"/s/lost3", EXEC_SHEBANG_MISSING, "/nowhere", NULL},
    {"/s/crlf", EXEC_SHEBANG_CRLF, "/exe\r", NULL},
    {"/s/to-no-x", EXEC_SHEBANG_REFUSED, "/no-x", NULL},
    {"/s/to-words", EXEC_SHEBANG_REFUSED, "/words", NULL},
    {"/s/itself", EXEC_SHEBANG_LOOP, "/s/itself", NULL},
    {"/s/to-other-machine", EXEC_MACHINE, "/e/aarch64", NULL},
    {"/s/to-bad-interp", EXEC_INTERP_MISSING, "/nowhere", NULL},
    {"/e/rel", EXEC_TYPE, "/e/rel", NULL},
    {"/e/aarch64", EXEC_MACHINE, "/e/aarch64", NULL},
    {"/e/phnum-zero", EXEC_MALFORMED, "/e/phnum-zero", NULL},
    {"/i/missing", EXEC_INTERP_MISSING, "/nowhere", NULL},
    {"/i/386", EXEC_INTERP_REFUSED, "/exe386", NULL},
    {"/i/object-file", EXEC_KILLED, "/e/rel", NULL},
    {"/s/x-without-r", EXEC_OK, NULL, "/exe"}, /* to root everything is readable */
    {"/m/no-load", EXEC_KILLED, "/m/no-load", NULL},
    {"/m/dynamic-no-load", EXEC_KILLED, "/m/dynamic-no-load", NULL},
    {"/m/cut-pages", EXEC_KILLED, "/m/cut-pages", NULL},
};

static void a_failure_names_its_culprit(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    replay_begin(&replayed, real);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const struct exec_result *result = replay_command(&replayed, told[i].path, 0, no_env);
        print_message("%s\n", told[i].path);
        assert_int_equal(result->reason, told[i].reason);
        assert_int_equal(result->culprit == NULL, told[i].culprit == NULL);
        if (told[i].culprit != NULL)
            assert_string_equal(result->culprit, told[i].culprit);
        if (told[i].argv0 != NULL)
            assert_string_equal(result->argv0, told[i].argv0);
    }
    replay_end(&replayed);
}

/* Without a platform the machine is the program's own; its kernel then runs
 * nothing else behind it. */
static void an_unknown_platform_is_that_of_the_program(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    replay_begin(&replayed, real);
    struct process process = {.env = no_env};
    struct exec_result result;
    exec_replay(replayed.facts, &process, "/e/aarch64", &replayed.arena, &result);
    assert_int_equal(result.reason, EXEC_OK);
    exec_replay(replayed.facts, &process, "/s/to-other-machine", &replayed.arena, &result);
    assert_int_equal(result.reason, EXEC_OK);
    exec_replay(replayed.facts, &process, "/i/other-machine", &replayed.arena, &result);
    assert_int_equal(result.error, ELIBBAD);
    exec_replay(replayed.facts, &process, "/e/no-machine", &replayed.arena, &result);
    assert_int_equal(result.reason, EXEC_MACHINE);
    replay_end(&replayed);
}

/* ---- commands through PATH ---- */

static const struct {
    const char *path, *command; /* PATH, "PATH=…" */
    const char *found;          /* NULL: not */
    enum exec_reason reason;
    int error;
} finds[] = {
    {"PATH=/s:/folder:/", "exe", "/folder/exe", EXEC_OK, 0},
    {"PATH=/nowhere:/exe:/", "pie", "/pie", EXEC_OK, 0},
    {"PATH=/", "no-x", NULL, EXEC_NOT_IN_PATH, ENOENT},
    {"PATH=/", "folder", NULL, EXEC_NOT_IN_PATH, ENOENT},
    {"PATH=", "exe", NULL, EXEC_NOT_IN_PATH, ENOENT},
    {"PATH=:/", "exe", NULL, EXEC_PATH_RELATIVE, ENOENT},
    {"PATH=/s:", "exe", NULL, EXEC_PATH_RELATIVE, ENOENT},
    {"PATH=./s/..", "exe", NULL, EXEC_PATH_RELATIVE, ENOENT},
    {"PATH=/s/..", "exe", "/exe", EXEC_OK, 0}, /* without a look at what /s is */
    {"PATH=//link-folder//./nowhere/../", "exe", "/link-folder/exe", EXEC_OK, 0},
    {"PATH=/../..", "exe", "/exe", EXEC_OK, 0},
    {"PATH=/exe", "", "/exe", EXEC_OK, 0},
    {"PATH=/", ".", NULL, EXEC_NOT_IN_PATH, ENOENT},
    {"PATH=/", "./exe", "./exe", EXEC_OK, 0},
    {"PATH=/", "/nowhere", NULL, EXEC_NOT_FOUND, ENOENT},
    {"PATH=/", "/exe/x", NULL, EXEC_NOT_FOUND, ENOTDIR},
    {"PATH=/", "/no-x", NULL, EXEC_NO_PERMISSION, EACCES},
    {"PATH=/", "/folder", NULL, EXEC_NOT_REGULAR, EACCES},
    {"X=Y", "exe", NULL, EXEC_NOT_IN_PATH, ENOENT}, /* the default PATH has none */
};

static void commands_are_found_as_runtimes_find_them(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    replay_begin(&replayed, real);
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
        const char *env[] = {finds[i].path, NULL};
        struct process process = {.env = env};
        struct exec_result result;
        print_message("%s in %s\n", finds[i].command, finds[i].path);
        const char *found =
            exec_find(replayed.facts, &process, finds[i].command, &replayed.arena, &result);
        assert_int_equal(found == NULL, finds[i].found == NULL);
        if (found != NULL)
            assert_string_equal(found, finds[i].found);
        assert_int_equal(result.reason, finds[i].reason);
        assert_int_equal(result.error, finds[i].error);
    }
    replay_end(&replayed);
}

static int make_rows(void **state)
{
    if (make_root(state) != 0)
        return -1;
    const struct real *real = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        make_row(real->fd, &rows[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(execve_ends_as_the_kernel_ends_it),
        cmocka_unit_test(a_failure_names_its_culprit),
        cmocka_unit_test(an_unknown_platform_is_that_of_the_program),
        cmocka_unit_test(commands_are_found_as_runtimes_find_them),
    };
    return cmocka_run_group_tests(tests, make_rows, remove_root);
}
