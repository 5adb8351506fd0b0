/* In a static program glibc's iconv would open modules of the very same glibc, wherever it runs.
 * libarchive takes names as they are where there is no conversion. */
#include <errno.h>
#include <iconv.h>

iconv_t __wrap_iconv_open(const char *to, const char *from);
size_t __wrap_iconv(iconv_t conversion, char **restrict in, size_t *restrict in_left,
                    char **restrict out, size_t *restrict out_left);
int __wrap_iconv_close(iconv_t conversion);

iconv_t __wrap_iconv_open(const char *to, const char *from)
{
    (void)to;
    (void)from;
    errno = EINVAL;
    return (iconv_t)-1;
}

size_t __wrap_iconv(iconv_t restrict conversion, char **restrict in, size_t *restrict in_left,
                    char **restrict out, size_t *restrict out_left)
{
    (void)conversion, (void)in, (void)in_left, (void)out, (void)out_left;
    errno = EBADF;
    return (size_t)-1;
}

int __wrap_iconv_close(iconv_t conversion)
{
    (void)conversion;
    return 0;
}
