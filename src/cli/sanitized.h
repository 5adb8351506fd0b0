/* Is this a build with a sanitizer? Those that come with a run-time part (AddressSanitizer,
 * ThreadSanitizer) map more than any machine has, and look into their own process. */
#ifndef WILLRUN_CLI_SANITIZED_H
#define WILLRUN_CLI_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
