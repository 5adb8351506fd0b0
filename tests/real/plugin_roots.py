"""The roots of the rigs about plugins: Python's extension modules, and the plugins of other hosts.

They are made and kept as those of roots.py, which has the recipes' words.
"""

import argparse
import os
import shutil
from pathlib import Path

import debian
import elf
import roots
from roots import Recipe, debian_root, link_tree, run_ldconfig, small_root

# Extension modules of many makers: C, C++, Cython, cffi, pybind11, Rust; abi3 ones, and those of one
# release.
PYTHON_PACKAGES = """numpy lxml psycopg2 cryptography yaml pil cffi-backend zmq gi pandas-lib greenlet
gevent msgpack ujson simplejson bcrypt nacl pycurl ldap mysqldb regex levenshtein markupsafe psutil
setproctitle tornado aiohttp multidict yarl frozenlist wrapt zstandard lz4 snappy brotli bitarray crcmod
dbus apt systemd selinux libvirt netifaces evdev smbus shapely pyproj cairo cups gmpy2 xapian gssapi
pymssql pyodbc asyncpg plyvel lmdb hiredis httptools uvloop pyrsistent kiwisolver contourpy
numexpr bottleneck pywt pyaudio alsaaudio m2crypto pycryptodome xmlsec libxml2 twisted
zope.interface persistent btrees cracklib rpm gpg prctl seccomp audit semanage tk gdbm websockets xxhash
cbor2 cbor pyxattr spidev talloc ldb tdb scipy pycares lzo jellyfish pylibacl bson-ext
usb1 hid uinput""".split()

# Of these without their dependencies, for the slice of every test run.
FEW = """psycopg2 lxml cffi-backend msgpack bcrypt nacl pycurl markupsafe psutil zmq cryptography
greenlet simplejson""".split()

# Only newer releases have them.
RUST_PACKAGES = "orjson pydantic-core rpds-py rapidfuzz".split()

# The hosts of other plugins, and many of their plugins.
PLUGIN_PACKAGES = """
php-cli php-mysql php-gd php-curl php-intl php-xml php-sqlite3 php-pgsql php-mbstring php-zip
php-bcmath php-redis php-imagick php-apcu php-igbinary php-msgpack php-memcached
ruby ruby-nokogiri ruby-pg ruby-mysql2 ruby-sqlite3 ruby-msgpack ruby-bcrypt ruby-ffi ruby-oj
ruby-eventmachine ruby-redcarpet ruby-nio4r puma
libdbi-perl libdbd-pg-perl libdbd-sqlite3-perl libdbd-mysql-perl libxml-libxml-perl libjson-xs-perl
libnet-ssleay-perl libxml-parser-perl libev-perl libgd-perl libterm-readkey-perl
nginx libnginx-mod-http-lua libnginx-mod-http-image-filter libnginx-mod-http-geoip2
libnginx-mod-http-brotli-filter libnginx-mod-stream libnginx-mod-mail libnginx-mod-http-xslt-filter
libnginx-mod-http-headers-more-filter libnginx-mod-http-perl
apache2-bin libapache2-mod-wsgi-py3 libapache2-mod-security2 libapache2-mod-perl2 libapache2-mod-fcgid
libapache2-mod-auth-openidc libapache2-mod-qos
lua5.1 lua5.4 lua-socket lua-sec lua-cjson lua-lpeg lua-posix lua-filesystem lua-zlib lua-expat
postgresql postgresql-postgis libpam-modules libpam-pwquality libpam-systemd libpam-krb5 libpam-ldapd libpam-google-authenticator
libnss-ldapd libnss-mdns libnss-systemd libnss-extrausers libpam-runtime
sqlite3 libsqlite3-mod-spatialite libsqlite3-mod-zipfile unixodbc odbc-postgresql odbc-mariadb tdsodbc
gstreamer1.0-plugins-base gstreamer1.0-tools libqt5sql5-psql libqt5sql5-mysql default-jre-headless""".split()

# As many again, of one release.
MORE_PLUGIN_PACKAGES = """
php-cli php-ldap php-soap php-gmp php-bz2 php-yaml php-ssh2 php-amqp php-mongodb php-gnupg php-tidy php-snmp
ruby ruby-bootsnap ruby-hiredis ruby-unf-ext ruby-google-protobuf ruby-yajl ruby-sequel-pg ruby-curb ruby-rmagick
libtext-csv-xs-perl libxml-libxslt-perl libcrypt-openssl-rsa-perl libsereal-encoder-perl libimage-magick-perl
libglib-perl libgtk3-perl libdigest-sha3-perl
apache2-bin libapache2-mod-auth-gssapi libapache2-mod-jk libapache2-mod-evasive libapache2-mod-php
libapache2-mod-uwsgi libapache2-mod-svn libapache2-mod-xsendfile libapache2-mod-auth-cas
libapache2-mod-authnz-external
nginx libnginx-mod-http-auth-pam libnginx-mod-http-cache-purge libnginx-mod-http-dav-ext
libnginx-mod-http-uploadprogress libnginx-mod-rtmp libnginx-mod-nchan libnginx-mod-http-echo
libnginx-mod-http-modsecurity libnginx-mod-http-set-misc libnginx-mod-http-srcache-filter
postgresql-15-cron postgresql-15-repack postgresql-plpython3-15 postgresql-plperl-15 postgresql-15-pglogical
postgresql-15-rum lua5.3 lua-luaossl lua-lgi lua-dbi-postgresql lua-curl lua-yaml lua-messagepack lua-bitop
libpam-u2f libpam-yubico libpam-mount libpam-oath libnss-sss libnss-winbind libnss-myhostname libnss-libvirt
gstreamer1.0-plugins-good qt6-image-formats-plugins libqt5multimedia5-plugins libqt6sql6-psql uwsgi-core
python3-matplotlib python3-h5py python3-pyqt5 python3-pysam python3-skimage
openjdk-17-jre-headless libjna-jni libnetty-tcnative-jni""".split()

PYTHONS = {"bullseye": "3.9", "bookworm": "3.11", "trixie": "3.13"}


def options(doc):
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--willrun", type=Path, required=True, help="the program under test")
    parser.add_argument("--cache", type=Path,
                        default=os.environ.get("WILLRUN_RIG") or Path(__file__).resolve().parents[2] / "build" / "rig",
                        help="where roots are kept")
    parser.add_argument("--fast", action="store_true", help="the slice for every test run")
    parser.add_argument("--only", action="append", metavar="ROOT", help="one root by name")
    return parser.parse_args()


def chosen(args, fast, full):
    """The roots that are asked about, with how much each is known to hold at least."""
    sets = fast if args.fast else {**fast, **full}
    found = {name: least for name, least in sets.items() if not args.only or name in args.only}
    if not found:
        raise SystemExit(f"no such root; there are {', '.join(sets)}")
    return found


def names(packages):
    return tuple(f"python3-{name}" for name in packages)


def bare_python(suite):
    """A runtime with Python alone, and the builder's packages laid where it finds them."""
    def make(rig, root):
        small_root(suite, "amd64", ["python3", "libc-bin"])(rig, root)
        for name in ("proc", "dev", "tmp"):
            (root / name).mkdir(exist_ok=True)
        lay_modules(rig.root(f"python-{suite}"), root / "usr/lib/python3/dist-packages")
    return make


def lay_modules(builder, target):
    """`COPY --from=builder /usr/lib/python3/dist-packages`, by hard links."""
    target.mkdir(parents=True, exist_ok=True)
    link_tree(builder / "usr/lib/python3/dist-packages", target)


def other_python(suite, builder):
    """Packages of another release's Python, and their modules once more without the tag in their
    names, so that this Python opens them."""
    def make(rig, root):
        link_tree(rig.root(f"bare-python-{suite}"), root)
        shutil.rmtree(root / "usr/lib/python3/dist-packages")
        (root / "usr/lib/python3/dist-packages").mkdir()
        lay_modules(rig.root(f"python-{builder}"), root / f"usr/local/lib/python{PYTHONS[suite]}/dist-packages")
        lay_untagged(rig.root(f"python-{builder}"), root / "opt/untagged")
        lay_tree_of_libraries(rig.root(f"python-{builder}"), root / "usr/local/lib")
        run_ldconfig(root, "amd64")
    return make


def lay_untagged(builder, target):
    source = builder / "usr/lib/python3/dist-packages"
    for path in sorted(source.rglob("*.so")):
        if path.is_symlink() or not elf.is_elf(path):
            continue
        there = target / path.relative_to(source).with_name(path.name.split(".")[0] + ".so")
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.exists():
            os.link(path, there)


def lay_tree_of_libraries(builder, target):
    roots.lay_libraries(builder / "usr/lib/x86_64-linux-gnu", target)


# Libraries that many of the plugins link, and none of their hosts.
TAKEN = """libpq.so libmariadb.so libgd.so libcurl.so libcurl-gnutls.so libonig.so libzip.so libluajit
libmaxminddb.so libxslt.so libexslt.so libMagick libMagickCore libcrack.so libpwquality.so libcjose.so
liblua5.1.so libgeos libproj.so libyajl.so libev.so libbrotlienc.so libtdsodbc libmsgpack
libmemcached.so libgvc libasound.so libpcsclite.so""".split()


def without_libraries(suite, taken):
    """The hosts and their plugins, and some of the plugins' libraries not."""
    def make(rig, root):
        link_tree(rig.root(f"plugins-{suite}"), root)
        for path in (root / "usr/lib/x86_64-linux-gnu").iterdir():
            if path.name.startswith(taken):
                path.unlink()
        run_ldconfig(root, "amd64")
    return make


PLUGIN_FOLDERS = ("php", "ruby", "nginx/modules", "apache2/modules", "postgresql", "x86_64-linux-gnu/perl5",
                  "x86_64-linux-gnu/ruby", "x86_64-linux-gnu/lua", "x86_64-linux-gnu/security",
                  "x86_64-linux-gnu/odbc", "x86_64-linux-gnu/gconv", "x86_64-linux-gnu/gstreamer-1.0")


def other_plugins(suite, other, folders):
    """Plugins of another release for the hosts of this one."""
    def make(rig, root):
        link_tree(rig.root(f"plugins-{suite}"), root)
        for folder in folders:
            roots.lay_elf_tree(rig.root(f"plugins-{other}") / "usr/lib" / folder, root / "opt/other/lib" / folder)
        run_ldconfig(root, "amd64")
    return make


def few_plugins(rig, root):
    """Hosts with some plugins, most without the libraries that they need."""
    small_root("bookworm", "amd64", ["libc-bin", "lua5.4", "nginx", "php8.2-cli", "perl-base", "coreutils"])(rig, root)
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    for deb in rig.suite("bookworm", "amd64").all_named(FEW_PLUGINS):
        debian.lay(deb, root)


FEW_PLUGINS = """php8.2-mysql php8.2-pgsql php8.2-curl php8.2-intl php8.2-mbstring php8.2-xml lua-cjson lua-lpeg
lua-socket lua-posix lua-sec libnginx-mod-http-lua libnginx-mod-http-ndk libnginx-mod-http-image-filter
libnginx-mod-http-geoip2 libnginx-mod-stream libdbi-perl libdbd-pg-perl libjson-xs-perl libpam-modules
libpam-pwquality odbc-postgresql libsqlite3-mod-zipfile""".split()


def few_modules(rig, root):
    """Python with some packages' modules, most without the libraries that they need."""
    small_root("bookworm", "amd64", ["python3", "libc-bin", "python3-yaml", "libxml2", "libxslt1.1"])(rig, root)
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    for deb in rig.suite("bookworm", "amd64").all_named(names(FEW)):
        debian.lay(deb, root)


def few_of_trixie(rig, root):
    """The same Python, with some of a newer one's modules; and without the tags in their names."""
    link_tree(rig.root("few-modules"), root)
    shutil.rmtree(root / "usr/lib/python3/dist-packages")
    unpacked = root.parent / f"{root.name}.unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    for deb in rig.suite("trixie", "amd64").all_named(names(FEW)):
        debian.lay(deb, unpacked)
    lay_modules(unpacked, root / "usr/lib/python3/dist-packages")
    lay_untagged(unpacked, root / "opt/untagged")
    shutil.rmtree(unpacked)


def recipes():
    for suite, packages in (("bookworm", PYTHON_PACKAGES), ("trixie", PYTHON_PACKAGES + RUST_PACKAGES)):
        yield Recipe(f"python-{suite}", "amd64", debian_root(suite, "amd64", names(packages)))
        yield Recipe(f"bare-python-{suite}", "amd64", bare_python(suite), (f"python-{suite}",))
        yield Recipe(f"plugins-{suite}", "amd64", debian_root(suite, "amd64", tuple(PLUGIN_PACKAGES)))
    yield Recipe("bookworm-python+trixie", "amd64", other_python("bookworm", "trixie"),
                 ("bare-python-bookworm", "python-trixie"))
    yield Recipe("trixie-python+bookworm", "amd64", other_python("trixie", "bookworm"),
                 ("bare-python-trixie", "python-bookworm"))

    yield Recipe("more-plugins-bookworm", "amd64", debian_root("bookworm", "amd64", tuple(MORE_PLUGIN_PACKAGES)))
    yield Recipe("bare-plugins-bookworm", "amd64", without_libraries("bookworm", tuple(TAKEN)), ("plugins-bookworm",))
    yield Recipe("plugins-bookworm+trixie", "amd64", other_plugins("bookworm", "trixie", PLUGIN_FOLDERS),
                 ("plugins-bookworm", "plugins-trixie"))
    yield Recipe("plugins-trixie+bookworm", "amd64", other_plugins("trixie", "bookworm", PLUGIN_FOLDERS),
                 ("plugins-bookworm", "plugins-trixie"))
    yield Recipe("few-plugins", "amd64", few_plugins)
    yield Recipe("few-modules", "amd64", few_modules)
    yield Recipe("few-modules+trixie", "amd64", few_of_trixie, ("few-modules",))


def register():
    """Let roots.Rig make them."""
    found = {recipe.name: recipe for recipe in recipes()}
    roots.RECIPES.update(found)
    roots.STAMPS.update({name: roots.recipe_stamp(recipe) for name, recipe in found.items()})
