/* The environment itself: would a run find here what it needs? */
#include "libferry/doctor.h"

#include <string.h>

static const char *const verdicts[] = {[DOCTOR_OK] = "ok",
                                       [DOCTOR_WARNING] = "warning",
                                       [DOCTOR_STOPS] = "stops",
                                       [DOCTOR_CANNOT_TELL] = "cannot_tell"};

static void add(struct doctor *doctor, const char *name, enum doctor_verdict verdict,
                const char *evidence, const char *next)
{
    struct json *row = json_push_object(doctor->checks);

    json_set_string(row, "name", name);
    json_set_string(row, "verdict", verdicts[verdict]);
    json_set_string(row, "evidence", evidence);
    json_set_string(row, "next", next);
}

void doctor_say(struct doctor *doctor, const char *name, enum doctor_verdict verdict,
                const char *next, const char *evidence, ...)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    va_list args;

    va_start(args, evidence);
    add(doctor, name, verdict, mem_vprintf(scope, evidence, args), next);
    va_end(args);
    if (verdict == DOCTOR_STOPS && !doctor->blocked) {
        doctor->blocked = true;
        doctor->code = FERRY_E_REFUSED;
    }
}

void doctor_stop(struct doctor *doctor, const char *name, const struct ferry_error *err)
{
    add(doctor, name, DOCTOR_STOPS, err->message, err->hint[0] ? err->hint : NULL);
    if (!doctor->blocked) {
        doctor->blocked = true;
        doctor->code = err->code;
    }
}

enum ferry_code ferry_doctor(struct ferry *ferry, const struct ferry_source *source, char **report,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope);
    struct doctor doctor = {.ferry = ferry, .mem = scope, .checks = json_array(scope)};

    (void)err;
    doctor_libraries(&doctor);
    doctor_machine(&doctor);
    doctor_journal(&doctor);
    doctor_manager(&doctor, source);
    json_set_string(document, "ferry", FERRY_VERSION);
    json_set_json(document, "checks", doctor.checks);
    json_set_bool(document, "blocked", doctor.blocked);
    json_set_string(document, "code", ferry_code_name(doctor.code));
    *report = ferry_text(json_print_canonical(scope, document));
    return FERRY_OK;
}
