/* Preloaded into a host of plugins: opens one in its process, before its main, and
 * prints what dlerror says. References without versions, as in helpers.py. */
extern void *dlopen(const char *path, int flags);
extern char *dlerror(void);
extern char *getenv(const char *name);
extern int puts(const char *text);
extern int fflush(void *stream);
extern void _exit(int status);

__attribute__((constructor)) void open_plugin(void)
{
    const char *path = getenv("OPEN_PLUGIN");
    if (path == 0 || dlopen(path, getenv("OPEN_FLAGS")[0] - '0'))
        _exit(0);
    puts(dlerror());
    fflush(0);
    _exit(1);
}
