/*
 * What a test may set while the manager runs: one table, which is also the manual (GET
 * /practice/settings, ferry-practice settings). Each is a row of the store, so it survives a kill.
 */
#ifndef PRACTICE_SETTINGS_H
#define PRACTICE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"
#include "ferry/error.h"

struct practice;

/* Reads the keys of a body of POST /practice/set that are settings, and refuses what is no key at
   all. Nothing is set when it fails. */
enum ferry_code settings_set(struct practice *practice, const struct json *body,
                             struct ferry_error *err) FERRY_CHECK;
/* The same from a file. */
enum ferry_code settings_read(struct practice *practice, const char *path,
                              struct ferry_error *err) FERRY_CHECK;
/* Brings what is read at every request into memory: after a start, and after settings_set. */
void settings_apply(struct practice *practice);
/* {"settings": [{"name", "type", "value", "help"}], "actions": [...]}: all there are. */
void settings_write(struct practice *practice, struct buf *out);
/* The same for a person. */
int settings_main(void);

/* One that is on or off; a number; a text or a JSON text owned by ctx, or NULL. */
bool practice_switch(struct practice *practice, const char *name);
double practice_number(struct practice *practice, const char *name, double fallback);
char *practice_text(struct practice *practice, const void *ctx, const char *name);
/* Sets or, with NULL, takes back one by its name. */
void practice_keep(struct practice *practice, const char *name, const char *value);
/* Whether a setting that is a list of texts holds the text, "TENANT/NAME" of both, or "*". */
bool practice_listed(struct practice *practice, const char *name, const char *tenant,
                     const char *item);

#endif
