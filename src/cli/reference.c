#include "cli/reference.h"

#include "base/attr.h"

/* clang-format off */
/* One row for each exit code of ferry/error.h. */
const struct cli_exit cli_exits[] = {
    {0, "done", "nothing"},
    {1, "failed, or the manager cannot be reached",
     "read the message; when the reason is mended: ferry retry RUN --failed, then ferry resume"},
    {2, "usage, configuration or credentials", "the message names the option, or file and line"},
    {3, "stopped, can be resumed", "ferry resume"},
    {4, "an unknown outcome waits for ferry resolve",
     "look at the manager, then: ferry resolve RUN UNIT --as done|absent|failed, ferry resume"},
    {5, "refused by a fact on manager or archive", "the message says which, and what to do"},
    {6, "the plan is stale", "make it anew: ferry plan FILE.yaml -o PLAN.json"},
    {7, "the journal is in use by another ferry", "the message says by which: wait for it"},
    {8, "the journal cannot be used (newer, damaged, full disk)", "the message says why"},
    {10, "done, but some units failed",
     "ferry status names them; then ferry retry RUN --failed, ferry resume"},
};

const struct cli_term cli_variables[] = {
    {"CFY_WORKDIR", "cfy's profiles are in its folder .cloudify; else in $HOME/.cloudify"},
    {"CLOUDIFY_KERBEROS_ENV", "with a profile: refused, ferry cannot log in by Kerberos"},
    {"CLOUDIFY_PASSWORD",
     "the password of manager.profile, when the profile holds none; never read without a profile, "
     "as all that begin so"},
    {"CLOUDIFY_SSL_TRUST_ALL",
     "with a profile: refused where no manager.ca is given, ferry takes no certificate unseen"},
    {"CLOUDIFY_TENANT", "the tenant of manager.profile, when the profile holds none"},
    {"CLOUDIFY_TOKEN", "the token of manager.profile, when it holds neither token nor password"},
    {"CLOUDIFY_USERNAME", "the user of manager.profile, when the profile holds none"},
    {"COLUMNS", "the width of a terminal that does not tell it"},
    {"FERRY_JOURNAL", "the journal, unless --journal names it"},
    {"HOME", "where the journal and cfy's profiles are, unless XDG_STATE_HOME and CFY_WORKDIR say so"},
    {"LOCAL_REST_CERT_FILE",
     "the certificate of manager.profile's manager, when the profile names none"},
    {"NO_COLOR", "not empty: plain lines, without colours and without a moving view"},
    {"TERM", "unset or dumb: plain lines, as with NO_COLOR"},
    {"XDG_STATE_HOME", "the journal is in its folder ferry; else in $HOME/.local/state/ferry"},
};

const struct cli_term cli_files[] = {
    {"$XDG_STATE_HOME/ferry/journal.db",
     "the journal: every run, what was sent and what came of it (an SQLite data base; it must be "
     "on a local disk, and holds no password or token)"},
    {"JOURNAL-wal, JOURNAL-shm", "parts of the journal while it is open: never remove them"},
    {"JOURNAL.lock", "who writes the journal; the kernel frees it when that ferry ends"},
    {"JOURNAL.plugins", "a folder with plugins that ferry has packed, while a run goes on"},
    {"NAME.zip, NAME.zip.json, NAME.zip.sha256",
     "in backup.directory: a backup, what is known of it, and its digest for sha256sum -c"},
    {"upgrade.yaml, backup.yaml", "what a run is to do, by any name: see ferry.yaml(5)"},
};

const struct cli_term cli_terms[] = {
    {"agent", "the program on each host through which the manager works there"},
    {"archive", "the file that holds a snapshot"},
    {"backup", "a snapshot that was brought here from its manager, with its record"},
    {"blueprint", "the plan from which the manager makes deployments"},
    {"broker", "the message service (RabbitMQ) through which a manager and its agents talk"},
    {"caravan", "a file with several plugins (.cvn)"},
    {"cfy", "the command line of Cloudify managers; its profiles say how a manager is reached"},
    {"deployment", "what a manager has made from a blueprint: hosts and what runs on them"},
    {"execution", "one piece of work of a manager, e.g. a restore"},
    {"host", "a machine of a deployment; the manager calls it a node instance"},
    {"journal", "the file in which ferry keeps its runs, so that it can go on after a kill"},
    {"maintenance mode", "the state of a manager in which it takes no new work"},
    {"manager", "a Cloudify Manager: the server whose content is carried across the upgrade"},
    {"metrics", "numbers that another program collects, e.g. how many units have failed"},
    {"node", "a machine of a manager's cluster; in a blueprint: a kind of host"},
    {"plan", "what a run would do, as ferry plan shows it"},
    {"plugin", "an extension of a manager: how it works with one kind of cloud or tool"},
    {"profile", "what cfy knows of one manager: its address, login and certificate"},
    {"prometheus", "a program that collects metrics from many machines and warns of them"},
    {"proven", "of a backup: it was read as a whole, and is what the manager sent"},
    {"request", "one HTTP message to the manager; those that change it are kept in the journal"},
    {"run", "one upgrade from its beginning to its end, however often it was stopped meanwhile"},
    {"snapshot", "the whole content of a manager at one moment, as the manager itself saves it"},
    {"state", "one kind of step: ferry help states lists them"},
    {"step", "one part of a run, such as the upload"},
    {"tenant", "one of the separate worlds within a manager"},
    {"token", "a text that stands for a login, in place of a password"},
    {"unit", "what is done and can fail by itself: one deployment, one host, one plugin; a step "
     "that is not divided is one unit"},
    {"wagon", "a plugin as Python packages in one file (.wgn)"},
    {"wave", "so many deployments that get their agents together, before ferry looks back"},
    {"workflow", "the steps of a run in their order"},
};
/* clang-format on */

const size_t cli_exit_count = FERRY_COUNT(cli_exits);
const size_t cli_variable_count = FERRY_COUNT(cli_variables);
const size_t cli_file_count = FERRY_COUNT(cli_files);
const size_t cli_term_count = FERRY_COUNT(cli_terms);
