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

__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl node_api_module_get_api_version_v1\n"
        ".type node_api_module_get_api_version_v1, @function\n"
        "node_api_module_get_api_version_v1:\n"
        ".ascii \"the code of the function, to be \"\n"
        ".popsection\n");
