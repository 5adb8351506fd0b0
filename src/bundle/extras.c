#include "bundle/extras.h"

#include <string.h>

#include "willrun/willrun.h"

/* A name without a slash is that of a library in the folder of the libc. Which files each takes:
 * crypto/x509/root_linux.go and time/zoneinfo_unix.go of Go, X509_get_default_cert_file(3ssl),
 * tzset(3), nsswitch.conf(5) with nss(5), terminfo(5). */
static const struct willrun_bundle_extra extras[] = {
    {"ca-certificates",
     "/etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/ssl/openssl.cnf "
     "/etc/pki/tls/certs/ca-bundle.crt /etc/pki/tls/cert.pem /etc/ssl/ca-bundle.pem",
     "what opens TLS connections"},
    {"time-zones", "/usr/share/zoneinfo /etc/localtime /etc/timezone", "what tells local times"},
    {"users", "/etc/passwd /etc/group", "what looks up users and groups"},
    {"name-service",
     "/etc/nsswitch.conf /etc/host.conf /etc/gai.conf /etc/protocols /etc/services "
     "libnss_files.so.2 libnss_dns.so.2",
     "what looks up hosts and users through glibc"},
    {"character-sets", "/usr/lib/gconv gconv", "what converts texts by iconv"},
    {"terminals", "/etc/terminfo /lib/terminfo /usr/share/terminfo", "what draws on a terminal"},
    {NULL, NULL, NULL},
};

const struct willrun_bundle_extra *willrun_bundle_extra(size_t index)
{
    return index + 1 < sizeof extras / sizeof *extras ? &extras[index] : NULL;
}

const struct willrun_bundle_extra *bundle_extra(const char *name)
{
    const struct willrun_bundle_extra *row = extras;
    while (row->name != NULL && strcmp(row->name, name) != 0)
        row++;
    return row->name != NULL ? row : NULL;
}
