/* What help, man pages and completion say of the keys: read from their table. */
#ifndef CONFIG_MANUAL_H
#define CONFIG_MANUAL_H

#include "base/json.h"

/* Adds to rows (an array), for every key in the order of the table: {"name", "type" (in words),
   "values": [words that it takes] or absent, "default" and "range" as they would be written or
   null, "since", "help", "workflows": [for which], "resume": may it be
   given anew under a run that has begun}. */
void config_manual(struct json *rows);

#endif
