#!/usr/bin/env bash
# What explain looks for in the files of a target: a library where no loader looks, certificates, zones, users.
source "$(dirname "$0")/expect.bash"

# told CLASS SENTENCE MESSAGE: the first cause of the message, and what the target's files say to it.
told() {
    "$willrun" explain --root target --format json "$3" >out 2>err || fail "$3"
    python3 - "$1" "$2" <<'PYTHON' || fail "$3: not $1: $2"
import json, sys
cause = json.load(open("out"))["causes"][0]
sys.exit(cause["cause_class"] != sys.argv[1] or not any(sys.argv[2] in said for said in cause["evidence"]))
PYTHON
}
# sure yes|no: is it what the last message means, beyond doubt?
sure() { has "\"confidence\": \"$([[ $1 == yes ]] && echo certain || echo possible)\""; }

glibc=/lib/x86_64-linux-gnu
mkdir -p target/bin target/lib64 target$glibc target/etc/ld.so.conf.d target/opt/own target/proc
cp /lib64/ld-linux-x86-64.so.2 target/lib64/
cp $glibc/libc.so.6 target$glibc/
echo 'int own(void) { return 0; }' | gcc -shared -fPIC -Wl,-soname,libown.so.1 -x c -o libown.so.1 -
echo 'int own(void); int main(void) { return own(); }' | gcc -x c -o target/bin/app - -x none libown.so.1
missing='app: error while loading shared libraries: libown.so.1: cannot open shared object file: No such file or directory'
told lib-missing 'no file of the target is called libown.so.1' "$missing"
cp libown.so.1 target/proc/
told lib-missing 'no file of the target is called libown.so.1' "$missing"
echo text >target/opt/own/libown.so.1
ln -s gone target/opt/libown.so.1
told lib-missing 'no file of the target is called libown.so.1' "$missing"
cp libown.so.1 target/opt/own/libown.so.2
cp libown.so.1 target/opt/own/libown.some.1
told soname-mismatch 'the target has it in another version: /opt/own/libown.so.2' "$missing"
cp libown.so.1 target/opt/own/
told rpath-broken 'it is at /opt/own/libown.so.1, where the loader does not look' "$missing"
printf '%s\n' '# /opt/own' /opt/owned /opt /opt/own/more >target/etc/ld.so.conf
told rpath-broken 'it is at /opt/own/libown.so.1, where the loader does not look' "$missing"
configured='it is at /opt/own/libown.so.1, a folder that /etc/ld.so.conf names: the cache was not rebuilt'
for line in /opt/own /opt/own/ '/opt/own # ours' $'/opt/own\r'; do
    printf '/srv\n%s' "$line" >target/etc/ld.so.conf
    told ldcache-stale "$configured" "$missing"
done
rm target/etc/ld.so.conf
printf 'gone\n' >target/etc/ld.so.conf.d/a.conf
printf '/opt/own\n' >target/etc/ld.so.conf.d/b.conf
told ldcache-stale "$configured" "$missing"
rm -r target/etc/ld.so.conf.d
told rpath-broken 'it is at /opt/own/libown.so.1, where the loader does not look' "$missing"

unknown='Get "https://example.org": tls: failed to verify certificate: x509: certificate signed by unknown authority'
told cert-missing 'the target has no bundle of certificates: neither /etc/ssl/certs/ca-certificates.crt nor any' "$unknown"
sure yes
mkdir -p target/etc/ssl/certs target/etc/pki/tls
touch target/etc/ssl/certs/ca-certificates.crt
told cert-missing 'the target has no bundle of certificates' "$unknown"
echo pem >target/etc/ssl/cert.pem
told cert-missing 'the target has /etc/ssl/cert.pem: the issuer is not in it, or the program looks elsewhere' "$unknown"
sure no

zone='panic: unknown time zone Asia/Tokyo'
told tzdata-missing 'the target has no /usr/share/zoneinfo/Asia/Tokyo' "$zone"
sure yes
mkdir -p target/usr/share/zoneinfo/Asia
touch target/usr/share/zoneinfo/Asia/Tokyo
told tzdata-missing 'the target has /usr/share/zoneinfo/Asia/Tokyo' "$zone"
sure no

user() { echo "cannot find user '$1' in passwd file"; }
told passwd-missing 'the target has no /etc/passwd' "$(user own)"
sure yes
printf 'root:x:0:0::/:/bin/sh\nowner:x:47:48::/:/bin/sh\nshort:x\ncut' >target/etc/passwd
for name in own 4 48 cut x; do
    told passwd-missing "neither /etc/passwd nor /etc/group of the target has $name" "$(user $name)"
    sure yes
done
for name in owner 47; do
    told passwd-missing "the target's /etc/passwd has $name" "$(user $name)"
    sure no
done
printf 'staff:x:50:\n' >target/etc/group
told passwd-missing "the target's /etc/group has staff" "$(user staff)"
told passwd-missing "the target's /etc/group has 50" "$(user 50)"
end
