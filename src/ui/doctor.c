/* ferry doctor for a person: what stops first, what is fine last. */
#include <string.h>

#include "base/mem.h"
#include "ui/plan_parts.h"

static void row_lines(void *arg, const struct plan_row *row)
{
    plan_print_row(arg, row);
}

void ui_doctor(const struct ui_stream *stream, const struct json *report)
{
    struct ui_stream copy = *stream;

    for (size_t i = 0; plan_weights[i] != NULL; i++) {
        plan_each(report, plan_weights[i], row_lines, &copy);
    }
    if (json_bool_or(report, "blocked", false)) {
        ui_line(stream, UI_BAD, 0, "a run would not work here");
    } else {
        ui_line(stream, UI_GOOD, 0, "a run finds here what it needs");
    }
}
