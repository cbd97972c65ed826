/* Compiler attributes by the names that ferry uses; the only file that spells __attribute__. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define FERRY_CHECK __attribute__((warn_unused_result))
#define FERRY_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define FERRY_NORETURN __attribute__((noreturn))
#define FERRY_UNUSED __attribute__((unused))
#define FERRY_CLEANUP(function) __attribute__((cleanup(function)))
#define FERRY_EXPORT __attribute__((visibility("default")))

#define FERRY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
