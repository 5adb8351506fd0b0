"""Roots of a few kilobytes for the fuzz target `check`: loaders that have the words and symbols by which the real ones
are known, a libc beside them, and hosts with plugins. Some hundred of them are checked in the time of one real root.
"""
import os
import subprocess
import tempfile

from images import d, f, l, tar_of

GLIBC_WORDS = 'const char words[] = "GNU C Library (GNU libc) stable release version 2.36.\\n";'
GLIBC_LOADER = GLIBC_WORDS + """
const char dirs[] = "\\0/lib/x86_64-linux-gnu/\\0/usr/lib/x86_64-linux-gnu/\\0/lib/\\0/usr/lib/";
int __rtld_version_placeholder; void *__tls_get_addr(void *at) { return at; } int _start(void) { return 0; }"""
GLIBC_LOADER_MAP = "GLIBC_2.3 { global: __tls_get_addr; local: *; }; GLIBC_PRIVATE { global: __rtld_version_placeholder; };"
FUNCTIONS = ("puts system getpwnam setlocale iconv_open dlopen malloc free tmpfile popen pthread_create qsort_r "
             "open stat64 arc4random").split()
LIBC = GLIBC_WORDS + "int __libc_start_main, environ, errno; void __libc_early_init(void) {}" + "".join(f"void {name}(void) {{}}" for name in FUNCTIONS)
LIBC_MAP = ("GLIBC_2.2.5 { global: puts; system; getpwnam; setlocale; iconv_open; malloc; free; tmpfile; popen; open; environ; "
            "local: *; }; GLIBC_2.34 { global: __libc_start_main; dlopen; pthread_create; } GLIBC_2.2.5; "
            "GLIBC_2.36 { global: arc4random; } GLIBC_2.34; GLIBC_PRIVATE { global: __libc_early_init; };")
MUSL = ('const char before[] = "x\\0" "1.2.3"; const char names[] = "aio_cancel\\0aio_error\\0aio_fsync\\0open64\\0";'
        "int __libc_start_main, stdin; int _start(void) { return 0; }" + "".join(f"void {name}(void) {{}}" for name in FUNCTIONS[:-1]))
CALLS = "".join(f"void {name}(void);" for name in FUNCTIONS)
PROGRAM = CALLS + """
extern int one(void); __thread int t; char buffer[4];
int _start(void) { puts(); system(); getpwnam(); setlocale(); iconv_open(); dlopen(); pthread_create(); arc4random();
                   return one() + t; }"""
HOST = """const char php[] = "API20220829,NTS", nginx[] = "8,4,8,0000111111010111", perl[] = "\\0v5.36.1\\0v5.36.0";
const int postgres[14] = {56, 1700, 100, 32, 64, 1}; long ngx_modules[] = {-1, -1, 0, 0, 0, 1022001};
struct { int version, minor, index; char *name; void *handle, *next; unsigned long magic; }
    core_module = {20120211, 0, -1, "core.c", 0, 0, 0x41503234};
void node_register_module_v108(void) {} void napi_create_object(void) {} void Perl_xs_handshake(void) {}
void PyModule_Create2(void) {} void Py_Initialize(void) {} int _start(void) { return 0; }"""
PLUGIN = """extern void %s(void); const char php[] = "API%s,NTS", perl[] = "\\0v5.%d.0";
const int magic[14] = {56, 1500, 100, 32, 64, 1}; long ngx_modules[] = {-1, -1, 0, 0, 0, 1026003};
struct { int version, minor, index; char *name; void *handle, *next; unsigned long magic; }
    own_module = {20051115, 0, -1, "own.c", 0, 0, 0x41503232};
struct dep { const char *name, *rel, *version; unsigned char type; }; struct dep deps[] = {{"core", 0, 0, 1}, {0, 0, 0, 0}};
struct { unsigned short size; unsigned api; unsigned char debug, zts; void *ini; struct dep *deps; const char *name; void *rest[16]; }
    entry = {168, 20220829, 0, 0, 0, deps, "own"};
void *get_module(void) { %s(); return &entry; } void PyInit_own(void) {} void napi_register_module_v1(void) {}
void Init_own(void) {} void boot_Own(void) {} void node_api_module_get_api_version_v1(void) {}"""
PLUGINS = {
    "usr/lib/node_modules/own/build/Release/own.node": "napi_create_object",
    "usr/lib/python3.11/lib-dynload/own.cpython-311-x86_64-linux-gnu.so": "PyModule_Create2",
    "usr/lib/php/20220829/own.so": "zend_parse_parameters",
    "usr/lib/apache2/modules/mod_own.so": "ap_hook_handler",
    "usr/lib/nginx/modules/ngx_own.so": "ngx_log_error_core",
    "usr/lib/x86_64-linux-gnu/perl5/5.36/auto/Own/Own.so": "Perl_xs_handshake",
    "usr/lib/postgresql/17/lib/own.so": "errstart",
    "usr/lib/ruby/3.1.0/x86_64-linux/own.so": "rb_define_method",
}
HOSTS = ("usr/bin/node usr/bin/python3.11 usr/bin/php8.2 usr/sbin/apache2 usr/sbin/nginx usr/bin/perl usr/bin/ruby3.1 "
         "usr/lib/postgresql/17/bin/postgres").split()
TEXTS = {
    "etc/php/8.2/cli/conf.d/10-own.ini": "extension=own.so\nzend_extension=/usr/lib/php/20220829/own.so\n",
    "etc/apache2/mods-enabled/own.load": "# Depends: core\nLoadModule own_module /usr/lib/apache2/modules/mod_own.so\n",
    "etc/nginx/nginx.conf": "load_module modules/ngx_own.so;\ninclude /etc/nginx/modules-enabled/*.conf;\n",
    "etc/postgresql/17/main/postgresql.conf": "shared_preload_libraries = 'own'\n",
    "usr/lib/node_modules/own/package.json": '{"name":"own","os":["linux"],"cpu":["x64"],"libc":["glibc"],"optionalDependencies":'
                                             '{"own-linux-x64-musl":"1.0.0"}}',
    "app/app.runtimeconfig.json": '{"runtimeOptions":{"tfm":"net8.0","framework":{"name":"Microsoft.NETCore.App","version":"8.0.0"}}}',
    "app/app.deps.json": '{"targets":{".NETCoreApp,Version=v8.0":{"own/1.0":{"runtimeTargets":{"runtimes/linux-x64/native/libown.so":'
                         '{"rid":"linux-x64","assetType":"native"}}}}}}',
}
COMMON = {
    "etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n/opt/lib\n", "etc/ld.so.preload": "/lib/libone.so.1\n",
    "etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/nsswitch.conf": "passwd: files sss\n", "etc/ld-musl-x86_64.path": "/lib:/opt\n",
}
SCRIPTS = {"bin/split": "#!/usr/bin/env -S app --x\n", "bin/direct": "#!/bin/app -x\n", "bin/dos": "#!/bin/app\r\n",
           "bin/nowhere": "#!/bin/none\n", "bin/nested": "#!/bin/direct\n"}
GCOMPAT = 'const char *preload = "/lib/libgcompat.so.0"; int _start(void) { return 0; }'


def compile_to(folder, name, source, *flags):
    """An object without a libc, in the folder: its bytes."""
    out = os.path.join(folder, name)
    subprocess.run(["gcc", "-w", "-nostdlib", "-O1", "-fPIC", "-o", out, "-x", "c", "-", "-x", "none", *flags],
                   input=source.encode(), check=True)
    with open(out, "rb") as file:
        return file.read()


class Compiler:
    """Objects as small as the linker makes them."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, source, *flags, script=None):
        if script is not None:
            with open(self.path("map"), "w") as file:
                file.write(script)
            flags += ("-Wl,--version-script=" + self.path("map"),)
        return compile_to(self.folder, name, source, "-s", "-Wl,-z,noseparate-code", "-Wl,--build-id=none",
                          "-Wl,--unresolved-symbols=ignore-all", "-fno-asynchronous-unwind-tables", "-fno-builtin", *flags)

    def shared(self, name, source, *flags, **more):
        return self.make(name, source, "-shared", "-Wl,-soname," + name, *flags, **more)


def glibc_files(make):
    loader = make.shared("ld-linux-x86-64.so.2", GLIBC_LOADER, script=GLIBC_LOADER_MAP)
    libc = make.shared("libc.so.6", LIBC, make.path("ld-linux-x86-64.so.2"), "-Wl,--hash-style=both", script=LIBC_MAP)
    one = make.shared("libone.so.1", CALLS + "int one(void) { malloc(); return 1; }", make.path("libc.so.6"),
                      "-Wl,-rpath,$ORIGIN/$LIB:/opt/$PLATFORM")
    app = make.make("app", PROGRAM, make.path("libone.so.1"), make.path("libc.so.6"), "-pie", "-Wl,--no-as-needed",
                    "-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2", "-Wl,-rpath,$ORIGIN/../lib", "-Wl,-z,relro")
    filters = make.shared("libfilter.so.1", "int two(void) { return 2; }", "-Wl,-F,libone.so.1", "-Wl,-f,libnone.so")
    return {"lib64/ld-linux-x86-64.so.2": loader, "lib/x86_64-linux-gnu/libc.so.6": libc, "lib/libone.so.1": one,
            "bin/app": app, "lib/libfilter.so.1": filters}


def musl_files(make):
    loader = make.make("musl", MUSL, "-shared", "-Wl,-soname,libc.musl-x86_64.so.1")
    one = make.shared("libone.so.1", CALLS + "int one(void) { malloc(); return 1; }", make.path("musl"))
    app = make.make("app", PROGRAM, make.path("libone.so.1"), make.path("musl"), "-pie", "-Wl,--no-as-needed",
                    "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1", "-Wl,-rpath,$ORIGIN/../lib")
    return {"lib/ld-musl-x86_64.so.1": loader, "lib/libone.so.1": one, "bin/app": app}


def root(files, texts):
    entries = [d("bin"), d("tmp"), l("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")]
    entries += [f(path, data, 0o755) for path, data in {**files, **SCRIPTS}.items()]
    return tar_of(entries + [f(path, text) for path, text in texts.items()])


def tiny_roots():
    """name, tar."""
    with tempfile.TemporaryDirectory() as folder:
        make = Compiler(folder)
        musl = musl_files(make)
        glibc = glibc_files(make)
        host = make.make("host", HOST, "-pie", "-rdynamic", "-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2",
                         "-Wl,--no-as-needed", make.path("libc.so.6"))
        gcompat = make.make("gcompat", GCOMPAT, "-static-pie")
        plugins = {path: make.make("plugin", PLUGIN % (name, "20220829", 36, name), "-shared", make.path("libc.so.6"))
                   for path, name in PLUGINS.items()}
    yield "tiny-glibc", root(glibc, COMMON)
    yield "tiny-musl", root(musl, COMMON)
    yield "tiny-both", root({**glibc, **musl}, COMMON)
    yield "tiny-gcompat", root({**glibc, "lib64/ld-linux-x86-64.so.2": gcompat, **musl, "bin/app": glibc["bin/app"]}, COMMON)
    yield "tiny-gcompat-alone", root({**glibc, "lib64/ld-linux-x86-64.so.2": gcompat}, COMMON)
    yield "tiny-hosts", root({**glibc, **dict.fromkeys(HOSTS, host), **plugins}, {**COMMON, **TEXTS})
    for path, data in plugins.items():
        yield "tiny-" + path.split("/", 2)[2], root({**glibc, **dict.fromkeys(HOSTS, host), path: data}, {**COMMON, **TEXTS})
