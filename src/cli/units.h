/* ferry status --units: a row for each unit of a run, page by page: memory does not grow with them.
 */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include "cli/cli.h"

enum ferry_code cli_units(struct invocation *invocation, struct ferry *ferry,
                          struct ferry_error *err) FERRY_CHECK;

#endif
