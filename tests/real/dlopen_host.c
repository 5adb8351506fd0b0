/* Opens one shared object with RTLD_NOW, and prints why it cannot be opened.
 * Linked against nothing versioned, so that one program serves every release of
 * a libc: see helpers.py. */
#define RTLD_NOW 2

extern void *dlopen(const char *path, int flags);
extern char *dlerror(void);
extern int puts(const char *text);
extern int fflush(void *stream);
extern void _exit(int status);

int main(int argc, char **argv)
{
    if (argc < 2 || dlopen(argv[1], RTLD_NOW))
        _exit(0); /* no destructor of the object runs */
    puts(dlerror());
    fflush(0);
    _exit(1);
}
