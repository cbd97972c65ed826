/*
 * Files that have backups taken each night: a systemd service and its timer, or a line for cron.
 * Pure: texts out of what is given. Both begin off-peak (at 02:00 and up to an hour later, by
 * chance), and one at a time; the timer also catches up on what was missed while the machine slept.
 */
#ifndef BACKUP_TIMER_H
#define BACKUP_TIMER_H

struct timer_facts {
    const char *program;       /* absolute path of ferry */
    const char *file;          /* of backup.yaml */
    const char *user;          /* who it runs as */
    const char *manager;       /* URL, for the description */
    const char *journal;       /* absolute path */
    const char *directory;     /* of the backups */
    const char *metrics;       /* file, or NULL */
    const char *password_file; /* or NULL: the password comes from elsewhere */
    const char *token_file;    /* or NULL */
};

/* "ferry-backup", and for another file than backup.yaml its name: "ferry-backup-prod". Below ctx.
 */
char *timer_name(const void *ctx, const char *file);
/* NAME.service, NAME.timer and a file for /etc/cron.d, all below ctx. */
char *timer_service(const void *ctx, const struct timer_facts *facts);
char *timer_timer(const void *ctx, const struct timer_facts *facts);
char *timer_cron(const void *ctx, const struct timer_facts *facts);

#endif
