#!/usr/bin/env bash
# The hosts of each kind of plugin: by the plugin's place, with what they have opened before, and the
# plugins that others need.
source "$(dirname "$0")/expect.bash"

root=$work/root
glibc=/lib/x86_64-linux-gnu
mkdir -p "$root/lib64" "$root$glibc"
cp /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
cp $glibc/libc.so.6 "$root$glibc/"
echo 'int host_api(void) { return 1; } int main(void) { return 0; }' | gcc -rdynamic -x c -o host -
host() {
    mkdir -p "$(dirname "$root$1")"
    cp host "$root$1"
}
plugin() { # FILE C
    mkdir -p "$(dirname "$root$1")"
    echo "$2" | gcc -shared -fPIC ${3:-} -x c -o "$root$1" -
}
is() { # STATUS HOST KIND FILE
    expect "$1" "$4" "$willrun" check --root "$root" --format json --env PATH=/usr/sbin:/usr/bin "$4"
    if [[ -n $2 ]]; then says out "\"host\": \"$2\""; fi
    says out "\"plugin\": \"$3\""
}
need='int host_api(void); int f(void) { return host_api(); }'

host /usr/bin/php8.2
host /usr/bin/php8.4
plugin /usr/lib/php/20240924/a.so "$need"
is 0 /usr/bin/php8.4 php-extension /usr/lib/php/20240924/a.so
plugin /usr/lib/php/20220829/a.so "$need"
is 0 /usr/bin/php8.2 php-extension /usr/lib/php/20220829/a.so
host /usr/lib/postgresql/15/bin/postgres
host /usr/lib/postgresql/17/bin/postgres
plugin /usr/lib/postgresql/17/lib/a.so "$need"
is 0 /usr/lib/postgresql/17/bin/postgres postgresql-module /usr/lib/postgresql/17/lib/a.so
host /usr/bin/ruby3.1
plugin /usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0/a.so "$need void Init_a(void) {}"
is 0 /usr/bin/ruby3.1 ruby-extension /usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0/a.so
host /usr/bin/perl
plugin /usr/lib/x86_64-linux-gnu/perl5/5.36/auto/A/A.so "$need"
is 0 /usr/bin/perl perl-xs /usr/lib/x86_64-linux-gnu/perl5/5.36/auto/A/A.so
host /usr/bin/lua5.4
plugin /usr/share/lua/a.so "$need int luaopen_a(void *s) { return 0; }"
is 0 /usr/bin/lua5.4 lua-module /usr/share/lua/a.so
# servers with a folder of modules, and a NIF by its function wherever it lies
host /usr/sbin/kamailio
plugin /usr/lib/x86_64-linux-gnu/kamailio/modules/a.so "$need" -Wl,-z,now
is 0 /usr/sbin/kamailio kamailio-module /usr/lib/x86_64-linux-gnu/kamailio/modules/a.so
says out '"runs": 1'
plugin /usr/lib/x86_64-linux-gnu/kamailio/modules/b.so 'int gone(void); int f(void) { return gone(); }'
expect 1 'what kamailio has not' "$willrun" check --root "$root" --env PATH=/usr/sbin /usr/lib/x86_64-linux-gnu/kamailio/modules/b.so
rm "$root/usr/sbin/kamailio"
is 0 '' kamailio-module /usr/lib/x86_64-linux-gnu/kamailio/modules/a.so
says out '"unknown": 1'
host /usr/local/lib/erlang/erts-14.2/bin/beam.smp
plugin /opt/app/priv/a.so "$need int nif_init(void) { return 0; }"
is 0 /usr/local/lib/erlang/erts-14.2/bin/beam.smp erlang-nif /opt/app/priv/a.so
says out '"runs": 1'
plugin /usr/lib/x86_64-linux-gnu/liblua5.4-cjson.so.0 'int f(void) { return 0; }'
is 0 /usr/bin/lua5.4 lua-module /usr/lib/x86_64-linux-gnu/liblua5.4-cjson.so.0
plugin /usr/lib/x86_64-linux-gnu/liblua5.4-c++.so.0 'int f(void) { return 0; }'
expect 0 'Lua itself' "$willrun" check --root "$root" --format json /usr/lib/x86_64-linux-gnu/liblua5.4-c++.so.0
says out '"runs": 1'
plugin /lib/x86_64-linux-gnu/security/pam_a.so 'int f(void) { return 0; }'
is 0 '' pam-module /lib/x86_64-linux-gnu/security/pam_a.so
plugin /lib/x86_64-linux-gnu/security/pam_b.so 'int gone(void); int f(void) { return gone(); }' -Wl,-z,now
expect 1 'what no library of a PAM module defines' "$willrun" check --root "$root" /lib/x86_64-linux-gnu/security/pam_b.so
says out 'PAM unable to dlopen(/lib/x86_64-linux-gnu/security/pam_b.so): /lib/x86_64-linux-gnu/security/pam_b.so: undefined symbol: gone'

# a JVM is there before what it opens
host /usr/lib/jvm/a/bin/java
mkdir -p "$root/usr/lib/jvm/a/lib/server"
echo 'int jvm(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libjvm.so -x c -o "$root/usr/lib/jvm/a/lib/server/libjvm.so" -
mkdir -p "$root/opt"
echo 'int jvm(void); int JNI_OnLoad(void) { return jvm(); }' |
    gcc -shared -fPIC -x c -o "$root/opt/libn.so" - -x none "$root/usr/lib/jvm/a/lib/server/libjvm.so"
is 0 /usr/lib/jvm/a/bin/java jni-library /opt/libn.so
says out '"runs": 1'

# … and the library of a window system, before what links AWT
echo 'int drawn(void) { return 1; }' | gcc -shared -fPIC -x c -o "$root/usr/lib/jvm/a/lib/libawt_headless.so" -
echo 'int awt(void) { return 1; }' | gcc -shared -fPIC -Wl,-soname,libawt.so -x c -o "$root$glibc/libawt.so" -
echo 'int drawn(void); int awt(void); int JNI_OnLoad(void) { return drawn() + awt(); }' >font.c
gcc -shared -fPIC -Wl,-z,now -o "$root/opt/libf.so" font.c "$root$glibc/libawt.so"
is 0 /usr/lib/jvm/a/bin/java jni-library /opt/libf.so
says out '"runs": 1'
gcc -shared -fPIC -Wl,-z,now -o "$root/opt/libf.so" font.c
is 1 /usr/lib/jvm/a/bin/java jni-library /opt/libf.so

# one module needs another's symbols
host /usr/sbin/apache2
modules=/usr/lib/apache2/modules
plugin $modules/mod_proxy.so 'int proxy_hook(void) { return 1; }'
plugin $modules/mod_proxy_http.so 'int proxy_hook(void); int f(void) { return proxy_hook(); }'
is 0 /usr/sbin/apache2 apache-module $modules/mod_proxy_http.so
says out '"rule": "plugin-order"'
says out 'needs mod_proxy.so loaded before it, for proxy_hook'
says out '"unknown": 1'

# … in the order of the host's own configuration
mkdir -p "$root/etc/apache2/mods-enabled"
conf=$root/etc/apache2/apache2.conf
echo 'Include ports.conf' >"$conf"
expect 0 'a configuration without it' "$willrun" check --root "$root" --env PATH=/usr/sbin --fail-on fails $modules/mod_proxy_http.so
says out 'for proxy_hook: /etc/apache2/apache2.conf'
printf '%s\n' 'IncludeOptional mods-enabled/*.load' '<IfDefine NEVER>' '</IfDefine>' >"$conf"
echo "LoadModule proxy_http_module $modules/mod_proxy_http.so" >"$root/etc/apache2/mods-enabled/proxy_http.load"
expect 1 'its configuration loads it alone' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_proxy_http.so
says out "│ $modules/mod_proxy_http.so: undefined symbol: proxy_hook"
says out 'fix: Load mod_proxy.so before line 1 of'
printf '%s\n' '<IfModule !mod_proxy.c>' "LoadModule proxy_module ${modules#/usr/lib/apache2/}/mod_proxy.so" '</IfModule>' \
    >"$root/etc/apache2/mods-enabled/proxy.load"
sed -i '1i ServerRoot "/usr/lib/apache2"' "$conf"
sed -i 's|mods-enabled|/etc/apache2/mods-enabled|' "$conf"
is 0 /usr/sbin/apache2 apache-module $modules/mod_proxy_http.so
says out '"runs": 1'
sed -i 's/!mod_proxy.c/mod_proxy.c/' "$root/etc/apache2/mods-enabled/proxy.load"
expect 1 'the other one is loaded where it is there already' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_proxy_http.so
sed -i 's/IfModule mod_proxy.c/IfDefine PROXY/' "$root/etc/apache2/mods-enabled/proxy.load"
is 0 /usr/sbin/apache2 apache-module $modules/mod_proxy_http.so
says out 'conditions decide what is before it'
rm -r "$root/etc/apache2"
# Perl's modules load others themselves, with RTLD_GLOBAL where those say so
perl=/usr/lib/x86_64-linux-gnu/perl5/5.36
plugin $perl/auto/Base/Base.so 'int base(void) { return 1; }'
plugin $perl/auto/Base/More/More.so 'int base(void); int (*p)(void) = base;'
mkdir -p "$root$perl/Base"
printf '%s\n' 'package Base::More;' 'use strict;' 'use Base ();' 'XSLoader::load();' >"$root$perl/Base/More.pm"
printf '%s\n' 'package Base;' 'XSLoader::load();' >"$root$perl/Base.pm"
expect 1 'a module that is not global' "$willrun" check --root "$root" --env PATH=/usr/bin $perl/auto/Base/More/More.so
printf '%s\n' 'package Base;' 'sub dl_load_flags { 0x01 }' 'XSLoader::load();' >"$root$perl/Base.pm"
is 0 /usr/bin/perl perl-xs $perl/auto/Base/More/More.so
says out '"runs": 1'
sed -i 's/use Base ();/eval "use Base;";/' "$root$perl/Base/More.pm"
is 0 /usr/bin/perl perl-xs $perl/auto/Base/More/More.so
says out '"runs": 1'
sed -i '/use Base/d' "$root$perl/Base/More.pm"
expect 1 'it does not load the other one' "$willrun" check --root "$root" --env PATH=/usr/bin $perl/auto/Base/More/More.so

# nginx reads a file in the middle of its own, PHP the Zend extensions first
host /usr/sbin/nginx
plugin /usr/lib/nginx/modules/ndk.so 'int ndk(void) { return 1; } int ngx_modules;'
plugin /usr/lib/nginx/modules/lua.so 'int ndk(void); int ngx_modules; int f(void) { return ndk(); }'
mkdir -p "$root/etc/nginx/modules" "$root/usr/share/nginx"
ln -s ../../lib/nginx/modules "$root/usr/share/nginx/modules"
printf '%s\n' '# load_module none;' 'user "a b"; include modules/*.conf;' 'load_module modules/lua.so;' 'events { }' >"$root/etc/nginx/nginx.conf"
expect 1 'no other one' "$willrun" check --root "$root" --env PATH=/usr/sbin /usr/lib/nginx/modules/lua.so
says out 'Load ndk.so before line 3 of /etc/nginx/nginx.conf loads this one.'
echo "load_module 'modules/ndk.so';" >"$root/etc/nginx/modules/a.conf"
is 0 /usr/sbin/nginx nginx-module /usr/lib/nginx/modules/lua.so
says out '"runs": 1'
api=/usr/lib/php/20220829
plugin $api/first.so 'int first(void) { return 1; }'
plugin $api/second.so 'int first(void); int (*p)(void) = first;'
mkdir -p "$root/etc/php/8.2/cli/conf.d"
printf '[PHP]\n;extension=first\nextension=second.so\n' >"$root/etc/php/8.2/cli/conf.d/10-second.ini"
echo 'extension = "first" ; behind' >"$root/etc/php/8.2/cli/conf.d/20-first.ini"
expect 1 'behind the one that needs it' "$willrun" check --root "$root" --env PATH=/usr/bin $api/second.so
says out 'fix: Load first.so before line 3 of /etc/php/8.2/cli/conf.d/10-second.ini'
echo 'zend_extension = first' >"$root/etc/php/8.2/cli/conf.d/20-first.ini"
is 0 /usr/bin/php8.2 php-extension $api/second.so
says out '"runs": 1'

# what is built for another release of PHP or nginx is refused once dlopen has loaded it
built() { # FILE API
    plugin "$1" "void *get_module(void) { return 0; } const char id[] = \"API$2,NTS\";"
}
echo 'const char id[] = "API20220829,NTS"; int main(void) { return 0; }' | gcc -rdynamic -x c -o "$root/usr/bin/php8.2" -
built $api/same.so 20220829
is 0 /usr/bin/php8.2 php-extension $api/same.so
says out '"runs": 1'
built $api/other.so 20230831
expect 1 'an extension of another PHP' "$willrun" check --root "$root" --env PATH=/usr/bin $api/other.so
says out '│ Module compiled with module API=20230831'
says out '│ PHP    compiled with module API=20220829'
says out 'error[host-refuses]'
# … and a module of PHP that requires another one, as soon as all are loaded
entry() { # NAME [REQUIRED [TYPE]], as zend_module_entry
    cat <<END
struct dep { const char *name, *rel, *version; unsigned char type; };
static struct dep deps[] = {{"${2:-none}", 0, 0, ${3:-3}}, {0, 0, 0, 0}};
struct entry { unsigned short size; unsigned api; unsigned char debug, zts; void *ini; struct dep *deps; const char *name; void *rest[16]; };
static struct entry entry = {sizeof(struct entry), 20220829, 0, 0, 0, deps, "$1"};
const char id[] = "API20220829,NTS"; void *get_module(void) { return &entry; }
END
}
{ entry Core; echo 'int main(void) { return 0; }'; } | gcc -rdynamic -x c -o "$root/usr/bin/php8.2" -
plugin $api/pdo.so "$(entry PDO)"
plugin $api/pdo_mysql.so "$(entry pdo_mysql pdo 1)"
plugin $api/builtin.so "$(entry builtin core 1)"
confd=$root/etc/php/8.2/cli/conf.d
is 0 /usr/bin/php8.2 php-extension $api/builtin.so
says out '"runs": 1'
is 0 /usr/bin/php8.2 php-extension $api/pdo_mysql.so
says out 'needs the module pdo loaded as well'
says out '"unknown": 1'
echo 'extension=pdo_mysql' >"$confd/10-pdo_mysql.ini"
expect 1 'a module without the one it requires' "$willrun" check --root "$root" --env PATH=/usr/bin $api/pdo_mysql.so
says out '│ Cannot load module "pdo_mysql" because required module "pdo" is not loaded'
echo 'extension=pdo' >"$confd/20-pdo.ini"
is 0 /usr/bin/php8.2 php-extension $api/pdo_mysql.so
says out '"runs": 1'
plugin $api/pdo_mysql.so "$(entry pdo_mysql pdo 2)"
is 0 /usr/bin/php8.2 php-extension $api/pdo_mysql.so
says out '"runs": 1'
echo 'extension=pdo' >"$confd/05-pdo.ini"
expect 1 'a module behind one that it conflicts with' "$willrun" check --root "$root" --env PATH=/usr/bin $api/pdo_mysql.so
says out '│ Cannot load module "pdo_mysql" because conflicting module "pdo" is already loaded'
rm "$confd"/*pdo*
plugin $api/pdo_mysql.so "$(entry pdo_mysql pdo 1)"
rm "$root$api/pdo.so"
expect 1 'the required module is nowhere' "$willrun" check --root "$root" --env PATH=/usr/bin $api/pdo_mysql.so
says out 'fix: Install the extension pdo as well.'
module() { # VERSION, as NGX_MODULE_V1 writes it
    echo "long ngx_modules[] = {-1, -1, 0, 0, 0, $1};"
}
{ module 1022001; echo 'int main(void) { return 0; }'; } | gcc -rdynamic -x c -o "$root/usr/sbin/nginx" -
plugin /usr/lib/nginx/modules/own.so "$(module 1022001)"
is 0 /usr/sbin/nginx nginx-module /usr/lib/nginx/modules/own.so
says out '"runs": 1'
plugin /usr/lib/nginx/modules/other.so "$(module 1026003)"
expect 1 'a module of another nginx' "$willrun" check --root "$root" --env PATH=/usr/sbin /usr/lib/nginx/modules/other.so
says out '│ module "/usr/lib/nginx/modules/other.so" version 1026003 instead of 1022001'

# its release beside that of its API, which alone counts
echo 'const char version[] = "\0v5.36.1\0v5.36.0"; void Perl_xs_handshake(void) {} int main(void) { return 0; }' |
    gcc -rdynamic -x c -o "$root/usr/bin/perl" -
xs() { echo "void Perl_xs_handshake(const char *); void boot(void) { Perl_xs_handshake(\"\\0$1\" + 1); }"; }
plugin $perl/auto/Own/Own.so "$(xs v5.36.0)"
is 0 /usr/bin/perl perl-xs $perl/auto/Own/Own.so
says out '"runs": 1'
plugin $perl/auto/Own/Own.so "$(xs v5.34.0)"
expect 1 'a module of another Perl' "$willrun" check --root "$root" --env PATH=/usr/bin $perl/auto/Own/Own.so
says out 'was built for Perl v5.34.0, and /usr/bin/perl is v5.36.1'

apache() { # COOKIE VERSION, as STANDARD20_MODULE_STUFF
    echo "struct { int version, minor, index; char *name; void *handle, *next; unsigned long magic; } x_module = {$2, 0, -1, \"x.c\", 0, 0, $1};"
}
{ apache 0x41503234 20120211; echo 'int main(void) { return 0; }'; } | gcc -rdynamic -x c -o "$root/usr/sbin/apache2" -
plugin $modules/mod_own.so "$(apache 0x41503234 20120211)"
is 0 /usr/sbin/apache2 apache-module $modules/mod_own.so
says out '"runs": 1'
plugin $modules/mod_old.so "$(apache 0x41503232 20051115)"
expect 1 'a module of another Apache' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_old.so
says out 'Apache 2.2 (module magic number 20051115), and /usr/sbin/apache2 is 2.4'
plugin $modules/mod_old.so "$(apache 0x41503234 20110101)"
expect 1 'a module of an early Apache 2.4' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_old.so
says out '│ is not compatible with this version of Apache (found 20110101, need 20120211).'

magic() { echo "const int magic[14] = {56, $1, 100, 32, 64, 1};"; } # Pg_magic_struct
{ magic 1700; echo 'int main(void) { return 0; }'; } | gcc -rdynamic -x c -o "$root/usr/lib/postgresql/17/bin/postgres" -
plugin /usr/lib/postgresql/17/lib/own.so "$(magic 1700)"
is 0 /usr/lib/postgresql/17/bin/postgres postgresql-module /usr/lib/postgresql/17/lib/own.so
says out '"runs": 1'
plugin /usr/lib/postgresql/17/lib/old.so "$(magic 1500)"
expect 1 'a module of another PostgreSQL' "$willrun" check --root "$root" --env PATH=/usr/bin /usr/lib/postgresql/17/lib/old.so
says out 'PostgreSQL 15, and /usr/lib/postgresql/17/bin/postgres is 17'

# … and loads what its configuration names before all others
libdir=/usr/lib/postgresql/17/lib
plugin $libdir/core.so "$(magic 1700) int core(void) { return 1; }"
plugin $libdir/needs.so "$(magic 1700) int core(void); int f(void) { return core(); }"
is 0 /usr/lib/postgresql/17/bin/postgres postgresql-module $libdir/needs.so
says out 'needs core.so loaded before it, for core'
says out '"unknown": 1'
mkdir -p "$root/etc/postgresql/17/main/conf.d"
echo "include_dir 'conf.d'" >"$root/etc/postgresql/17/main/postgresql.conf"
echo "shared_preload_libraries = 'own, \$libdir/core' # both" >"$root/etc/postgresql/17/main/conf.d/a.conf"
is 0 /usr/lib/postgresql/17/bin/postgres postgresql-module $libdir/needs.so
says out '"runs": 1'
echo "shared_preload_libraries = 'needs,core'" >"$root/etc/postgresql/17/main/conf.d/b.conf"
expect 1 'before the one that it needs' "$willrun" check --root "$root" --env PATH=/usr/bin $libdir/needs.so
says out 'fix: Load core.so before line 1 of /etc/postgresql/17/main/conf.d/b.conf'
rm -r "$root/etc/postgresql" "$root$libdir/needs.so" "$root$libdir/core.so"

# uWSGI loads what a plugin says that it requires
host /usr/bin/uwsgi
plugins=/usr/lib/uwsgi/plugins
plugin $plugins/core_plugin.so 'int core(void) { return 1; }'
plugin $plugins/more_plugin.so 'int core(void); int f(void) { return core(); }'
is 0 /usr/bin/uwsgi uwsgi-plugin $plugins/more_plugin.so
says out '"unknown": 1'
printf 'xrequires=core\n' >requires # whatever lies before the section
objcopy --add-section uwsgi=requires "$root$plugins/more_plugin.so"
is 0 /usr/bin/uwsgi uwsgi-plugin $plugins/more_plugin.so
says out '"runs": 1'

# Of a profile nobody knows for which plugins its host was built; those that came with it are taken.
expect 0 'a profile of it' "$willrun" snapshot "$root" -o profile.tar.zst
cp "$root/usr/lib/postgresql/17/lib/old.so" from-elsewhere.so
expect 0 'a plugin laid over a profile' "$willrun" check --root profile.tar.zst --env PATH=/usr/bin --format json \
    --copy :from-elsewhere.so:/usr/lib/postgresql/17/lib/new.so /usr/lib/postgresql/17/lib/new.so
says out '"unknown": 1'
says out 'a profile does not tell for which plugins the host was built'
expect 0 'a plugin of the profile' "$willrun" check --root profile.tar.zst --env PATH=/usr/bin --format json \
    /usr/lib/postgresql/17/lib/own.so
says out '"runs": 1'

plugin $modules/mod_proxy.so 'int gone(void); int proxy_hook(void) { return gone(); }'
expect 1 'the other one does not load itself' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_proxy_http.so
rm "$root$modules/mod_proxy.so"
expect 1 'the other one is not there' "$willrun" check --root "$root" --env PATH=/usr/sbin $modules/mod_proxy_http.so
says out "│ $modules/mod_proxy_http.so: undefined symbol: proxy_hook"

rm -r "$root/usr/lib/jvm" "$root/usr/sbin"
expect 0 'no host' "$willrun" check --root "$root" $modules/mod_proxy_http.so
says out 'Give a root with Apache'

# However many symbols a library of glibc lacks in a process of musl that opens it lazily, it is read once.
mkdir -p musl/lib musl/usr/bin
cp -L /lib/ld-musl-x86_64.so.1 musl/lib/
echo 'const char abi[] = "node_register_module_v115"; int main(void) { return abi[0]; }' | musl-gcc -x c -o musl/usr/bin/node -
for i in $(seq 20000); do echo "extern int g$i; int *p$i = &g$i;"; done | musl-gcc -O0 -shared -fPIC -x c -o musl/lacks.node -
expect 1 'a library that lacks many' timeout 60 "$willrun" check --root musl --format json /lacks.node
says out '"symbol": "g20000"'
end
