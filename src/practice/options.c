#include "practice/options.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/parse.h"

static const char help[] =
    "usage: ferry-practice --data DIR [--listen HOST:PORT] [options]\n"
    "       ferry-practice make-archive FILE --tenants N --deployments N --agents N [...]\n"
    "       ferry-practice describe FILE [--json]\n"
    "       ferry-practice drop-deployment ARCHIVE TENANT/ID OUT\n"
    "       ferry-practice settings\n"
    "\n"
    "A manager to practise on. Prints \"ready URL\" when it listens; ends on SIGTERM.\n"
    "\n"
    "  --listen HOST:PORT       default 127.0.0.1:0, any free port\n"
    "  --data DIR               its state; a new folder is an empty manager\n"
    "  --manager-version V      default 7.1.0; 4.3 and later\n"
    "  --premium                reports the premium edition\n"
    "  --password TEXT          of admin on an empty manager, default admin\n"
    "  --restored-password TEXT of admin after a restore whose archive does not tell it\n"
    "  --content FILE           an archive or a description (JSON) that an empty manager holds\n"
    "  --ssl-required           answers as the HTTP port of a manager that wants HTTPS\n"
    "  --account-lock           four failed logins in a row lock the user\n"
    "  --temperamental          up to 6.1: requests that come too soon spoil a restore\n"
    "  --faults FILE            faults on purpose\n"
    "  --settings FILE          what POST /practice/set takes, as a JSON object\n"
    "  --time-scale X           multiplies every delay; 0.01 makes 30 s 0.3 s\n"
    "  --rate-limit N           requests a second, as nginx limits them; 0 is none\n"
    "  --rate-burst N           requests above the rate that are still served, default 30\n"
    "  --rate-delay N           so many of those at once, the others in the rate; default 20\n"
    "  --latency-ms N           every answer comes so much later\n"
    "  --nodes N                a cluster: N ports, one data base; a \"ready URL\" for each\n"
    "  --control HOST:PORT      a port for /practice alone, which never goes down\n"
    "  --broker HOST:PORT       a port that takes connections, as a broker does; \"broker "
    "ADDRESS\"\n"
    "  --tls-cert FILE --tls-key FILE   HTTPS\n"
    "  --restored-tls-cert FILE --restored-tls-key FILE\n"
    "                           HTTPS after a restore with certificates and its reboot\n"
    "\n"
    "A 7.0 manager limits by default as --rate-limit 10 --rate-burst 30 --rate-delay 20 does.\n"
    "What POST /practice/set takes while it runs: ferry-practice settings, GET "
    "/practice/settings.\n";

const char *options_help(void)
{
    return help;
}

static const struct {
    const char *name;
    size_t at;
} texts[] = {
    {"--listen", offsetof(struct practice_options, listen)},
    {"--data", offsetof(struct practice_options, data)},
    {"--manager-version", offsetof(struct practice_options, version)},
    {"--faults", offsetof(struct practice_options, faults)},
    {"--settings", offsetof(struct practice_options, settings)},
    {"--tls-cert", offsetof(struct practice_options, tls_cert)},
    {"--tls-key", offsetof(struct practice_options, tls_key)},
    {"--restored-tls-cert", offsetof(struct practice_options, restored_cert)},
    {"--restored-tls-key", offsetof(struct practice_options, restored_key)},
    {"--control", offsetof(struct practice_options, control)},
    {"--broker", offsetof(struct practice_options, broker)},
    {"--password", offsetof(struct practice_options, password)},
    {"--restored-password", offsetof(struct practice_options, restored_password)},
    {"--content", offsetof(struct practice_options, content)},
};

/* True when the option is one of the texts. */
static bool take_text(struct practice_options *out, const char *name, const char *value)
{
    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        if (strcmp(texts[i].name, name) == 0) {
            memcpy((char *)out + texts[i].at, &value, sizeof value);
            return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    size_t at;
} flags[] = {
    {"--premium", offsetof(struct practice_options, premium)},
    {"--ssl-required", offsetof(struct practice_options, ssl_required)},
    {"--account-lock", offsetof(struct practice_options, account_lock)},
    {"--temperamental", offsetof(struct practice_options, temperamental)},
};

/* True when the option is one of those without a value. */
static bool take_flag(struct practice_options *out, const char *name)
{
    static const bool on = true;
    for (size_t i = 0; i < FERRY_COUNT(flags); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            memcpy((char *)out + flags[i].at, &on, sizeof on);
            return true;
        }
    }
    return false;
}

static enum ferry_code take(struct practice_options *out, const char *name, const char *value,
                            struct ferry_error *err)
{
    bool good = true;
    if (take_text(out, name, value)) {
        return FERRY_OK;
    }
    if (strcmp(name, "--time-scale") == 0) {
        good = parse_double(value, 0, 1000, &out->time_scale);
    } else if (strcmp(name, "--rate-limit") == 0) {
        good = parse_double(value, 0, 1e6, &out->rate_limit);
    } else if (strcmp(name, "--rate-burst") == 0) {
        good = parse_int64(value, 0, 1000000, &out->rate_burst);
    } else if (strcmp(name, "--rate-delay") == 0) {
        good = parse_int64(value, 0, 1000000, &out->rate_delay);
    } else if (strcmp(name, "--latency-ms") == 0) {
        good = parse_int64(value, 0, 60000, &out->latency_ms);
    } else if (strcmp(name, "--nodes") == 0) {
        good = parse_int64(value, 1, CLUSTER_MOST, &out->nodes);
    } else {
        return ferry_fail(err, FERRY_E_USAGE, "unknown option \"%s\"", name);
    }
    return good ? FERRY_OK : ferry_fail(err, FERRY_E_USAGE, "%s: \"%s\" is no number", name, value);
}

static enum ferry_code check(const struct practice_options *options, struct ferry_error *err)
{
    struct version version = {0, 0, 0};
    if (options->data == NULL) {
        return ferry_fail(err, FERRY_E_USAGE, "--data is missing");
    }
    if (!version_parse(options->version, &version) ||
        version_compare(version, profile_oldest()) < 0) {
        return ferry_fail(err, FERRY_E_USAGE, "a manager of version \"%s\" is not practised",
                          options->version);
    }
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        return ferry_fail(err, FERRY_E_USAGE, "--tls-cert and --tls-key go together");
    }
    if ((options->restored_cert == NULL) != (options->restored_key == NULL) ||
        (options->restored_cert != NULL && options->tls_cert == NULL)) {
        return ferry_fail(
            err, FERRY_E_USAGE,
            "--restored-tls-cert and --restored-tls-key go together, with --tls-cert");
    }
    return FERRY_OK;
}

enum ferry_code options_read(int argc, char **argv, struct practice_options *out,
                             struct ferry_error *err)
{
    *out = (struct practice_options){.listen = "127.0.0.1:0",
                                     .version = "7.1.0",
                                     .password = "admin",
                                     .time_scale = 1,
                                     .rate_burst = 30,
                                     .rate_delay = 20,
                                     .nodes = 1};
    for (int i = 1; i < argc; i++) {
        if (take_flag(out, argv[i])) {
            continue;
        }
        if (i + 1 == argc) {
            return ferry_fail(err, FERRY_E_USAGE, "\"%s\" wants a value or is unknown", argv[i]);
        }
        enum ferry_code code = take(out, argv[i], argv[i + 1], err);
        if (code != FERRY_OK) {
            return code;
        }
        i++;
    }
    return check(out, err);
}
