/* An addon of Node.js, for test_node_module.c: the structure of node_module_register, and a
 * function whose code the test writes. */
struct node_module {
    int version;
    unsigned flags;
    void *dso;
    const char *file;
    void (*initialise)(void);
    void (*initialise_context)(void);
    const char *name;
};

static void initialise(void)
{
}

struct node_module addon_module = {115, 0, 0, "addon.cc", initialise, 0, "addon"};

/* … and a module of PHP, as it is registered (zend_module_entry). */
struct php_demand {
    const char *name, *relation, *version;
    unsigned char type;
};

static struct php_demand php_demands[] = {
    {"pdo", 0, 0, 1}, {"other", 0, 0, 2}, {"perhaps", 0, 0, 3}, {0, 0, 0, 0}};

struct {
    unsigned short size;
    unsigned api;
    unsigned char debug, threads;
    void *settings;
    struct php_demand *demands;
    const char *name;
    void *others[16];
} php_module = {sizeof php_module, 20220829, 0, 0, 0, php_demands, "thing", {0}};

__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl node_api_module_get_api_version_v1\n"
        ".type node_api_module_get_api_version_v1, @function\n"
        "node_api_module_get_api_version_v1:\n"
        ".ascii \"the code of the function, to be \"\n"
        ".popsection\n");
