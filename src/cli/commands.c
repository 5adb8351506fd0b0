#include "cli/commands.h"

#include "cli/config_file.h"

static const struct example check_examples[] = {
    {"Will the program just built run on that base image? It is laid over it as /server.",
     "willrun check --root base:alpine:3.20 ./server"},
    {"Will the image start, as its ENTRYPOINT and CMD say?",
     "docker save app:1.4 | willrun check --root -"},
    {"What a Dockerfile's COPY --from=b will bring; without a PATH, all of it is checked:",
     "willrun check --root base:debian:12 --stage b=b.tar --copy b:/out:/bin/"},
    {"One of a root filesystem, with the environment that its image sets:",
     "willrun check --root ./rootfs --env LD_LIBRARY_PATH=/opt/lib /usr/bin/app"},
    {"Every program, library and script of an image, for a machine-read log:",
     "willrun check --root oci:./layout --all --format jsonl -o all.jsonl"},
    {"A plugin, in the process that loads it:",
     "willrun check --root ./rootfs --host /usr/bin/node /app/build/addon.node"},
    {"Why is this libz taken, and not another one?",
     "willrun check --root ./rootfs --why libz.so.1 /usr/bin/git"},
    {"The same again and again, answered at once while nothing has changed:",
     "willrun check --root ./rootfs --all --cache ~/.cache/willrun"},
    {NULL, NULL},
};

static const struct example tree_examples[] = {
    {"What does a program of this machine load, and from where?", "willrun tree /usr/bin/git"},
    {"The same program in another root filesystem:", "willrun tree --root ./rootfs ./git"},
    {"As a picture (Graphviz), or as a diagram for a Markdown file:",
     "willrun tree --format dot /usr/bin/git | dot -Tsvg -o git.svg"},
    {NULL, "willrun tree --format mermaid /usr/bin/git"},
    {NULL, NULL},
};

static const struct example snapshot_examples[] = {
    {"Keep what a later check of a root filesystem needs, in a small file:",
     "willrun snapshot ./rootfs -o rootfs.profile.tar.zst"},
    {"The same, and tell its readers where it is from:",
     "willrun snapshot ./rootfs --origin 'image registry.example/app:7' \\\n"
     "          --date 2026-11-23 -o app.tar.zst"},
    {NULL, NULL},
};

static const struct example bases_examples[] = {
    {"Which base images can be checked against without any image at all?", "willrun bases"},
    {"And then:", "willrun check --root base:alpine:3.20 ./server"},
    {NULL, NULL},
};

static const struct example diff_examples[] = {
    {"What does the next Debian release do to the program just built?",
     "willrun diff base:debian:11-slim base:debian:12-slim ./server"},
    {"To two builds of a root filesystem, as a comment for a pull request:",
     "willrun diff ./rootfs.old ./rootfs.new --format markdown"},
    {NULL, NULL},
};

static const struct example bundle_examples[] = {
    {"A program of this machine with all that it loads, for FROM scratch and COPY out/ /:",
     "willrun bundle /usr/bin/git --to out"},
    {"From an image, with certificates and time zones, as an archive for docker import:",
     "willrun bundle --root app.tar /app/server --with ca-certificates \\\n"
     "          --with time-zones --to app-min.tar"},
    {NULL, NULL},
};

static const struct example plan_examples[] = {
    {"Which base images does the program just built run on, and what would the stage be?",
     "willrun plan ./server"},
    {"Programs of a builder stage, with the libraries that they take along:",
     "willrun plan --stage builder=./build /usr/local/bin/app"},
    {"The runtime stage on one base, to append to the Dockerfile:",
     "willrun plan --stage builder=b.tar /app --on debian:12-slim \\\n"
     "          --format dockerfile >>Dockerfile"},
    {"A smaller base for the stage that a Dockerfile builds:",
     "willrun plan --dockerfile Dockerfile --stage build=build.tar"},
    {NULL, NULL},
};

static const struct example inspect_examples[] = {
    {"What does the program just built need at least, and which symbols ask for it?",
     "willrun inspect ./server"},
    {"Which file of a wheel keeps it off older systems?",
     "willrun inspect -v ./fast-1.0-cp312-cp312-linux_x86_64.whl"},
    {"The facts of every binary of an image, for a script:",
     "willrun inspect --root oci:./layout / --format json -o facts.json"},
    {NULL, NULL},
};

static const struct example explain_examples[] = {
    {"What does this message mean, and what is to be done?",
     "willrun explain 'exec /app/server: no such file or directory'"},
    {"Which of its causes is it? The files of the image tell.",
     "willrun explain --root image.tar \\\n"
     "          'exec /app/server: no such file or directory'"},
    {"A whole log; the lines that matter are found in it:",
     "docker logs app 2>&1 | willrun explain"},
    {"The container said nothing, and ended with a status:",
     "willrun explain --root image.tar --exit-code 127"},
    {"A rule that check named:", "willrun explain interpreter-missing"},
    {NULL, NULL},
};

static const struct example config_examples[] = {
    {"What holds here, and who says so?", "willrun config"},
    {"With what the command line would add:", "willrun config --fail-on degraded"},
    {NULL, NULL},
};

const struct command commands[] = {
    {"check", FOR_CHECK, cmd_check, "will each program, library and script run in this root?",
     "[PATH]...",
     "Replays what the kernel and the dynamic loader of the root would do when each PATH is "
     "started there, and tells what they would say. Nothing of the root is run. An absolute PATH "
     "is inside the root; a relative PATH is a file or folder of the local disk, which is first "
     "laid over the root as /NAME. A folder stands for every ELF file and script in it. Without "
     "a PATH, all that --copy brings is checked, and what the image starts.",
     "0: each of them meets --fail-on; 1: at least one does not", check_examples},
    {"tree", FOR_TREE, cmd_tree, "the libraries that a program loads, as a tree", "[PATH]...",
     "Draws which objects each PATH loads in the root, which object needs which, and by which "
     "search the loader finds each. An absolute PATH is inside the root; a relative PATH is a "
     "file or folder of the local disk, which is first laid over the root as /NAME. With "
     "--dockerfile and no PATH, that of all that the stage brings and starts.",
     "0: drawn, and each of them meets --fail-on; 1: at least one does not", tree_examples},
    {"inspect", FOR_INSPECT, cmd_inspect, "what a binary is, and what it needs at least", "PATH...",
     "Tells of each ELF file its platform and libc and how that shows, how it is linked, the least "
     "glibc, musl, libstdc++, OpenSSL, kernel and CPU with the symbols that ask for them, the "
     "releases that are new enough, the wheel tags that it fits, what made it, and whether it "
     "runs in an image with nothing else in it. A PATH is a file, a folder (every ELF file in it, "
     "and in its wheels and jars), or an archive: .whl, .jar, .zip, .deb, .apk, .rpm, .tgz and "
     "other tar files. An absolute PATH is inside the root, a relative one on the local disk.",
     "0: told; 1: told, but for what could not be read", inspect_examples},
    {"diff", FOR_DIFF, cmd_diff, "what changes when the root changes", "OLD NEW [PATH]...",
     "Judges each PATH in the root filesystems OLD and NEW, and tells which subjects start to "
     "fail or to work and why, and which libraries change version or vanish. Without a PATH "
     "every ELF file and script of both is a subject; a relative PATH is laid over both.",
     "0: no subject starts to fail; 1: at least one does (see --fail-on)", diff_examples},
    {"plan", FOR_PLAN, cmd_plan, "which base images fit, and the runtime stage for one",
     "[PATH]...",
     "Checks the artifacts on every base image that ships as a profile, and on those of --base, "
     "with the libraries that they lack there copied from the stages; ranks the bases, and writes "
     "the runtime stage of a Dockerfile for the least that fits. An absolute PATH is in a stage, a "
     "relative one on the local disk. Without a PATH the programs in the last stage's usual output "
     "folders are taken.",
     "0: something fits; 1: nothing does", plan_examples},
    {"bundle", FOR_BUNDLE, cmd_bundle, "write programs and all that they load as a minimal root",
     "PATH... --to DIR|FILE.tar",
     "Takes from the root each PATH and what its start opens: interpreters, libraries, the links "
     "and folders on the way, the loader's settings where they decide; writes it as a root "
     "filesystem and checks the same PATHs in there. The same input makes the same bytes; times "
     "are 0 or SOURCE_DATE_EPOCH. Where something would be missing, nothing is written.",
     "0: written, and it runs as in the root; 1: a PATH does not run, nothing is written",
     bundle_examples},
    {"explain", FOR_EXPLAIN, cmd_explain, "what a message of a failure means, and the cure",
     "[MESSAGE|RULE|FILE|-]",
     "Recognises what the kernel, container runtimes, shells, loaders, emulators and language "
     "runtimes say when something does not start, in a message or in a whole log (FILE, or "
     "standard input), and tells what it comes from: the likeliest cause first. With --root the "
     "files there decide, by the same replay as check. The name of a rule prints its manual page.",
     "0: explained; 1: not recognised", explain_examples},
    {"snapshot", FOR_SNAPSHOT, cmd_snapshot, "write a root as a small profile that checks the same",
     "SOURCE -o FILE",
     "Writes the root filesystem SOURCE to FILE as a profile: a tar.zst in which each ELF file is "
     "cut down to what a loader reads and other files are emptied, but for scripts and for the "
     "texts that decide how programs start. A check of the profile gives what a check of the root "
     "gives. The same root makes the same bytes.",
     "0: written", snapshot_examples},
    {"bases", FOR_BASES, cmd_bases, "the base images that base:NAME knows", "",
     "Lists the profiles that ship with willrun, their libc, and what each was made of; and the "
     "images of which it knows versions only.",
     "0: listed", bases_examples},
    {"config", FOR_CHECK | FOR_CONFIG, cmd_config,
     "the settings of check, and where each came from", "",
     "Prints, as a configuration file has them, the settings that check would take "
     "from " CONFIG_FILE
     " of the working folder (or --config FILE, or WILLRUN_CONFIG), from variables of the "
     "environment (WILLRUN_ROOT for --root, WILLRUN_FAIL_ON for --fail-on; of lists a value a "
     "line) "
     "and from the command line. The later holds; lists add up. Under \"accept\" stand findings "
     "that are taken as they are, each with a rule and a reason, and where they are narrower with "
     "path, object and expires: the last day on which it holds.",
     "0: printed", config_examples},
};

const size_t command_count = sizeof commands / sizeof *commands;
