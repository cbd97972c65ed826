/* What the files behind ferry_doctor share. A check is a row: name, verdict, evidence, next step.
 */
#ifndef LIBFERRY_DOCTOR_H
#define LIBFERRY_DOCTOR_H

#include "base/attr.h"
#include "libferry/internal.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_STOPS, DOCTOR_CANNOT_TELL };

struct doctor {
    struct ferry *ferry;
    const void *mem;
    struct json *checks;
    bool blocked;
    enum ferry_code code; /* of the first check that stops */
};

/* next: what to do, or NULL. */
void doctor_say(struct doctor *doctor, const char *name, enum doctor_verdict verdict,
                const char *next, const char *evidence, ...) FERRY_PRINTF(5, 6);
/* A check that stops with the message, hint and code of an error. */
void doctor_stop(struct doctor *doctor, const char *name, const struct ferry_error *err);

void doctor_libraries(struct doctor *doctor); /* doctor_libraries.c */
void doctor_machine(struct doctor *doctor);   /* doctor_machine.c */
void doctor_journal(struct doctor *doctor);   /* doctor_journal.c */
/* The file, what it names, and the manager: one request, one login. doctor_manager.c */
void doctor_manager(struct doctor *doctor, const struct ferry_source *source);

/* Is this SQLite one with the WAL-reset bug? number: as sqlite3_libversion_number. */
bool doctor_has_wal_reset_bug(int number);

#endif
