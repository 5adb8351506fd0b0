/* Which plugins the configurations of hosts have them load, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/order.h"
#include "temp_tree.h"

enum { MOST_FILES = 6, TOLD = 512 };

/* `told`: the loads in their order, each "FILE:LINE PLUGIN", in short names, "?" behind one under a
 * condition, "-" for one that is not there; "gap" behind all where parts cannot be followed. */
static const struct {
    enum plugin_id plugin;
    const char *path;
    struct {
        const char *path, *text;
    } files[MOST_FILES];
    const char *told;
} rows[] = {
#define APACHE(text, told)                                                                         \
    {                                                                                              \
        PLUGIN_APACHE, "/m/own.so", {{"etc/apache2/apache2.conf", text}}, told                     \
    }
    APACHE("", ""),
    APACHE("LoadModule a_module /m/a.so\n\n# LoadModule b_module /m/b.so\n \tloadmodule 'c_module' "
           "\"/m/c.so\"",
           "apache2.conf:1 a.so, apache2.conf:4 c.so"),
    APACHE("ServerRoot /m\nServerRoot relative\nLoadModule a_module a.so\nLoadModule gone_module "
           "gone.so\n",
           "apache2.conf:3 a.so, apache2.conf:4 -"),
    APACHE("LoadFile /m/a.so\nListen 80\nLoadModule b_module \\\n  /m/b.so\nLoadModule c_module "
           "/m/c.so\n",
           "apache2.conf:1 a.so, apache2.conf:3 b.so, apache2.conf:5 c.so"),
    APACHE("LoadModule a_module ${MODULES}/a.so\n", "apache2.conf:1 - gap"),
    APACHE("Include ${MORE}\n", "gap"),
    APACHE("Include /etc/none\nIncludeOptional more/*.load\n", ""),
    APACHE("<IfModule a_module>\nLoadModule b_module /m/b.so\n</IfModule>\n", ""),
    APACHE("<IfModule !a_module>\nLoadModule b_module /m/b.so\n</IfModule>\n",
           "apache2.conf:2 b.so"),
    APACHE("LoadModule a_module /m/a.so\n<IfModule mod_a.c>\nLoadModule b_module "
           "/m/b.so\n</IfModule>\n<IfModule !a_module>\n"
           "LoadModule c_module /m/c.so\n</IfModule>\n",
           "apache2.conf:1 a.so, apache2.conf:3 b.so"),
    APACHE(
        "LoadModule x_module /m/a.so\n<IfModule a.c>\nLoadModule b_module /m/b.so\n</IfModule>\n",
        "apache2.conf:1 a.so, apache2.conf:3 b.so"),
    APACHE("<IfModule other.c>\nLoadModule b_module /m/b.so\n</IfModule>\nLoadModule c_module "
           "/m/c.so\n",
           "apache2.conf:2 b.so?, apache2.conf:4 c.so"),
    APACHE("<IfModule !mod_other>\nLoadModule b_module /m/b.so\n</IfModule>\n",
           "apache2.conf:2 b.so?"),
    APACHE("<IfDefine X>\nLoadModule a_module /m/a.so\n<IfModule a_module>\nLoadModule b_module "
           "/m/b.so\n</IfModule>\n</IfDefine>\n",
           "apache2.conf:2 a.so?"),
    APACHE("<Directory />\nLoadModule a_module /m/a.so\n</Directory>\n</Directory>\nLoadModule "
           "b_module /m/b.so\n",
           "apache2.conf:5 b.so"),
    APACHE("<IfDefine X>\n<Location \"/x>y\">\nLoadModule a_module "
           "/m/a.so\n</Location>\nLoadModule b_module /m/b.so\n</IfDefine>\n",
           "apache2.conf:5 b.so?"),
    APACHE("<If a><If a><If a><If a><If a><If a>\n", ""),
    {PLUGIN_APACHE,
     "/m/own.so",
     {{"etc/apache2/apache2.conf", "<IfDefine X>\nInclude d\n"},
      {"etc/apache2/d/b.conf", "LoadModule b_module /m/b.so\n"},
      {"etc/apache2/d/a.conf", "</IfDefine>\nLoadModule a_module /m/a.so\n<IfDefine Y>\n"},
      {"etc/apache2/d/.c", "LoadModule c_module /m/c.so\n"}},
     "a.conf:2 a.so?, b.conf:1 b.so?"},
    APACHE("LoadFile /m/a.so\nInclude /m/none/*/x\nInclude /etc/apache2/apache2.con[f]/x\n",
           "apache2.conf:1 a.so"),

#define NGINX(text, told)                                                                          \
    {                                                                                              \
        PLUGIN_NGINX, "/m/own.so", {{"etc/nginx/nginx.conf", text}}, told                          \
    }
    NGINX("load_module /m/a.so;load_module \"/m/b.so\";\n# load_module /m/x.so;\nload_module "
          "'/m/c.so' ;",
          "nginx.conf:1 a.so, nginx.conf:1 b.so, nginx.conf:3 c.so"),
    NGINX("http { load_module /m/a.so; server { } }\n} load_module\n /m/b.so\n;",
          "nginx.conf:4 b.so"),
    NGINX("load_module /m/a.so /m/b.so; load_module; user x; load_module gone.so; \";\" /m/a.so; "
          "load_module \"/m/c.so",
          "nginx.conf:1 -"),
    {PLUGIN_NGINX,
     "/m/own.so",
     {{"etc/nginx/nginx.conf",
       "include on/*.conf; include /etc/nginx/last.conf; include none.conf;"},
      {"etc/nginx/on/b.conf", "load_module /m/b.so;"},
      {"etc/nginx/on/a.conf", "load_module /m/a.so;"},
      {"etc/nginx/last.conf", "load_module modules/c.so;"},
      {"usr/share/nginx/modules/c.so", "c"}},
     "a.conf:1 a.so, b.conf:1 b.so, last.conf:1 c.so"},

#define PHP(text, told)                                                                            \
    {                                                                                              \
        PLUGIN_PHP, "/m/own.so",                                                                   \
            {{"etc/php.d/10-own.ini", text}, {"etc/php.d/x.txt", "extension=/m/c.so"}}, told       \
    }
    PHP("extension=/m/b.so ; more\nzend_extension = "
        "\"/m/a.so\"\n;extension=/m/x.so\n[PHP]\nextension\n",
        "10-own.ini:2 a.so, 10-own.ini:1 b.so"),
    PHP("extension=a\nextension_dir = /none\nextension_dir = "
        "'/m'\nextension=b.so\nextension_dir=sub\nextension=gone\n",
        "10-own.ini:1 a.so, 10-own.ini:4 b.so, 10-own.ini:6 -"),
    PHP("extension=a\n", "10-own.ini:1 -"),
    PHP("extension=/m/a.so\n[PATH=/srv]\nextension=/m/b.so\n", "10-own.ini:1 a.so"),
    PHP("[HOST=x]\nextension=/m/b.so\n", ""),
    PHP("extension=${DIR}/a.so\n", "10-own.ini:1 - gap"),
    {PLUGIN_PHP,
     "/m/own.so",
     {{"etc/php.ini", "extension=/m/b.so\n"},
      {"etc/php-cli.ini", "extension=/m/a.so\n"},
      {"etc/php.d/a.ini", "zend_extension=/m/c.so\n"}},
     "a.ini:1 c.so, php-cli.ini:1 a.so"},
    {PLUGIN_PHP,
     "/usr/lib/php/20230831/own.so",
     {{"etc/php/8.3/cli/php.ini", "extension=/m/b.so\n"},
      {"etc/php/8.3/cli/conf.d/c.ini", "extension='/m/c.so'x\n"},
      {"etc/php.d/a.ini", "extension=/m/a.so\n"}},
     "php.ini:1 b.so, c.ini:1 c.so"},
    {PLUGIN_PHP, "/m/own.so", {{NULL, NULL}}, "no configuration"},

#define PERL(own, base, told)                                                                      \
    {                                                                                              \
        PLUGIN_PERL, "/p/auto/A/B/B.so",                                                           \
            {{"p/A/B.pm", own},                                                                    \
             {"p/Base.pm", base},                                                                  \
             {"p/auto/A/B/B.so", "o"},                                                             \
             {"p/auto/Base/Base.so", "o"}},                                                        \
            told                                                                                   \
    }
    PERL("use strict;\nuse Base ();\nXSLoader::load();\n",
         "sub dl_load_flags { 0x01 }\nbootstrap Base;", "Base.pm:2 Base.so, B.pm:3 B.so"),
    PERL("use Base;\n", "XSLoader::load();", "B.pm:1 B.so"),
    PERL("require 5.006;\nuse v5.10;\nuse lib '/x';\nused Base;\n__END__\nuse Base;\n",
         "0x01 dl_load_flags", "B.pm:1 B.so"),
    PERL(" eval \"use Base;\";\nXSLoader::load();", "use A::B;\n0x01 dl_load_flags",
         "Base.pm:1 Base.so, B.pm:2 B.so"),
    PERL("BEGIN { require Base; }\nrequire Base;", "0x01 dl_load_flags",
         "Base.pm:1 Base.so, B.pm:1 B.so"),
    {PLUGIN_PERL,
     "/p/auto/A/A.so",
     {{"usr/share/perl5/A.pm", "use Other::Part;\n"},
      {"usr/share/perl5/Other/Part.pm", "0x01 dl_load_flags"},
      {"p/auto/A/A.so", "o"},
      {"p/auto/Other/Part/Part.so", "o"}},
     "Part.pm:1 Part.so, A.pm:1 A.so"},
    {PLUGIN_PERL, "/p/auto/A/A.so", {{"p/auto/A/A.so", "o"}}, "gap"},
    {PLUGIN_PERL, "/p/auto/A.so", {{"p/auto/A.so", "o"}}, "gap"},
    {PLUGIN_PERL, "/p/A/A.so", {{"p/A/A.so", "o"}, {"p/A.pm", ""}}, "gap"},

    {PLUGIN_UWSGI,
     "/u/own_plugin.so",
     {{"u/own_plugin.so", "o requires=a\nrequires=gone"}, {"u/a_plugin.so", "o"}},
     "own_plugin.so:1 a_plugin.so, own_plugin.so:1 -"},
    {PLUGIN_UWSGI, "/u/own_plugin.so", {{"u/own_plugin.so", "o"}}, ""},

#define LIBDIR "usr/lib/postgresql/16/lib/"
#define POSTGRES(text, told)                                                                       \
    {                                                                                              \
        PLUGIN_POSTGRESQL, "/" LIBDIR "own.so",                                                    \
            {{"etc/postgresql/16/main/postgresql.conf", text},                                     \
             {"etc/postgresql/16/main/more.d/a.conf", "local_preload_libraries = a\n"},            \
             {"etc/postgresql/16/main/more.d/b.sample", "local_preload_libraries = b\n"},          \
             {LIBDIR "a.so", "o"},                                                                 \
             {LIBDIR "b.so", "o"}},                                                                \
            told                                                                                   \
    }
    POSTGRES("# shared_preload_libraries = 'b'\n\nport = 5432\nShared_Preload_Libraries 'a, "
             "\"b.so\",/m/c, gone'\n",
             "postgresql.conf:4 a.so, postgresql.conf:4 b.so, postgresql.conf:4 c.so, "
             "postgresql.conf:4 -"),
    POSTGRES("local_preload_libraries = b # "
             "more\nshared_preload_libraries=a\nsession_preload_libraries=$libdir/"
             "b\nlocal_preload_libraries\n",
             "postgresql.conf:2 a.so, postgresql.conf:3 b.so"),
    POSTGRES("local_preload_libraries = b\ninclude_dir 'more.d'\n", "a.conf:1 a.so"),
    POSTGRES("include 'more.d/b.sample'\n", "b.sample:1 b.so"),
    POSTGRES("include_if_exists = /etc/postgresql/16/main/more.d/a.conf\ninclude_if_exists none\n",
             "a.conf:1 a.so"),
    POSTGRES("include postgresql.conf\nlocal_preload_libraries a", "postgresql.conf:2 a.so"),
};

static void make(int root, const char *path, const char *text)
{
    char part[256];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        mkdirat(root, part, 0755); /* or it is there */
    }
    temp_file(root, path, text, strlen(text));
}

static const char *last_part(const char *path)
{
    return strrchr(path, '/') + 1;
}

static void show(const struct plugin_order *order, struct arena *arena, char *told)
{
    *told = '\0';
    for (size_t i = 0; i < order->count; i++) {
        const struct plugin_load *load = &order->loads[i];
        snprintf(told + strlen(told), TOLD - strlen(told), "%s%s:%u %s%s", i != 0 ? ", " : "",
                 last_part(load->file), load->line,
                 load->node != NULL ? last_part(node_path(load->node, arena)) : "-",
                 load->sure ? "" : "?");
        assert_true(load->node == NULL || plugin_order_of(order, load->node) != NULL);
    }
    const char *end = order->gap ? "gap" : order->config == NULL ? "no configuration" : "";
    snprintf(told + strlen(told), TOLD - strlen(told), "%s%s", *told != 0 && *end != 0 ? " " : "",
             end);
}

static bool is_told(size_t row)
{
    static const char *const plugins[] = {"m/a.so", "m/b.so", "m/c.so"};
    struct temp temp;
    struct err err = {0};
    struct arena arena = {0};
    struct elf_facts elf = {0};
    struct exec_result host = {.program = "/usr/sbin/host", .elf = &elf};
    struct plugin plugin = {.id = rows[row].plugin,
                            .versions = rows[row].plugin == PLUGIN_PHP ? "/lib/php/%v/"
                                                                       : "/postgresql/%v/lib/"};
    struct plugin_order order;
    char told[TOLD];
    temp_make(&temp);
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
        make(temp.fd, plugins[i], "o");
    for (size_t i = 0; i < MOST_FILES && rows[row].files[i].path != NULL; i++)
        make(temp.fd, rows[row].files[i].path, rows[row].files[i].text);
    struct root *root = root_new(source_open_dir(temp.path, &err));
    struct facts *facts = facts_new(root, false);
    plugin_order_read(&plugin, rows[row].path, &host, facts, &arena, &order);
    show(&order, &arena, told);
    bool right = strcmp(told, rows[row].told) == 0;
    if (!right)
        print_error("%s\n    told: %s\n    not:  %s\n", rows[row].files[0].text, told,
                    rows[row].told);
    facts_free(facts);
    root_free(root);
    arena_free(&arena);
    temp_remove(&temp);
    return right;
}

static void configurations_are_read(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !is_told(i);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
