#include "cli/options.h"

#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/parse.h"

/* clang-format off */
const struct cli_option_row cli_options[OPTION_COUNT] = {
    [OPTION_HELP] = {"help", 'h', TYPE_FLAG, NULL, NULL, NULL, GROUP_COMMON,
        "say what the command does and which options it takes"},
    [OPTION_VERSION] = {"version", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_COMMON,
        "say which ferry this is"},
    [OPTION_JOURNAL] = {"journal", 0, TYPE_TEXT, "FILE", NULL, "FERRY_JOURNAL", GROUP_COMMON,
        "where runs are kept (default: $XDG_STATE_HOME/ferry/journal.db)"},
    [OPTION_JSON] = {"json", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_COMMON,
        "print one JSON document instead of a table"},
    [OPTION_QUIET] = {"quiet", 'q', TYPE_FLAG, NULL, NULL, NULL, GROUP_COMMON,
        "no progress, only the result and errors"},
    [OPTION_VERBOSE] = {"verbose", 'v', TYPE_FLAG, NULL, NULL, NULL, GROUP_COMMON,
        "every event; twice: the log as well"},
    [OPTION_MANAGER] = {"manager", 0, TYPE_LIST, "URL", "manager.url", NULL,
        GROUP_SOURCE | GROUP_RESUME,
        "the new manager, http(s)://host[:port]; again for each further node of a cluster"},
    [OPTION_PROFILE] = {"profile", 0, TYPE_TEXT, "NAME", "manager.profile", NULL, GROUP_SOURCE,
        "take URL and login from a cfy profile; active: from the active one"},
    [OPTION_USERNAME] = {"username", 0, TYPE_TEXT, "U", "manager.username", NULL, GROUP_SOURCE,
        "who ferry is on the manager"},
    [OPTION_PASSWORD_FILE] = {"password-file", 0, TYPE_TEXT, "FILE", "manager.password.file", NULL,
        GROUP_SOURCE | GROUP_RESUME, "the file that holds the password (mode 0600)"},
    [OPTION_TOKEN_FILE] = {"token-file", 0, TYPE_TEXT, "FILE", "manager.token.file", NULL,
        GROUP_SOURCE | GROUP_RESUME, "the file that holds a token (mode 0600)"},
    [OPTION_TENANT] = {"tenant", 0, TYPE_TEXT, "T", "manager.tenant", NULL, GROUP_SOURCE,
        "the tenant that requests are made in"},
    [OPTION_CA] = {"ca", 0, TYPE_TEXT, "FILE", "manager.ca", NULL, GROUP_SOURCE | GROUP_RESUME,
        "certificates that the manager's is checked against"},
    [OPTION_SNAPSHOT] = {"snapshot", 0, TYPE_TEXT, "FILE", "snapshot.file", NULL, GROUP_UPGRADE,
        "the archive to restore"},
    [OPTION_SNAPSHOT_ID] = {"snapshot-id", 0, TYPE_TEXT, "ID", "snapshot.id", NULL, GROUP_UPGRADE,
        "its name on the manager (default: from the file's name)"},
    [OPTION_SET] = {"set", 0, TYPE_SETTING, "KEY=VALUE", NULL, NULL, GROUP_SOURCE | GROUP_RESUME,
        "any key of the file, e.g. agents.concurrency=10; may be repeated"},
    [OPTION_STOP_BEFORE] = {"stop-before", 0, TYPE_TEXT, "STATE", NULL, NULL, GROUP_RUN,
        "stop, resumable, before this state begins"},
    [OPTION_WAVE] = {"wave", 0, TYPE_TEXT, "N,N,rest", "agents.waves", NULL,
        GROUP_UPGRADE | GROUP_RESUME, "how many deployments get agents before the run looks back"},
    [OPTION_OUTPUT] = {"output", 'o', TYPE_TEXT, "PLAN.json", NULL, NULL, GROUP_PLAN,
        "keep the plan, for ferry run PLAN.json"},
    [OPTION_AT] = {"at", 0, TYPE_TEXT, "TIME", NULL, NULL, GROUP_PLAN,
        "forecast for a run that begins then: 2026-11-28T02:00:00Z, \"2026-11-28 02:00\""},
    [OPTION_MARKDOWN] = {"markdown", 0, TYPE_FLAG, NULL, NULL, NULL,
        GROUP_PLAN | GROUP_INSPECT | GROUP_REPORT, "print it as Markdown, for a change ticket"},
    [OPTION_DEEP] = {"deep", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_INSPECT,
        "unpack every file in it too, and hold it against the list at the archive's end"},
    [OPTION_REQUESTS] = {"requests", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_PLAN,
        "also each request that a run would send, with its body"},
    [OPTION_WATCH] = {"watch", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_STATUS,
        "look again each second until the run stands still"},
    [OPTION_UNITS] = {"units", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_STATUS,
        "every deployment and host: done, skipped and why, failed and why, how long"},
    [OPTION_STEP] = {"step", 0, TYPE_TEXT, "STATE", NULL, NULL, GROUP_STATUS,
        "with --units: of this state only"},
    [OPTION_FORMAT] = {"format", 0, TYPE_TEXT, "table|json|csv", NULL, NULL, GROUP_STATUS,
        "with --units: how they are written"},
    [OPTION_LISTEN] = {"listen", 0, TYPE_TEXT, "HOST:PORT", NULL, NULL, GROUP_WATCH,
        "where the page is served (default: a free port of 127.0.0.1)"},
    [OPTION_PUBLIC] = {"public", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_WATCH,
        "let other machines look on too; anybody who reaches the port can read"},
    [OPTION_HTML] = {"html", 0, TYPE_TEXT, "FILE", NULL, NULL, GROUP_REPORT,
        "write one page that needs nothing else (-: the output)"},
    [OPTION_AFTER] = {"after", 0, TYPE_NUMBER, "ID", NULL, NULL, GROUP_EVENTS,
        "only events after this one"},
    [OPTION_FOLLOW] = {"follow", 'f', TYPE_FLAG, NULL, NULL, NULL, GROUP_EVENTS,
        "go on as events come, until the run stands still"},
    [OPTION_AS] = {"as", 0, TYPE_TEXT, "done|absent|failed", NULL, NULL, GROUP_RESOLVE,
        "what you found on the manager"},
    [OPTION_FAILED] = {"failed", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_RETRY,
        "the units that failed"},
    [OPTION_LEAVE] = {"leave", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_CANCEL,
        "end the run and leave the manager as it is"},
    [OPTION_VERIFY] = {"verify", 0, TYPE_FLAG, NULL, NULL, NULL, GROUP_BACKUPS,
        "read each archive again, whether it is still what was proven"},
    [OPTION_PRINT_TIMER] = {"print-timer", 0, TYPE_OPTIONAL, NULL, NULL, NULL, GROUP_BACKUP,
        "print files that have this backup taken each night, for systemd and for cron; "
        "=systemd, =service, =timer or =cron: that alone"},
    [OPTION_METRICS] = {"metrics", 0, TYPE_TEXT, "FILE", "metrics.file", NULL,
        GROUP_SOURCE | GROUP_RESUME, "how the run stands, as a text file for Prometheus"},
};
/* clang-format on */

struct parser {
    const void *mem;
    char *const *argv;
    int argc;
    int at; /* the word that is read now */
    struct cli_arguments *arguments;
};

static enum ferry_code unknown_option(const char *name, struct ferry_error *err)
{
    const char *names[OPTION_COUNT];
    const char *near;

    for (size_t at = 0; at < OPTION_COUNT; at++) {
        names[at] = cli_options[at].name;
    }
    near = nearest_word(name, names, OPTION_COUNT);
    ferry_fail(err, FERRY_E_USAGE, "unknown option --%s", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean --%s?", near);
    } else {
        ferry_error_hint(err, "ferry --help shows commands and options");
    }
    return FERRY_E_USAGE;
}

static enum ferry_code put(struct parser *parser, enum cli_option option, const char *value,
                           struct ferry_error *err)
{
    const struct cli_option_row *row = &cli_options[option];
    struct cli_arguments *arguments = parser->arguments;
    int64_t number;

    if (row->type == TYPE_NUMBER && !parse_int64(value, 0, INT64_MAX, &number)) {
        return ferry_fail(err, FERRY_E_USAGE, "--%s wants a number, not '%s'", row->name, value);
    }
    if (row->type == TYPE_SETTING && strchr(value, '=') == NULL) {
        ferry_fail(err, FERRY_E_USAGE, "--%s wants %s", row->name, row->argument);
        ferry_error_hint(err, "for example --set agents.concurrency=10");
        return FERRY_E_USAGE;
    }
    if (row->type == TYPE_LIST && arguments->values[option] != NULL) {
        value = mem_printf(parser->mem, "%s,%s", arguments->values[option], value);
    }
    arguments->values[option] = value;
    arguments->counts[option]++;
    if (row->type == TYPE_SETTING) {
        arguments->settings[arguments->setting_count++] = value;
    }
    if (row->key != NULL) {
        arguments->settings[arguments->setting_count++] =
            mem_printf(parser->mem, "%s=%s", row->key, value);
    }
    return FERRY_OK;
}

/* The option's value is what stands behind '=' or its letter, else the next word. */
static enum ferry_code take_value(struct parser *parser, enum cli_option option,
                                  const char *attached, struct ferry_error *err)
{
    const struct cli_option_row *row = &cli_options[option];

    if (row->type == TYPE_FLAG && attached != NULL) {
        return ferry_fail(err, FERRY_E_USAGE, "--%s takes no value", row->name);
    }
    if (row->type == TYPE_FLAG || (row->type == TYPE_OPTIONAL && attached == NULL)) {
        return put(parser, option, "", err);
    }
    if (attached == NULL && parser->at + 1 >= parser->argc) {
        return ferry_fail(err, FERRY_E_USAGE, "--%s wants a value: %s", row->name, row->argument);
    }
    if (attached == NULL) {
        attached = parser->argv[++parser->at];
    }
    return put(parser, option, attached, err);
}

static enum ferry_code long_option(struct parser *parser, const char *word, struct ferry_error *err)
{
    size_t length = strcspn(word, "=");
    const char *attached = word[length] == '=' ? word + length + 1 : NULL;

    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if (strlen(cli_options[at].name) == length &&
            strncmp(cli_options[at].name, word, length) == 0) {
            return take_value(parser, (enum cli_option)at, attached, err);
        }
    }
    return unknown_option(mem_strndup(parser->mem, word, length), err);
}

/* "-qv", "-o FILE", "-oFILE" */
static enum ferry_code short_options(struct parser *parser, const char *letters,
                                     struct ferry_error *err)
{
    for (; *letters != '\0'; letters++) {
        size_t at = 0;
        bool flag;
        enum ferry_code code;

        while (at < OPTION_COUNT && cli_options[at].letter != *letters) {
            at++;
        }
        if (at == OPTION_COUNT) {
            ferry_fail(err, FERRY_E_USAGE, "unknown option -%c", *letters);
            ferry_error_hint(err, "ferry --help shows commands and options");
            return FERRY_E_USAGE;
        }
        flag = cli_options[at].type == TYPE_FLAG || cli_options[at].type == TYPE_OPTIONAL;
        code = take_value(parser, (enum cli_option)at,
                          flag || letters[1] == '\0' ? NULL : letters + 1, err);
        if (code != FERRY_OK || !flag) {
            return code;
        }
    }
    return FERRY_OK;
}

enum ferry_code cli_parse(const void *mem, int argc, char *const *argv,
                          struct cli_arguments *arguments, struct ferry_error *err)
{
    struct parser parser = {.mem = mem, .argv = argv, .argc = argc, .arguments = arguments};
    bool only_words = false;
    enum ferry_code code = FERRY_OK;

    memset(arguments, 0, sizeof(*arguments));
    arguments->settings = mem_array(mem, const char *, (size_t)argc + 1);
    arguments->words = mem_array(mem, const char *, (size_t)argc + 1);
    for (parser.at = 1; parser.at < argc && code == FERRY_OK; parser.at++) {
        const char *word = argv[parser.at];

        if (only_words || word[0] != '-' || word[1] == '\0') {
            arguments->words[arguments->word_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_words = true;
        } else if (word[1] == '-') {
            code = long_option(&parser, word + 2, err);
        } else {
            code = short_options(&parser, word + 1, err);
        }
    }
    return code;
}

enum ferry_code cli_check_groups(const struct cli_arguments *arguments, const char *command,
                                 unsigned groups, struct ferry_error *err)
{
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if (arguments->counts[at] == 0 || (cli_options[at].groups & groups) != 0) {
            continue;
        }
        ferry_fail(err, FERRY_E_USAGE, "ferry %s takes no option --%s", command,
                   cli_options[at].name);
        ferry_error_hint(err, "ferry %s --help shows its options", command);
        return FERRY_E_USAGE;
    }
    return FERRY_OK;
}
