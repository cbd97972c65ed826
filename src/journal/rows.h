/* From stored words back to states. */
#ifndef JOURNAL_ROWS_H
#define JOURNAL_ROWS_H

#include "journal/journal.h"

/* false, and *out left alone, where there is no such word. */
bool run_state_parse(const char *text, enum run_state *out);
bool step_state_parse(const char *text, enum step_state *out);
/* The code with this name; NULL is FERRY_OK, a name of another release FERRY_E_FAILED. */
enum ferry_code code_parse(const char *text);

#endif
