#!/usr/bin/env bash
# Messages explained by their words: from an argument, a file and a log in every wrapping.
data=$(cd "$(dirname "$0")/../../data" && pwd)
source "$(dirname "$0")/expect.bash"

# names CLASS SUBJECT: what the first cause of the last answer is.
names() {
    /usr/bin/python3 - "$data/explain.schema.json" "$1" "$2" <<'END' || fail "expected $1 of $2"
import json, sys
import jsonschema
schema, document = json.load(open(sys.argv[1])), json.load(open("out"))
jsonschema.Draft202012Validator(schema).validate(document)
first = (document["causes"] or [{"cause_class": "none", "subject": None}])[0]
sys.exit([first["cause_class"], str(first["subject"])] != sys.argv[2:])
END
}

# means CLASS SUBJECT MESSAGE: asked by all_mean.
means() { printf '%s\0' "$@" >>meant; }

all_mean() {
    /usr/bin/python3 - "$willrun" "$data/explain.schema.json" <<'END' || fail 'messages mean something else'
import concurrent.futures, json, os, subprocess, sys
import jsonschema
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[2])))
words = open("meant", newline="").read().split("\0")[:-1]
wrong = 0
def ask(message):
    return subprocess.run([sys.argv[1], "explain", "--format", "json", message], capture_output=True, text=True)
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    answers = list(pool.map(ask, words[2::3]))
for cause, subject, message, said in zip(words[::3], words[1::3], words[2::3], answers):
    document = json.loads(said.stdout) if said.returncode == 0 and not said.stderr else {"causes": []}
    first = (document["causes"] or [{"cause_class": "none", "subject": said.stderr}])[0]
    if [first["cause_class"], str(first["subject"])] == [cause, subject]:
        validator.validate(document)
        continue
    print(f"{message!r}: {first['cause_class']} of {first['subject']}, not {cause} of {subject}")
    wrong += 1
sys.exit(wrong != 0)
END
}

# log CLASS SUBJECT: of the log on standard input
log() {
    cat >log
    "$willrun" explain --format json log >out 2>err || fail 'a log is not explained'
    names "$1" "$2"
}

means interp-missing /srv/app 'exec /srv/app: no such file or directory'
means shebang-crlf /srv/run.sh 'exec /srv/run.sh: no such file or directory'
means path-lookup gunicorn 'exec: "gunicorn": executable file not found in $PATH: unknown'
means shebang-crlf 'bash\r' $'/usr/bin/env: \xe2\x80\x98bash\\r\xe2\x80\x99: No such file or directory'
means shebang-crlf '/bin/sh^M' $'./run: /bin/sh\r: bad interpreter: No such file or directory'
means arch-mismatch /srv/app '/srv/app: cannot execute binary file: Exec format error'
means exec-permission /srv/app 'exec /srv/app: permission denied'
means lib-missing libxkbcommon.so.0 'app: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: No such file or directory'
means rpath-broken libown.so '/srv/app/bin/app: error while loading shared libraries: libown.so: cannot open shared object file: No such file or directory'
means ldcache-stale libofnobody.so.3 'app: error while loading shared libraries: libofnobody.so.3: cannot open shared object file: No such file or directory'
means ldcache-stale libtesseract.so.4 'tesseract: error while loading shared libraries: libtesseract.so.4: cannot open shared object file: No such file or directory'
means soname-mismatch libprotobuf.so.31.0.0 'app: error while loading shared libraries: libprotobuf.so.31.0.0: cannot open shared object file: No such file or directory'
means soname-mismatch libcudart.so.11.0 'ImportError: libcudart.so.11.0: cannot open shared object file: No such file or directory'
means soname-mismatch libpython3.9.so.1.0 '/usr/bin/own: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object file: No such file or directory'
means rpath-broken libpython3.9.so.1.0 '/srv/python/bin/python3.9: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object file: No such file or directory'
means lib-missing libofnobody.so.3 '/var/task/bootstrap: error while loading shared libraries: libofnobody.so.3: cannot open shared object file: No such file or directory'
means lib-missing libxkbcommon.so.0 '/srv/own-alpine/own: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: No such file or directory'
means dlopen-missing libown.so $'Unable to load library \'own\':\nlibown.so: cannot open shared object file: No such file or directory'
means interp-missing ./own 'no such file or directory: ./own'
means interp-missing None 'error: exec failed: no such file or directory'
means symbol-version-missing GLIBC_2.29 '/lib/libm.so.6: version \GLIBC_2.29\ not found (required by ./own)'
means static-not-enough None '#1  0x00007ffff4385a32 in _nss_files_getprotobyname_r (name=0x42 "tcp")'
means dlopen-missing own 'could not load module own: own: cannot open shared object file: No such file or directory'
means dlopen-missing dllown.so $'Fatal error: cannot load shared library dllown\nReason: dllown.so: cannot open shared object file: No such file or directory'
means symbol-missing own_start $'Fatal error: cannot load shared library dllown\nReason: /lib/dllown.so: undefined symbol: own_start'
means symbol-missing _ZN3own5startEv 'own: symbol lookup error: own: undefined symbol:_ZN3own5startEv'
means dlopen-missing libfuse.so.2 'dlopen(): error loading libfuse.so.2'
means dlopen-missing own "OSError: ctypes.util.find_library() did not manage to locate a library called 'own'"
means dlopen-missing libown.so "java.lang.UnsatisfiedLinkError: Can't load library: /srv/own/libown.so"
means lib-wrong-class libown.so "java.lang.UnsatisfiedLinkError: /srv/libown.so: /srv/libown.so: wrong ELF class: ELFCLASS64 (Possible cause: can't load AMD 64 .so on a ARM platform)"
means lib-wrong-class libown.so 'java.lang.UnsatisfiedLinkError: /srv/libown.so: /srv/libown.so: niewłaściwa klasa ELF: ELFCLASS32 (Possible cause: architecture word width mismatch)'
means soname-mismatch libssl.so.1.1 'own error while loading shared libraries libssl.so.1.1 cannot open shared object file No such file or directory'
means interp-missing ./own 'Could not start dynamically linked executable: ./own'
means static-not-enough None $'goroutine 23 [syscall]:\nnet._C2func_getaddrinfo(0xc0003a5ac0, 0x0)'
means static-not-enough None '#3  __GI__nss_files_getpwnam_r (name=0x751cc1 "root")'
means lib-missing libgomp.so.1 'OSError: libgomp.so.1: cannot open shared object file: No such file or directory'
means lib-missing libxkbcommon.so.0 "System.DllNotFoundException: Unable to load shared library 'own' or one of its dependencies.
libxkbcommon.so.0: cannot open shared object file: No such file or directory
/srv/libown.so: cannot open shared object file: No such file or directory"
means soname-mismatch libhunspell-1.3.so.0 'ImportError: libhunspell-1.3.so.0: cannot open shared object file: No such file or directory'
means soname-mismatch libruby.so.2.9 'libruby.so.2.9: cannot open shared object file: No such file or directory - /srv/gems/own/own.so (LoadError)'
means dlopen-missing libown.so "Could not open library 'own.so': own.so: cannot open shared object file: No such file or directory. (LoadError)
Could not open library 'libown.so': libown.so: cannot open shared object file: No such file or directory"
means lib-missing libxkbcommon.so.0 "Could not open library 'own': own: cannot open shared object file: No such file or directory.
Could not open library 'libown.so': libxkbcommon.so.0: cannot open shared object file: No such file or directory"
means rpath-broken libown-c9407571.so.5 'ImportError: libown-c9407571.so.5: cannot open shared object file: No such file or directory'
means dlopen-missing libown.so 'Failed to load dynamic library (dlopen failed: library libown.so not found)'
means dlopen-missing libown.so "can't load .so/.DLL for: libown.so (libown.so: cannot open shared object file: No such file or directory)"
means lib-missing None 'qt.qpa.plugin: Could not load the Qt platform plugin "own" in "" even though it was found.'
means lib-invalid libown.so 'java.lang.UnsatisfiedLinkError: /srv/libown.so: /srv/libown.so: invalid ELF header (Possible cause: endianness mismatch)'
means soname-mismatch libffi.so.6 './app: error while loading shared libraries: libffi.so.6: cannot open shared object file: No such file or directory'
means symbol-version-missing GLIBC_2.38 "./app: /lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.38' not found (required by ./app)"
means musl-glibc-mix __vsnprintf_chk 'Error relocating /srv/addon.node: __vsnprintf_chk: symbol not found'
means symbol-missing my_own_function 'Error relocating /srv/addon.node: my_own_function: symbol not found'
means musl-glibc-mix ld-linux-x86-64.so.2 'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /srv/addon.node)'
means interp-arch /lib64/ld-linux-x86-64.so.2 "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory"
means isa-level None 'Fatal glibc error: CPU does not support x86-64-v3'
means passwd-missing nginx 'unable to find user nginx: no matching entries in passwd file'
means tzdata-missing Asia/Tokyo 'panic: unknown time zone Asia/Tokyo'
means cert-missing None 'Get "https://example.org": tls: failed to verify certificate: x509: certificate signed by unknown authority'

means exec-permission libxkbcommon.so.0 'app: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: Permission denied'
means lib-invalid native.so 'Error loading shared library /srv/native.so: Exec format error'
means dlopen-missing native.so 'Error loading shared library /srv/native.so: No such file or directory'
means lib-missing libxkbcommon.so.0 'ImportError: Error loading shared library libxkbcommon.so.0: No such file or directory (needed by /usr/lib/python3.9/site-packages/own.cpython-39-x86_64-linux-gnu.so)'
means shebang-missing-interp /srv/run.sh '/bin/sh: /srv/run.sh: not found'
means dlopen-missing libown 'DllNotFoundException: Unable to load shared library '"'libown'"' or one of its dependencies: liblibown: cannot open shared object file: No such file or directory'
means symbol-missing own_symbol 'PHP Startup: Unable to load dynamic library '"'own'"' (tried: /usr/lib/php/own (Error loading shared library /usr/lib/php/own: No such file or directory), /usr/lib/php/own.so (Error relocating /usr/lib/php/own.so: own_symbol: symbol not found))'
gone='cannot open shared object file: No such file or directory'
means lib-missing libxkbcommon.so.0 "PHP Startup: Unable to load dynamic library 'own' (tried: /usr/lib/php/own (/usr/lib/php/own: $gone), /usr/lib/php/own.so (libxkbcommon.so.0: $gone))"
means lib-invalid own.a "PHP Startup: Unable to load dynamic library 'own.a' (tried: /usr/lib/php/own.a (/usr/lib/php/own.a: invalid ELF header), /usr/lib/php/own.a.so (/usr/lib/php/own.a.so: $gone))"
means static-not-enough own "PHP Startup: Unable to load dynamic library 'own' (tried: /usr/lib/php/own (Dynamic loading not supported))"
means lib-missing libxkbcommon.so.0 "Error: Cannot load library '/srv/libown.so': libxkbcommon.so.0: $gone"
means shebang-crlf sh "env: can't execute 'sh ': No such file or directory"
means lib-invalid libown.so.1 '/sbin/ldconfig.real: File /usr/lib/libown.so.1 is empty, not checked.'
means musl-glibc-mix posix_fallocate64 'Error relocating /opt/own: posix_fallocate64: symbol not found'
means passwd-missing 4711 "cannot find user '4711' in passwd file"
means isa-level None 'container 815 exited with status 132'
means arch-mismatch None 'exec user process caused: exec format error'
means path-lookup /bin/bash 'Error: spawnSync /bin/bash ENOENT'
means dlopen-missing libown 'System.DllNotFoundException Unable to load shared library '"'libown'"
means dlopen-missing libown.so.3 "Couldn't open GPU library libown.so.3. Search path: /srv/lib"
means lib-wrong-class libown.so "ERROR: ld.so: object '/srv/libown.so' from /etc/ld.so.preload cannot be preloaded (wrong ELF class: ELFCLASS32): ignored."
means dlopen-missing libown "dynamic_library.rb:94: Could not open library 'libown': libown: cannot open shared object file: No such file or directory. (LoadError)"
means other None 'runtime/cgo: pthread_create failed: Operation not permitted'
means page-size None 'this build: 64K pages not supported.'
means passwd-missing 4711 "id: '4711': no such user"
means arch-mismatch /srv/run.sh 'exec /srv/run.sh: exec format error'
means not-elf-not-script /srv/run.sh 'OSError: [Errno 8] Exec format error: '"'/srv/run.sh'"
means path-lookup convert 'convert is not installed or it'"'"'s not in your PATH'
means other /srv/run.sh '/srv/run.sh: 9: Syntax error: "(" unexpected (expecting "fi")'
means not-elf-not-script ./get "./get: line 1: syntax error near unexpected token \`newline'"
means lib-missing libxkbcommon.so.0 '/srv/app: error while loading shared libraries: **libxkbcommon.so.0**: cannot open shared object file: No such file or directory'
means shebang-crlf '/bin/sh^M' 'bad interpreter: /bin/sh^M'
means other /srv/x 'starting container process caused "process_linux.go:7: container init caused \"write /srv/x: permission denied\"": unknown'
means lib-wrong-class libown.so 'java.lang.UnsatisfiedLinkError: /srv/libown.so: /srv/libown.so: wrong ELF class: ELFCLASS32 (Possible cause: architecture word width mismatch)'
means static-not-enough /srv/own_module.so 'dlopen() "/srv/own_module.so" failed (Dynamic loading not supported)'
means path-lookup tool 'Error: crun: executable file `tool` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found'
means other /srv/x 'Error: crun: open `/srv/x`: No such file or directory: OCI runtime attempted to invoke a command that was not found'
means path-lookup /srv/x 'own.service: Failed at step EXEC spawning /srv/x: No such file or directory'
means path-lookup /srv/x '  Process: 71 ExecStart=/srv/x (code=exited, status=203/EXEC)'
means other None 'own.service: Failed at step NAMESPACE spawning /srv/x: No such file or directory'
means path-lookup /srv/run.sh '/bin/bash: /srv/run.sh: No such file or directory'
means other /bin/own '/bin/sh: /bin/own: cannot execute binary file'
means other /srv/data "mkdir: cannot create directory '/srv/data': Permission denied"
means other /srv/data "/bin/sh: 1: cannot create /srv/data: Permission denied"
means other /srv/data "Error: EACCES: permission denied, open '/srv/data'"
means exec-permission ./own 'bash: ./own: Permission denied'
means arch-mismatch ./own 'zsh: exec format error: ./own'
means other /srv/x "error while creating mount source path '/srv/x': chmod /srv/x: operation not permitted"
means exec-permission None '/srv/run: 9: exec: : Permission denied'
means symbol-version-missing GLIBC_2.38 "./own: /lib/x86_64-linux-gnu/libc.so.6: version GLIBC_2.38' not found (required by ./own)"

means tzdata-missing Asia/Tokyo 'plan.tjp:9: Error: Asia/Tokyo is not a known time zone'
means tzdata-missing Asia/Tokyo 'cannot find Asia/Tokyo in zip file /usr/local/go/lib/time/zoneinfo.zip'
means interp-arch /lib64/ld-linux-x86-64.so.2 '/lib64/ld-linux-x86-64.so.2: No such file or directory'
means isa-level None 'Unsupported CPU: Prebuilt binaries for linux-x64 require v2 microarchitecture'
means page-size None 'this machine has 16k pages'
means not-elf-not-script None 'Cannot start container 7f: [8] System error: exec format error.'
means other /bin/sh 'make: /bin/sh: Operation not permitted'
means other /srv/data 'open /srv/data: no such file or directory'
means other /srv/data "Error: ENOENT: no such file or directory, open '/srv/data'"
means other left-pad "Error: Cannot find module 'left-pad'"
means path-lookup /srv/app.js "Error: Cannot find module '/srv/app.js'"
means exec-permission /srv/x "EACCES: permission denied, posix_spawn '/srv/x'"
means shebang-crlf run.sh 'exec run.sh: no such file or directory'
means path-lookup /bin/bash '/bin/bash : no such file or directory'
means not-elf-not-script /srv/tool '/srv/tool: line 1: Not: command not found'
means static-not-enough getaddrinfo 'the static program dies of SIGSEGV in getaddrinfo'
means passwd-missing 4711 "can't find user for 4711"
means path-lookup run.sh 'bash: run.sh: No such file or directory'
means exec-permission entrypoint.sh 'exec: "entrypoint.sh": executable file not found in $PATH: unknown'
means path-lookup job.py 'exec: "job.py": executable file not found in $PATH: unknown'
means path-lookup -p 'exec: "-p" executable file not found in $PATH'
means not-elf-not-script hooks/post-receive "fatal: cannot exec 'hooks/post-receive': Exec format error"
means not-elf-not-script /srv/hook 'fork/exec /srv/hook: exec format error'
means arch-mismatch /srv/tool_linux_amd64 'fork/exec /srv/tool_linux_amd64: exec format error'
means arch-mismatch /bin/sh 'fork/exec /bin/sh: exec format error'
means not-elf-not-script ./deploy "Failed to execute process './deploy'. Reason: exec: Exec format error"
means not-elf-not-script None 'Cannot start container [...]: exec format error'
means arch-mismatch None 'standard_init_linux.go:190: exec user process caused "exec format error"'
means arch-mismatch None 'cannot execute binary file: Exec format error'
means not-elf-not-script '#!/bin/sh' 'run.sh: riga 1: #!/bin/sh: File o directory non esistente'
means not-elf-not-script ./tool './tool: 8: ./tool: Syntax error: newline unexpected'
means shebang-crlf job.sh '[dumb-init] job.sh: No such file or directory'
means interp-missing ./a/tool $'│ failed to start the provider: fork/exec\n│ ./a/tool: no such file or directory'
means path-lookup /bin/bash 'wrapper.cc:80: "execvp(/bin/bash, ...)": No such file or directory'
means other clone3 'Unix-error: Function not implemented (function: "clone3", argument: "")'
means kernel-too-old None 'epoll_pwait2: Function not implemented'
means kernel-too-old None 'Fatal glibc error: cannot get entropy for arc4random'
means other __ctype_b $'Error relocating libc-2.31.so: unsupported relocation type 37\nError relocating libc-2.31.so: __ctype_b: symbol not found'
means musl-glibc-mix __vfprintf_chk $'Error relocating /lib/ld-linux-x86-64.so.2: unsupported relocation type 37\nError relocating ./tool: __vfprintf_chk: symbol not found'
means other /usr/bin/env './run: /usr/bin/env: bad interpreter: Text file busy'
means other None ' Loaded: error (Reason: Exec format error)'
means exec-permission None 'PermissionError: [Errno 13] Permission denied'
means exec-permission chromedriver "Message: 'chromedriver' executable may have wrong permissions."
means isa-level None 'The current machine does not support all of the following CPU features that are required by the image: [CX8, AVX].'
means tzdata-missing Asia/Tokyo "cp: can't stat '/usr/share/zoneinfo/Asia/Tokyo': No such file or directory"
means shebang-crlf /srv/run.sh '/srv/run.sh: 4: /srv/run.sh: ^M: not found'
means shebang-crlf bash "No such file or directory't execute 'bash"
means shebang-crlf bash 'No such file or directorye_backend_1 | /usr/bin/env: bash'
means exec-permission None 'Cannot start container 287fcc0b: [8] System error: permission denied'
means shebang-crlf sh "': No such file or directory'sh"
means interp-missing ./tool $'Could not start dynamically linked executable: ./tool\nNixOS cannot run dynamically linked executables intended for generic'
means other /etc/timezone 'Error: statfs /etc/timezone: no such file or directory'
means tzdata-missing /etc/zoneinfo/local 'Error: setting timezone for container 73dff85a: stat /etc/zoneinfo/local: no such file or directory'

# What a name tells: of scripts and programs, of whose build a library is, of which libc a symbol.
means interp-missing /lib64/ld-linux-x86-64.so.2 'exec /lib64/ld-linux-x86-64.so.2: no such file or directory'
means interp-missing /lib/ld64.so.1 'exec /lib/ld64.so.1: no such file or directory'
means interp-missing app 'exec app: no such file or directory'
means path-lookup app 'exec: "app": no such file or directory'
means shebang-crlf /srv/entrypoint 'exec /srv/entrypoint: no such file or directory'
means shebang-crlf /srv/wrapper 'exec /srv/wrapper: no such file or directory'
means path-lookup '[/usr/bin/tini,' 'exec: "[/usr/bin/tini,": stat [/usr/bin/tini,: no such file or directory'
means path-lookup '--flag]' 'bash: --flag]: no such file or directory'
means shebang-missing-interp /opt/venv/bin/gunicorn 'exec /opt/venv/bin/gunicorn: no such file or directory'
means path-lookup /opt/venv/bin/python3 'run: line 3: /opt/venv/bin/python3: No such file or directory'
means shebang-missing-interp ./job.sh '/srv/run.sh: line 14: ./job.sh: not found'
means shebang-missing-interp job.sh '/bin/sh: job.sh: not found'
means shebang-crlf job.sh '/bin/sh: 1: job.sh: not found'
means path-lookup job.sh 'bash: job.sh: command not found'
means shebang-missing-interp /srv/hook.sh 'fork/exec /srv/hook.sh: no such file or directory'
means shebang-missing-interp None 'fork/exec <path of the script>: no such file or directory'
means interp-missing None 'fork/exec <path of the program>: no such file or directory'
means shebang-crlf 'python^M' $'/usr/bin/env: python\n: No such file or directory'
means shebang-crlf 'bash\r' $'/usr/bin/env: \xe2\x96\x92bash\\r\xe2\x96\x92: No such file or directory'
means exec-permission /tmp/job 'java.io.IOException: Cannot run program "/tmp/job" (in directory "/srv"): Exec failed, error: 13 (Permission denied)'
means arch-mismatch /srv/job 'java.io.IOException: Cannot run program "/srv/job" (in directory "/srv"): Exec failed, error: 8 (Exec format error)'
means path-lookup job 'java.io.IOException: Cannot run program "job" (in directory "/srv"): Exec failed, error: 2 (No such file or directory)'
means other catatonit 'Error: lookup init binary: exec: "catatonit": executable file not found in $PATH'
means other None 'su-exec: setgroups: Operation not permitted'
means exec-permission /srv/app 'su-exec: /srv/app: Operation not permitted'
means other None 'error: failed switching to "root": operation not permitted'
means path-lookup groupmod $'/init: line 26: groupmod: not found\nid: unknown user app'
means other None 'qemu: uncaught target signal 11 (Segmentation fault) - core dumped'
means passwd-missing getpwuid_r 'doas: getpwuid_r failed: No such file or directory'
means tzdata-missing None 'missing Location in call to Time.In'
means other plugins/x.so 'could not open plugins/x.so plugin: not implemented'
means ldcache-stale libboost_system.so.1.66.0 'app: error while loading shared libraries: libboost_system.so.1.66.0: cannot open shared object file: No such file or directory'
means soname-mismatch libboost_system.so.1.65.1 'app: error while loading shared libraries: libboost_system.so.1.65.1: cannot open shared object file: No such file or directory'
means lib-missing libboost_system.so.1.65.1 '/usr/local/bin/app: error while loading shared libraries: libboost_system.so.1.65.1: cannot open shared object file: No such file or directory'
means arch-mismatch None 'standard_init_linux.go:187: exec user process caused "exec format error"'
means arch-mismatch None 'standard_init_linux.go:178: exec user process caused "exec format error"'
means arch-mismatch None 'standard_init_linux.go:228: exec user process caused: exec format error'
means arch-mismatch /usr/local/bin/docker-entrypoint.sh 'exec /usr/local/bin/docker-entrypoint.sh: exec format error'
means arch-mismatch /usr/local/bin/docker-php-serve 'exec /usr/local/bin/docker-php-serve: exec format error'
means arch-mismatch /bin/sh 'exec /bin/sh: exec format error'
means arch-mismatch /bin/own 'exec /bin/own: exec format error'
means arch-mismatch /srv/bin/sh 'exec /srv/bin/sh: exec format error'
means not-elf-not-script /srv/run.sh '/bin/sh: /srv/run.sh: Exec format error'
means not-elf-not-script /srv/run.py 'bash: /srv/run.py: cannot execute binary file: Exec format error'
means arch-mismatch /srv/run.py 'exec /srv/run.py: exec format error'
means path-lookup run.py 'exec: "run.py": executable file not found in $PATH: unknown'
means path-lookup gradlew 'exec: "gradlew": executable file not found in $PATH: unknown'
means path-lookup run.data 'exec: "run.data": executable file not found in $PATH: unknown'
means musl-glibc-mix libc.musl-x86_64.so.1 'app: error while loading shared libraries: libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory'
means musl-glibc-mix ld-linux-x86-64.so.2 'app: error while loading shared libraries: ld-linux-x86-64.so.2: cannot open shared object file: No such file or directory'
means musl-glibc-mix libresolv.so.2 'Error loading shared library libresolv.so.2: No such file or directory (needed by /srv/app)'
means musl-glibc-mix libz.so.1 'Error loading shared library libz.so.1: No such file or directory (needed by /srv/own.linux-x64-gnu.node)'
means lib-missing libz.so.1 'Error loading shared library libz.so.1: No such file or directory (needed by /srv/own.linux-x64-musl.node)'
means lib-missing libz.so.1 'Error loading shared library libz.so.1: No such file or directory (needed by /usr/lib/own.cpython-39-x86_64-linux-gnu.so)'
means lib-missing libz.so.1 'Error: libz.so.1: cannot open shared object file: No such file or directory (/srv/own-musl.node)'
means symbol-missing own_symbol 'Error relocating /srv/own-musl.node: own_symbol: symbol not found'
means musl-glibc-mix own_symbol 'Error relocating /srv/own-gnu.node: own_symbol: symbol not found'
means kernel-too-old libQt5Core.so.5 'app: error while loading shared libraries: libQt5Core.so.5: cannot open shared object file: No such file or directory'
means ldcache-stale libopenconnect.so.5 'openconnect: error while loading shared libraries: libopenconnect.so.5: cannot open shared object file: No such file or directory'
means lib-missing libopenconnect.so.5 '/usr/sbin/openconnect: error while loading shared libraries: libopenconnect.so.5: cannot open shared object file: No such file or directory'
means ldcache-stale libpython3.8.so.1.0 'python3.8: error while loading shared libraries: libpython3.8.so.1.0: cannot open shared object file: No such file or directory'
means ldcache-stale libnvidia-container.so.1 'nvidia-container-cli: error while loading shared libraries: libnvidia-container.so.1: cannot open shared object file: No such file or directory'
means rpath-broken libssl.so.3 '/usr/local/ssl/bin/openssl: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory'
means soname-mismatch libssl.so.3 '/usr/local/bin/openssl: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory'
means rpath-broken libown.so.3 '/opt/own/bin/own: error while loading shared libraries: libown.so.3: cannot open shared object file: No such file or directory'
means lib-missing libz.so.1 '/opt/own/bin/own: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file or directory'
means rpath-broken libown.so.3 '/opt/own/own: error while loading shared libraries: libown.so.3: cannot open shared object file: No such file or directory'
means dlopen-missing libofnobody.so.3 '/tmp/libduckdb123.so: libofnobody.so.3: cannot open shared object file: No such file or directory'
means ldcache-stale libofnobody.so.3 '/tmp/data: libofnobody.so.3: cannot open shared object file: No such file or directory'
means ldcache-stale libown.so 'app: error while loading shared libraries: /srv/lib/libown.so: cannot open shared object file: No such file or directory'
means dlopen-missing libown.so '/srv/lib/libown.so: cannot open shared object file: No such file or directory'
means dlopen-missing a.node 'Error: /srv/a.node: cannot open shared object file: No such file or directory'
means rpath-broken a.node '/srv/b.node: error while loading shared libraries: a.node: cannot open shared object file: No such file or directory'
means lib-missing b.node 'Error: b.node: cannot open shared object file: No such file or directory'
means rpath-broken libofnobody.so '/srv/bin/own: error while loading shared libraries: libofnobody.so: cannot open shared object file: No such file or directory'
means ldcache-stale libofnobody.so '/usr/bin/own: error while loading shared libraries: libofnobody.so: cannot open shared object file: No such file or directory'
means rpath-broken libofnobody.so 'Error: libofnobody.so: cannot open shared object file: No such file or directory'
means ldcache-stale libofnobody.so.4 'Error: libofnobody.so.4: cannot open shared object file: No such file or directory'
means lib-missing libofnobody.so.4 'Error loading shared library libofnobody.so.4: No such file or directory (needed by /usr/bin/own)'
means rpath-broken libofnobody.so.4 'Error loading shared library libofnobody.so.4: No such file or directory (needed by /srv/own)'
means soname-mismatch libruby.so.2.9 'libruby.so.2.9: cannot open shared object file: No such file or directory'
means lib-invalid own.node 'Error: /srv/node_modules/own/build/Release/own.node: invalid ELF header'
means lib-invalid own.so 'Error: /srv/own.so: invalid ELF header'
means musl-glibc-mix __fprintf_chk 'Error relocating /srv/own: __fprintf_chk: symbol not found'
means musl-glibc-mix __fprintf_chk 'Error relocating /srv/_extension.so: __fprintf_chk: symbol not found'
means symbol-missing statx 'Error relocating /srv/own: statx: symbol not found'
means symbol-missing _ZSt28__throw_bad_array_new_lengthv 'Error relocating /srv/own: _ZSt28__throw_bad_array_new_lengthv: symbol not found'
means lib-missing _ZSt17__throw_bad_allocv 'Error relocating /srv/own: _ZSt17__throw_bad_allocv: symbol not found'
means symbol-missing my_own 'Error relocating /srv/own: my_own: symbol not found'
means symbol-version-missing own '/srv/own: symbol lookup error: /srv/own: undefined symbol: own, version GLIBC_2.38'
means symbol-missing own '/srv/own: symbol lookup error: /srv/own: undefined symbol: own, version GLIBC_PRIVATE'
means symbol-missing own '/srv/own: symbol lookup error: /srv/own: undefined symbol: own, version OWN_2'
means musl-glibc-mix own '/srv/own: symbol lookup error: /srv/libown-musl.so: undefined symbol: own'
means symbol-missing _ZSt28__throw_bad_array_new_lengthv 'ImportError: /srv/own.so: undefined symbol: _ZSt28__throw_bad_array_new_lengthv'
means static-not-enough getaddrinfo 'the statically linked program gets SIGSEGV in getaddrinfo'
means musl-glibc-mix None 'Segmentation fault in getaddrinfo'
means lib-missing libz.so.1 "App could not be started: DllNotFoundException: Unable to load shared library 'libown' or one of its dependencies. libz.so.1: cannot open shared object file"
means lib-missing libgomp.so.1 'ImportError: libgomp.so.1: cannot open shared object file: No such file or directory'
means ldcache-stale libown.so.1 'ImportError: libown.so.1: cannot open shared object file: No such file or directory'
means ldcache-stale libsystemd-shared-252.so 'app: error while loading shared libraries: libsystemd-shared-252.so: cannot open shared object file: No such file or directory'
means rpath-broken libperl.so 'app: error while loading shared libraries: libperl.so: cannot open shared object file: No such file or directory'

# The loaders' rarer complaints, whole.
means other libown.so './own: error while loading shared libraries: libown.so: cannot create shared object descriptor: Cannot allocate memory'
means other libown.so './own: error while loading shared libraries: libown.so: cannot stat shared object: Value too large for defined data type'
means other libown.so './own: error while loading shared libraries: libown.so: cannot map zero-fill pages: Cannot allocate memory'
means other libown.so './own: error while loading shared libraries: libown.so: cannot read file data: Input/output error'
means lib-invalid libown.so './own: error while loading shared libraries: libown.so: cannot read file data: Is a directory'
means exec-permission libown.so './own: error while loading shared libraries: libown.so: cannot change memory protections'
means lib-invalid libown.so 'OSError: libown.so: shared object cannot be dlopen()ed'
means other libown.so './own: error while loading shared libraries: libown.so: R_X86_64_PC32 relocation at 0x7f for symbol `x'"'"' out of range'
means other libown.so './own: error while loading shared libraries: libown.so: unexpected reloc type 0x25'
means other None './own: Symbol `x'"'"' has different size in shared object, consider re-linking'
means static-tls libown.so "ERROR: ld.so: object '/srv/libown.so' from LD_PRELOAD cannot be preloaded (cannot allocate memory in static TLS block): ignored."
means kernel-too-old None 'FATAL: cannot determine kernel version'
means other libz.so.1 'Error loading shared library libz.so.1: Out of memory (needed by ./own)'
means other libz.so.1 'Error loading shared library libz.so.1: No file descriptors available (needed by ./own)'
means page-size libown.so 'dlopen failed: "libown.so" program alignment (4096) cannot be smaller than system page size (16384)'
means static-tls libown.so 'dlopen failed: TLS symbol "(null)" in dlopened "libown.so" using IE access model'
means exec-stack libown.so 'dlopen failed: "libown.so": W+E load segments are not allowed'
means other ./own 'error: "./own": executable'"'"'s TLS segment is underaligned: alignment is 8 (skew 0), needs to be at least 64 for ARM64 Bionic'
means arch-mismatch own.node "Error: dlopen(/srv/own.node, 0x0001): tried: '/srv/own.node' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))"
means lib-invalid own.node "Error: dlopen(/srv/own.node, 0x0001): tried: '/srv/own.node' (not a mach-o file)"
means arch-mismatch libown.so "java.lang.UnsatisfiedLinkError: /srv/libown.so: /srv/libown.so: cannot open shared object file: No such file or directory (Possible cause: can't load AARCH64 .so on a AMD64 platform)"

# Shells, launchers and inits.
means path-lookup own 'zsh: command not found: own'
means path-lookup own 'zsh:1: command not found: own'
means path-lookup own "fish: Unknown command 'own'"
means path-lookup own 'ksh: own: not found [No such file or directory]'
means path-lookup own '/system/bin/sh: own: inaccessible or not found'
means path-lookup own "The program 'own' is currently not installed. You can install it by typing:"
means path-lookup own "The term 'own' is not recognized as the name of a cmdlet, function, script file, or operable program."
means path-lookup own "git: 'own' is not a git command. See 'git --help'."
means path-lookup own 'make: exec(own) failed (No such file or directory)'
means path-lookup own 'Error: Unable to locate executable file: own. Please verify either the file path exists'
means path-lookup own 'bundler: command not found: own'
means path-lookup make 'gyp ERR! stack Error: not found: make'
means path-lookup git $'npm ERR! code ENOENT\nnpm ERR! syscall spawn git\nnpm ERR! errno ENOENT'
means path-lookup own $'error: Failed to spawn: `own`\n  Caused by: No such file or directory (os error 2)'
means path-lookup own 'ERROR libcontainer: executable for container process not found in PATH executable="own"'
means path-lookup own 'failed to start process: executable file own not found'
means path-lookup go 'failed to solve: process "/bin/sh -c go build" did not complete successfully: exit code: 127'
means path-lookup apk "The command '/bin/sh -c apk add --no-cache own && own start' returned a non-zero code: 127"
means path-lookup own "The command '/bin/sh -c own' returned a non-zero code: 127"
means path-lookup None 'own.service: Failed to execute command: No such file or directory'
means interp-missing /srv/own "ch-run: error: can't execve(2): /srv/own: No such file or directory"
means interp-missing /srv/own 'slurmstepd: error: execve(): /srv/own: No such file or directory'
means interp-missing /srv/own 'chpst: fatal: unable to run: /srv/own: file does not exist'
means interp-missing /srv/own '<3>WSL (11) ERROR: CreateProcessEntryCommon:334: execvpe /srv/own failed 2'
means arch-mismatch /srv/own 'slurmstepd: error: execve(): /srv/own: Exec format error'
means arch-mismatch /srv/own 'ksh: /srv/own: cannot execute [Exec format error]'
means arch-mismatch /bin/sh '.buildkit_qemu_emulator: /bin/sh: Invalid ELF image for this architecture'
means arch-mismatch arm64 "FATAL: could not open image: the image's architecture (arm64) could not run on the host's (amd64)"
means exec-permission /srv/own 'slurmstepd: error: execve(): /srv/own: Permission denied'
means exec-permission ./run 'runsv own: fatal: unable to start ./run: access denied'
means exec-permission own "INFO spawnerr: command at 'own' is not executable"
means exec-permission ./own 'zsh: permission denied: ./own'
means exec-permission ./own "/system/bin/sh: ./own: can't execute: Permission denied"
means exec-permission /srv 'bash: /srv: Is a directory'
means other ./own 'bash: ./own: Argument list too long'
means other ./own 'bash: ./own: Too many levels of symbolic links'
means other None 'rosetta error: mmap_anonymous_rw mmap failed, size=1000'
means other None 'unable to start container process: can'"'"'t get final child'"'"'s PID from pipe: EOF'
means shebang-crlf ./run 's6-supervise own: warning: unable to spawn ./run: No such file or directory'
means arch-mismatch /var/task/bootstrap 'fork/exec /var/task/bootstrap: exec format error PathError null'
means not-elf-not-script /srv/bootstrap 'fork/exec /srv/bootstrap: exec format error PathError null'

# What was opened, not executed.
means other /srv/etc/passwd '/srv/generate_user: line 10: /srv/etc/passwd: Permission denied'
means other /srv/own.log "PermissionError: [Errno 13] Permission denied: '/srv/own.log'"
means other config.json "FileNotFoundError: [Errno 2] No such file or directory: 'config.json'"
means exec-permission /srv/etc/own '/srv/init: line 10: /srv/etc/own: Permission denied'
means path-lookup own "FileNotFoundError: [Errno 2] No such file or directory: 'own'"
means other /srv/own.txt 'failed to compute cache key: "/srv/own.txt": not found'
means tzdata-missing /usr/share/zoneinfo 'failed to compute cache key: "/usr/share/zoneinfo": not found'
means other /usr/share/zoneinfo/Own 'own: /usr/share/zoneinfo/Own: invalid timezone file: no timezone found'
means cert-missing /srv/certifi/cacert.pem "FileNotFoundError: [Errno 2] No such file or directory: '/srv/certifi/cacert.pem'"

# Runtimes of languages.
means symbol-missing own_start "FFI\\Exception: Failed resolving C function 'own_start'"
means dlopen-missing libown.so "FFI\\Exception: Failed loading 'libown.so'"
means symbol-missing own_start 'java.lang.UnsatisfiedLinkError: unresolved symbol: own_start'
means dlopen-missing own_native 'java.lang.UnsatisfiedLinkError: could not load a native library: own_native'
means dlopen-missing libown.so 'error: Uncaught (in promise) Error: Could not open library: Could not open library: libown.so: cannot open shared object file: No such file or directory'
means dlopen-missing libown.so 'DlOpen { desc: "libown.so: cannot open shared object file: No such file or directory" }'
means dlopen-missing libown.so 'Error opening shared object "libown.so": libown.so: cannot open shared object file: No such file or directory.'
means dlopen-missing libmagic 'ImportError: failed to find libmagic.  Check your installation'
means dlopen-missing own.so 'plugin.Open("/srv/own.so"): realpath failed'
means lib-missing None 'prisma:warn Prisma failed to detect the libssl/openssl version to use, and may not work as expected.'
means musl-glibc-mix None "'linuxmusl-x64' binaries cannot be used on the 'linux-x64' platform. Please remove the 'node_modules/sharp' directory"
means other None 'You must install or update .NET to run this application.'
means other own "lua: module 'own' not found:"
means other own-1.0 'Ignoring own-1.0 because its extensions are not built.'
means arch-mismatch None 'System.BadImageFormatException: An attempt was made to load a program with an incorrect format.'
means isa-level None 'own-1  | illegal instructions ( core dumped)'
means symbol-version-missing GLIBC_2.38 $'System.DllNotFoundException: Unable to load shared library '"'own'"$' or one of its dependencies.\n/srv/own.so: cannot open shared object file: No such file or directory\n/lib/libc.so.6: version `GLIBC_2.38'"'"$' not found (required by /srv/libown.so)\n/srv/libown: cannot open shared object file: No such file or directory'
means dlopen-missing own $'System.DllNotFoundException: Unable to load shared library '"'own'"$' or one of its dependencies.\n/srv/a/own.so: cannot open shared object file: No such file or directory\n/srv/b/libown.so: cannot open shared object file: No such file or directory'
means lib-missing libxkbcommon.so.0 '{"Detail":{"Message":"Unable to load shared library '"'own'"' or one of its dependencies.\n/srv/own.so: cannot open shared object file: No such file or directory\nlibxkbcommon.so.0: cannot open shared object file: No such file or directory\n/srv/libown: cannot open shared object file: No such file or directory\n"}}'
means other None "'darwin-arm64' binaries cannot be used on the 'linux-x64' platform. Please remove the 'node_modules/sharp' directory"
means musl-glibc-mix None $'Failed to load own because it was not installed for the current system\nExpected directory: node-v57-linux-x64-musl\nFound: [node-v46-linux-x64-glibc]'
means other None 'close_range: Operation not permitted'
means not-elf-not-script ./own $'./own: line 8: syntax error near unexpected token `newline\'\n./own: line 8: `<!DOCTYPE html>\''
means not-elf-not-script ./own "./own: line 1: syntax error near unexpected token \`<'"
means not-elf-not-script ./own './own: 1: Syntax error: redirection unexpected'
means not-elf-not-script ./own './own: line 1: syntax error: unexpected redirection'
means not-elf-not-script ./own './own: line 1: 404:: command not found'
means interp-missing ./own $'standard_init_linux.go:178: exec user process caused "no such file or directory"\nbash-4.3$ ./own\nsh: ./own: not found'
means shebang-crlf ./own.sh $'standard_init_linux.go:178: exec user process caused "no such file or directory"\nsh: ./own.sh: not found'
means other None "/bin/sh: 1: Syntax error: Unterminated quoted string"
means arch-mismatch ./own './own: 1: Syntax error: Unterminated quoted string'
means cert-missing None '** (RuntimeError) default CA trust store not available, please add `:castore` to your dependencies'
means cert-missing None 'failed to fetch: [60] SSL peer certificate or SSH remote key was not OK'
means tzdata-missing Asia/Tokyo 'Error: Timezone "Asia/Tokyo" is not valid'
means passwd-missing own 'Error: could not resolve user: own'

# Where a library is that the distribution has in another version.
means ldcache-stale libhunspell.so.0 'own: error while loading shared libraries: libhunspell.so.0: cannot open shared object file: No such file or directory'
means soname-mismatch libprotobuf.so.23 'own: error while loading shared libraries: libprotobuf.so.23: cannot open shared object file: No such file or directory'
means soname-mismatch libboost_system.so.1.66.0 '/usr/sbin/own: error while loading shared libraries: libboost_system.so.1.66.0: cannot open shared object file: No such file or directory'
means ldcache-stale libgdal.so.20 './gdal_own: error while loading shared libraries: libgdal.so.20: cannot open shared object file: No such file or directory'
means lib-missing libaravis-0.6.so.0 '/own: error while loading shared libraries: libaravis-0.6.so.0: cannot open shared object file: No such file or directory'
means ldcache-stale libaravis-0.6.so.0 'arv-own: error while loading shared libraries: libaravis-0.6.so.0: cannot open shared object file: No such file or directory'
means soname-mismatch libaravis-0.6.so.0 'error while loading shared libraries: libaravis-0.6.so.0: cannot open shared object file: No such file or directory'

# In other languages.
means interp-missing ./app 'bash: ./app: Datei oder Verzeichnis nicht gefunden'
means lib-missing libxkbcommon.so.0 "app: erreur lors du chargement des librairies partagées: libxkbcommon.so.0: Ne peut ouvrir le fichier d'objet partagé: Aucun fichier ou dossier de ce type"
means path-lookup tool 'bash: tool: 未找到命令'
means exec-permission ./app 'bash: ./app: Отказано в доступе'
all_mean

# A log: the root of the failure, not what follows from it.
log soname-mismatch libicui18n.so.72 <<'END'
2026-11-20T10:00:00.000Z starting
web-1  | Error loading shared library libicui18n.so.72: No such file or directory (needed by /srv/app)
web-1  | Error relocating /srv/app: _ZN6icu_726LocaleC1Ev: symbol not found
web-1 exited with code 127
END
log symbol-version-missing GLIBC_2.34 <<'END'
./a: /lib/libc.so.6: version `GLIBC_2.32' not found (required by ./a)
./a: /lib/libc.so.6: version `GLIBC_2.34' not found (required by ./a)
./a: /lib/libc.so.6: version `GLIBC_2.33' not found (required by ./a)
END
log musl-glibc-mix libgcc_s.so.1 <<'END'
Error loading shared library libgcc_s.so.1: No such file or directory (needed by /srv/app)
Error relocating /srv/app: _Unwind_Resume: symbol not found
Error relocating /srv/app: __isoc23_strtol: symbol not found
END
log exec-permission /srv/run <<'END'
{"log":"exec /srv/run: permission denied\n","stream":"stderr","time":"2026-11-20T10:00:00Z"}
END
log path-lookup tini <<'END'
Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"tini\": executable file not found in $PATH: unknown
END
log lib-missing libxkbcommon.so.0 <<END
$(printf 'Nov 20 10:00:00 host unit[7]: \e[31m/srv/app\e[0m: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: No such file or directory')
END
log lib-missing libxkbcommon.so.0 <<'END'
/srv/app: error while loading shared
libraries: libxkbcommon.so.0: cannot open shared object file: No such
file or directory
END

# Broken where it stands already for less.
log symbol-version-missing GLIBC_2.38 <<'END'
web-1  |  "Failed to load NIF library: '/lib/libc.so.6: version `GLIBC_2.38'
not found (required by /srv/own_nif.so)'"
END
log not-elf-not-script ./run.sh <<'END'
Failed to execute process './run.sh'. Reason:
exec: Exec format error
END
log symbol-version-missing GLIBC_2.38 <<'END'
# ImportError: /lib/libm.so.6: version `GLIBC_2.38'
# not found (required by /srv/own.so)
END
log dlopen-missing libown.so.2 <<'END'
Cannot load library libown.so.2
Error: Error loading shared library libown.so.2: No such file or directory
END
# A message behind more of less weight than are kept.
{
    printf 'bash: tool: command not found\n%.0s' {1..600}
    echo 'srv: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file or directory'
} >many
log lib-missing libz.so.1 <many

# A message behind many that are nearly one, far into a long line.
{
    printf 'failed to load shared library: nothing %.0s' {1..2000}
    echo 'srv: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: No such file or directory'
} >long
log lib-missing libxkbcommon.so.0 <long

# Nothing that is known: said so, with what to try, whatever it is.
unknown() {
    expect 1 "$1" "$willrun" explain "$2"
    says out 'not recognised'
    says out '--exit-code'
}
unknown 'a sentence' 'the quick brown fox'
unknown 'nothing' ''
head -c 3000000 /dev/urandom >garbage
unknown 'garbage' ./garbage
: >empty
unknown 'an empty file' ./empty

# A log that is not there is no message.
for gone in ./gone /gone/build gone.log logs/gone.txt; do
    expect 2 "$gone" "$willrun" explain "$gone"
    says err "cannot read the message from $gone"
done
expect 2 'a log beside a target' "$willrun" explain --root root gone.log

# Ends of containers.
for status in 125 126 127 128 132 133 134 135 136 137 139 143 159 255; do
    expect 0 "status $status" "$willrun" explain --exit-code $status
    says out "exit status $status"
done
expect 0 'a status of a program' "$willrun" explain --exit-code 126 /srv/run
says out 'willrun check --root ROOT /srv/run'
expect 2 'status 256' "$willrun" explain --exit-code 256
expect 0 'a status in a log' "$willrun" explain 'web-1 exited with code 132'
says out 'isa-level'

# With a target: its files decide, and what they do not show is said.
cp /bin/ls root/bin/ls
expect 0 'a target' "$willrun" explain --root root --format json 'exec /bin/ls: no such file or directory'
names interp-missing /bin/ls
says out '"decided": true'
expect 0 'a target, for people' "$willrun" explain --root root 'exec /bin/ls: no such file or directory'
says out 'decided by the files of root'
expect 0 'another message' "$willrun" explain --root root --format json 'exec /bin/gone: permission denied'
says out '"decided": false'
expect 0 'a path' "$willrun" explain --root root --format json /bin/ls
names interp-missing /lib64/ld-linux-x86-64.so.2
expect 0 'a library that nothing needs' "$willrun" explain --root root --format json 'app: error while loading shared libraries: libofnobody.so.1: cannot open shared object file: No such file or directory'
says out '"decided": false'
expect 0 'nothing is named, and two files fail' "$willrun" explain --root root --format json 'standard_init_linux.go:228: exec user process caused: no such file or directory'
says out '"decided": false'
expect 0 'a status, and two files fail' "$willrun" explain --root root --format json --exit-code 127
says out '"decided": false'
mkdir -p single/bin && cp /bin/ls single/bin/
expect 0 'a status, and one file fails' "$willrun" explain --root single --format json --exit-code 127
names interp-missing /lib64/ld-linux-x86-64.so.2
says out 'willrun check --root single /bin/ls'
printf 'FROM scratch\nCOPY ls /bin/ls\n' >Dockerfile
cp /bin/ls ls
expect 0 'a Dockerfile' "$willrun" explain --dockerfile Dockerfile --format json 'exec /bin/ls: no such file or directory'
names interp-missing /bin/ls
says out 'Dockerfile:2: COPY ls /bin/ls'
expect 2 'no such root' "$willrun" explain --root none 'exec /bin/ls: no such file or directory'

# A 32-bit program's interpreter, a script that the shell cannot read, a Node package of another platform.
expect 0 'an ELF interpreter' "$willrun" explain --format json 'bash: ./app: /lib/ld-linux.so.2: bad ELF interpreter: No such file or directory'
names interp-missing /lib/ld-linux.so.2
expect 0 'a script that is gone' "$willrun" explain --format json "sh: can't open '/entrypoint.sh': No such file or directory"
names path-lookup /entrypoint.sh
expect 0 'a package for another platform' "$willrun" explain --format json "Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies"
names other @rollup/rollup-linux-x64-gnu

# 10 MB of a log: within a second in a build without sanitizers, whatever else the machine does.
yes 'app: open /data/x: no such file or directory' | head -c 10000000 >log
echo 'app: error while loading shared libraries: libxkbcommon.so.0: cannot open shared object file: No such file or directory' >>log
expect 0 'ten megabytes' timeout 100 "$willrun" explain log
says out 'libxkbcommon.so.0'

end
