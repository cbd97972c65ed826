/* Versions, and the known faults of versions that matter to ferry. */
#include <archive.h>
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <nettle/version.h>
#include <sqlite3.h>
#include <talloc.h>
#include <yaml.h>

#include "libferry/doctor.h"

/* CURLOPT_PROTOCOLS_STR; Debian 12 has 7.88.1 */
#define CURL_LEAST 0x075500
/* STRICT tables (sqlite.org/stricttables.html) */
#define SQLITE_LEAST 3037000

static void libcurl(struct doctor *doctor)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bool tls = info->features & CURL_VERSION_SSL, names = info->features & CURL_VERSION_ASYNCHDNS;
    enum doctor_verdict verdict = DOCTOR_OK;
    const char *next = NULL;

    if (!tls || info->version_num < CURL_LEAST) {
        verdict = DOCTOR_STOPS;
        next = "install libcurl 7.85 or newer, with TLS";
    } else if (!names) {
        verdict = DOCTOR_WARNING;
        next = "a slow name server holds everything up: install a libcurl with a threaded resolver";
    }
    doctor_say(doctor, "libcurl", verdict, next, "%s, TLS by %s, names looked up %s", info->version,
               tls ? info->ssl_version : "nothing",
               names && info->ares ? "by c-ares"
               : names             ? "in a thread"
                                   : "in the way of everything else");
}

/*
 * sqlite.org/wal.html, "The WAL-reset bug": 3.7.0 to 3.51.2, mended in 3.51.3, and in 3.50.7 and
 * 3.44.6 for those lines. Two connections that write or checkpoint in the same instant can damage
 * the file.
 */
bool doctor_has_wal_reset_bug(int number)
{
    int line = number / 1000;

    if (number >= 3051003 || number < 3007000) {
        return false;
    }
    return !(line == 3050 && number >= 3050007) && !(line == 3044 && number >= 3044006);
}

static void sqlite(struct doctor *doctor)
{
    int number = sqlite3_libversion_number();

    if (number < SQLITE_LEAST) {
        doctor_say(doctor, "sqlite", DOCTOR_STOPS, "install SQLite 3.37 or newer",
                   "SQLite %s does not know STRICT tables", sqlite3_libversion());
        return;
    }
    doctor_say(doctor, "sqlite", DOCTOR_OK, NULL, "SQLite %s of %.10s, thread safety %d",
               sqlite3_libversion(), sqlite3_sourceid(), sqlite3_threadsafe());
    if (!doctor_has_wal_reset_bug(number)) {
        doctor_say(doctor, "sqlite_faults", DOCTOR_OK, NULL, "none known that concerns a journal");
        return;
    }
    doctor_say(doctor, "sqlite_faults", DOCTOR_OK,
               "while ferry runs, let no other program write to the journal or checkpoint it",
               "by its number it has the WAL-reset bug (3.7.0 to 3.51.2; whether the distribution "
               "mended it cannot be seen); ferry cannot meet it: one connection writes, and "
               "readers never checkpoint");
}

void doctor_libraries(struct doctor *doctor)
{
    libcurl(doctor);
    sqlite(doctor);
    /* their published faults lie in parts that ferry does not use: pointers and patches of cJSON,
       other formats than zip and tar of libarchive */
    doctor_say(doctor, "cjson", DOCTOR_OK, NULL, "cJSON %s", cJSON_Version());
    doctor_say(doctor, "libarchive", DOCTOR_OK, NULL, "%s; ferry reads zip and tar only",
               archive_version_details());
    doctor_say(doctor, "talloc", DOCTOR_OK, NULL, "talloc %d.%d", talloc_version_major(),
               talloc_version_minor());
    doctor_say(doctor, "other_libraries", DOCTOR_OK, NULL, "nettle %d.%d, libyaml %s",
               nettle_version_major(), nettle_version_minor(), yaml_get_version_string());
}
