#include "backup/timer.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define TEXT_MAX 65536

/* In units that systemd reads: in quotes, with the letters doubled that mean something there. */
#define IN_PATHS "%"
#define IN_COMMANDS "%$"
static char *unit_quoted(const void *ctx, const char *text, const char *doubled)
{
    struct buf out;

    buf_init(&out, ctx, TEXT_MAX);
    (void)buf_puts(&out, "\"");
    for (; *text; text++) {
        if (strchr(doubled, *text)) {
            (void)buf_printf(&out, "%c%c", *text, *text);
        } else if (*text == '"' || *text == '\\') {
            (void)buf_printf(&out, "\\%c", *text);
        } else {
            (void)buf_append(&out, text, 1);
        }
    }
    (void)buf_puts(&out, "\"");
    return mem_strdup(ctx, buf_text(&out));
}

/* The same without quotes and dollars: paths that stand by themselves. */
static char *unit_plain(const void *ctx, const char *text)
{
    struct buf out;

    buf_init(&out, ctx, TEXT_MAX);
    for (; *text; text++) {
        (void)buf_append(&out, text, 1);
        if (*text == '%') {
            (void)buf_puts(&out, "%");
        }
    }
    return mem_strdup(ctx, buf_text(&out));
}

/* For a shell, in a line of cron, which ends at a percent sign that is not escaped. */
static char *cron_quoted(const void *ctx, const char *text)
{
    struct buf out;

    buf_init(&out, ctx, TEXT_MAX);
    (void)buf_puts(&out, "'");
    for (; *text; text++) {
        if (*text == '\'') {
            (void)buf_puts(&out, "'\\''");
        } else if (*text == '%') {
            (void)buf_puts(&out, "'\\%'");
        } else {
            (void)buf_append(&out, text, 1);
        }
    }
    (void)buf_puts(&out, "'");
    return mem_strdup(ctx, buf_text(&out));
}

static char *folder_of(const void *ctx, const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash || slash == path ? mem_strdup(ctx, "/")
                                   : mem_strndup(ctx, path, (size_t)(slash - path));
}

char *timer_name(const void *ctx, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *stem = mem_strdup(ctx, slash ? slash + 1 : file);
    char *dot = strrchr(stem, '.');

    if (dot) {
        *dot = '\0';
    }
    for (char *at = stem; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_') {
            *at = '-';
        }
    }
    return strcmp(stem, "backup") == 0 || !*stem ? mem_strdup(ctx, "ferry-backup")
                                                 : mem_printf(ctx, "ferry-backup-%s", stem);
}

static void put_secrets(struct buf *out, const void *ctx, const struct timer_facts *facts)
{
    if (facts->password_file) {
        (void)buf_printf(out, "LoadCredential=password:%s\n",
                         unit_plain(ctx, facts->password_file));
    }
    if (facts->token_file) {
        (void)buf_printf(out, "LoadCredential=token:%s\n", unit_plain(ctx, facts->token_file));
    }
    if (!facts->password_file && !facts->token_file) {
        (void)buf_puts(out, "# The password comes from a variable or a command: see to it that the "
                            "service has\n# it, for example by EnvironmentFile=.\n");
    }
}

static void put_command(struct buf *out, const void *ctx, const struct timer_facts *facts)
{
    (void)buf_printf(
        out, "Environment=%s\n",
        unit_quoted(ctx, mem_printf(ctx, "FERRY_JOURNAL=%s", facts->journal), IN_PATHS));
    (void)buf_printf(out, "ExecStart=%s backup %s --quiet%s%s\n",
                     unit_quoted(ctx, facts->program, IN_COMMANDS),
                     unit_quoted(ctx, facts->file, IN_COMMANDS),
                     facts->password_file ? " --password-file=%d/password" : "",
                     facts->token_file ? " --token-file=%d/token" : "");
}

/* It writes where backups, journal and metrics are, and nowhere else. */
static void put_paths(struct buf *out, const void *ctx, const struct timer_facts *facts)
{
    (void)buf_printf(out, "ReadWritePaths=%s %s", unit_quoted(ctx, facts->directory, IN_PATHS),
                     unit_quoted(ctx, folder_of(ctx, facts->journal), IN_PATHS));
    if (facts->metrics) {
        (void)buf_printf(out, " %s", unit_quoted(ctx, folder_of(ctx, facts->metrics), IN_PATHS));
    }
    (void)buf_puts(out, "\n");
}

char *timer_service(const void *ctx, const struct timer_facts *facts)
{
    struct buf out;

    buf_init(&out, ctx, TEXT_MAX);
    (void)buf_printf(&out,
                     "[Unit]\n"
                     "Description=Backup of %s by ferry\n"
                     "Documentation=man:ferry(1)\n"
                     "Wants=network-online.target\n"
                     "After=network-online.target\n"
                     "# Tried again after a quarter of an hour, four times in six hours.\n"
                     "StartLimitIntervalSec=6h\n"
                     "StartLimitBurst=4\n\n"
                     "[Service]\n"
                     "Type=oneshot\n"
                     "User=%s\n"
                     "UMask=0077\n",
                     unit_plain(ctx, facts->manager), facts->user);
    put_secrets(&out, ctx, facts);
    put_command(&out, ctx, facts);
    (void)buf_puts(&out,
                   "# 1 failed, 3 stopped and 7 another ferry has the journal: worth another try,\n"
                   "# which goes on where the last one stopped. The others wait for a person.\n"
                   "Restart=on-failure\n"
                   "RestartSec=15min\n"
                   "RestartPreventExitStatus=2 4 5 6 8 10\n"
                   "TimeoutStartSec=infinity\n"
                   "TimeoutStopSec=5min\n"
                   "KillMode=mixed\n"
                   "Nice=10\n"
                   "IOSchedulingClass=idle\n\n"
                   "NoNewPrivileges=yes\n"
                   "CapabilityBoundingSet=\n"
                   "ProtectSystem=strict\n"
                   "ProtectHome=read-only\n");
    put_paths(&out, ctx, facts);
    (void)buf_puts(&out, "PrivateTmp=yes\n"
                         "PrivateDevices=yes\n"
                         "ProtectClock=yes\n"
                         "ProtectControlGroups=yes\n"
                         "ProtectHostname=yes\n"
                         "ProtectKernelLogs=yes\n"
                         "ProtectKernelModules=yes\n"
                         "ProtectKernelTunables=yes\n"
                         "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n"
                         "RestrictNamespaces=yes\n"
                         "RestrictRealtime=yes\n"
                         "RestrictSUIDSGID=yes\n"
                         "LockPersonality=yes\n"
                         "MemoryDenyWriteExecute=yes\n"
                         "SystemCallArchitectures=native\n"
                         "SystemCallFilter=@system-service\n");
    return mem_strdup(ctx, buf_text(&out));
}

char *timer_timer(const void *ctx, const struct timer_facts *facts)
{
    return mem_printf(ctx,
                      "[Unit]\n"
                      "Description=Nightly backup of %s\n\n"
                      "[Timer]\n"
                      "OnCalendar=*-*-* 02:00:00\n"
                      "RandomizedDelaySec=1h\n"
                      "# A night that was missed is caught up when the machine is back.\n"
                      "Persistent=true\n\n"
                      "[Install]\n"
                      "WantedBy=timers.target\n",
                      unit_plain(ctx, facts->manager));
}

char *timer_cron(const void *ctx, const struct timer_facts *facts)
{
    char *lock = mem_printf(ctx, "%s.cron", facts->journal);

    return mem_printf(ctx,
                      "# Between 02:00 and 03:00, one at a time. cron does not catch up on nights\n"
                      "# that were missed; a systemd timer does.\n"
                      "FERRY_JOURNAL=%s\n"
                      "0 2 * * * %s sleep $(od -An -N2 -tu2 /dev/urandom | awk '{print $1 \\%% "
                      "3600}'); flock -n %s %s backup %s --quiet\n",
                      facts->journal, facts->user, cron_quoted(ctx, lock),
                      cron_quoted(ctx, facts->program), cron_quoted(ctx, facts->file));
}
