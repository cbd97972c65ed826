/* Locale, clock and limits of this machine. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>

#include "base/timefmt.h"
#include "base/timelocal.h"
#include "engine/limits.h"
#include "libferry/doctor.h"

/* 2026-11-01: no ferry is older, and certificates and journals do not bear a clock before it. */
#define CLOCK_LEAST_MS INT64_C(1793491200000)
#define FILES_SPARE 32 /* journal, lock, archive, logs, the loop itself */

static void check_locale(struct doctor *doctor)
{
    locale_t named = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const char *set;

    if (named == (locale_t)0) {
        doctor_say(doctor, "locale", DOCTOR_WARNING,
                   "set LANG or LC_ALL to a locale that is installed (locale -a)",
                   "the locale that LANG, LC_CTYPE or LC_ALL name is not installed");
        return;
    }
    set = nl_langinfo_l(CODESET, named);
    if (strcmp(set, "UTF-8") == 0) {
        doctor_say(doctor, "locale", DOCTOR_OK, NULL, "UTF-8");
    } else {
        doctor_say(doctor, "locale", DOCTOR_WARNING, "LANG=C.UTF-8",
                   "letters are %s here: names with others may look wrong on a terminal; files and "
                   "JSON are UTF-8 all the same",
                   set);
    }
    freelocale(named);
}

static void check_clock(struct doctor *doctor)
{
    struct clock *clock = doctor->ferry->clock;
    int64_t now_ms = clock->realtime_ms(clock), first = clock->now_ms(clock);
    char *local = timelocal_format(doctor->mem, now_ms, timelocal_offset(now_ms));

    if (now_ms < CLOCK_LEAST_MS) {
        doctor_say(doctor, "clock", DOCTOR_STOPS, "set the clock (timedatectl set-time)",
                   "the clock says %s, which is before this ferry was made", local);
    } else {
        doctor_say(doctor, "clock", DOCTOR_OK, NULL, "%s", local);
    }
    if (clock->now_ms(clock) < first) {
        doctor_say(doctor, "clock_monotonic", DOCTOR_STOPS, "look at the kernel or hypervisor",
                   "the clock for intervals went backwards");
    } else {
        doctor_say(doctor, "clock_monotonic", DOCTOR_OK, NULL, "intervals: %s since the start",
                   timefmt_duration(doctor->mem, first));
    }
}

/* What the kernel was told by an NTP client; nothing is set. */
static void check_synchronised(struct doctor *doctor)
{
    struct timex told = {.modes = 0};
    int state = adjtimex(&told);

    if (state == -1) {
        doctor_say(doctor, "clock_synchronised", DOCTOR_CANNOT_TELL, NULL,
                   "the kernel does not say: %s", strerror(errno));
    } else if (state == TIME_ERROR || (told.status & STA_UNSYNC)) {
        doctor_say(doctor, "clock_synchronised", DOCTOR_WARNING,
                   "run an NTP client (systemd-timesyncd, chrony); inside a container the host's "
                   "counts, and it may be fine",
                   "the kernel says that nothing keeps its clock right");
    } else {
        doctor_say(doctor, "clock_synchronised", DOCTOR_OK, NULL, "within %ld ms by the kernel",
                   told.maxerror / 1000);
    }
}

static void check_files(struct doctor *doctor)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit)) {
        doctor_say(doctor, "open_files", DOCTOR_CANNOT_TELL, NULL, "%s", strerror(errno));
    } else if (limit.rlim_cur < LIMITS_IN_FLIGHT + FILES_SPARE) {
        doctor_say(doctor, "open_files", DOCTOR_WARNING,
                   "ulimit -n 1024, or lower limits.in_flight",
                   "%llu at once, and %d requests in flight with %d other files want more",
                   (unsigned long long)limit.rlim_cur, LIMITS_IN_FLIGHT, FILES_SPARE);
    } else {
        doctor_say(doctor, "open_files", DOCTOR_OK, NULL, "%llu at once",
                   (unsigned long long)limit.rlim_cur);
    }
}

void doctor_machine(struct doctor *doctor)
{
    check_locale(doctor);
    check_clock(doctor);
    check_synchronised(doctor);
    check_files(doctor);
}
