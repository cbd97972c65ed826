/* How errors are made and carried upwards. The record itself is public: ferry/error.h. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/attr.h"
#include "ferry/error.h"

/* All texts become one line: controls turn into spaces, a character cut in half goes. Arguments may
   point into err itself. */

/* Fills err (may be NULL) and returns code, so that a failing function can end in one line. */
enum ferry_code ferry_fail(struct ferry_error *err, enum ferry_code code, const char *format, ...)
    FERRY_PRINTF(3, 4);
/* The same, and adds ": TEXT" of an errno value, which is kept in err->sys. */
enum ferry_code ferry_fail_errno(struct ferry_error *err, enum ferry_code code, int sys,
                                 const char *format, ...) FERRY_PRINTF(4, 5);
/* Puts "WHAT: " before the message on the way up. Returns err's code; FERRY_E_FAILED for NULL. */
enum ferry_code ferry_error_prefix(struct ferry_error *err, const char *format, ...)
    FERRY_PRINTF(2, 3);
/* Sets the line that says what to do next. */
void ferry_error_hint(struct ferry_error *err, const char *format, ...) FERRY_PRINTF(2, 3);
/* Empties the record. */
void ferry_error_clear(struct ferry_error *err);

#endif
