/* ferry-practice: a manager to practise on. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/broker.h"
#include "practice/content.h"
#include "practice/drop_deployment.h"
#include "practice/faults.h"
#include "practice/ledger.h"
#include "practice/make_archive.h"
#include "practice/options.h"
#include "practice/practice.h"
#include "practice/server.h"
#include "practice/store.h"

static int complain(const struct ferry_error *err)
{
    (void)fprintf(stderr, "ferry-practice: %s\n", err->message);
    if (err->hint[0] != '\0') {
        (void)fprintf(stderr, "  %s\n", err->hint);
    }
    return ferry_code_exit(err->code);
}

/* What a killed manager left of uploads that never ended. */
static void sweep_uploads(const struct practice *practice)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *folder = mem_printf(scope, "%s/uploads", practice->options.data);
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') {
            (void)unlink(mem_printf(scope, "%s/%s", folder, entry->d_name));
        }
    }
    (void)closedir(dir);
}

/* --content is for an empty manager: one that was used keeps what it has. */
static enum ferry_code first_content(struct practice *practice, struct ferry_error *err)
{
    struct content *content = NULL;
    static const char once[] = "SELECT 1 FROM settings WHERE name = 'content.loaded'";
    if (practice->options.content == NULL || sql_one_int(practice->sql, 0, once, "") != 0) {
        return FERRY_OK;
    }
    enum ferry_code code = content_load(practice, practice->options.content, &content, err);
    if (code != FERRY_OK) {
        return code;
    }
    sql_begin(practice->sql);
    store_load(practice, content, false);
    store_rename_admin(practice, store_admin_of(content));
    if (content->admin_password != NULL) {
        sql_do(practice->sql, "UPDATE users SET password = ? WHERE is_bootstrap", "s",
               content->admin_password);
    }
    sql_do(practice->sql, "INSERT INTO settings VALUES ('content.loaded', '1')", "");
    sql_commit(practice->sql);
    mem_free(content);
    return FERRY_OK;
}

/* Agents write "7.1.0.dev1" as "7.1.0-.dev1" (contract/19). */
static const char *agent_version(struct practice *practice)
{
    const char *text = practice->options.version;
    size_t number = strspn(text, "0123456789.");
    if (text[number] == '\0') {
        return text;
    }
    while (number > 0 && text[number - 1] == '.') {
        number--;
    }
    return mem_printf(practice, "%.*s-%s", (int)number, text, text + number);
}

static enum ferry_code prepare(struct practice *practice, struct ferry_error *err)
{
    (void)version_parse(practice->options.version, &practice->version);
    profile_fill(practice->version, &practice->own_profile);
    practice->profile = &practice->own_profile;
    practice->agent_version = agent_version(practice);
    practice->clock = clock_system();
    practice->rng = rng_system();
    enum ferry_code code = store_open(practice, err);
    if (code != FERRY_OK) {
        return code;
    }
    cluster_load(practice, (size_t)practice->options.nodes);
    practice->ledger = ledger_new(practice);
    practice->faults = faults_new(practice);
    sweep_uploads(practice);
    if (practice->options.temperamental) {
        practice_keep(practice, "temperamental", "1");
    }
    settings_apply(practice);
    if (practice->options.settings != NULL) {
        code = settings_read(practice, practice->options.settings, err);
    }
    if (code == FERRY_OK && practice->options.faults != NULL) {
        code = faults_read(practice->faults, practice->options.faults, err);
    }
    return code == FERRY_OK ? first_content(practice, err) : code;
}

static int serve(int argc, char **argv)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    sigset_t signals;
    struct practice *practice = mem_new(scope, struct practice);
    if (options_read(argc, argv, &practice->options, &err) != FERRY_OK) {
        ferry_error_hint(&err, "see ferry-practice --help");
        return complain(&err);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    char *broker = NULL;
    const char *at = practice->options.broker;
    if (prepare(practice, &err) != FERRY_OK ||
        server_start(practice, &practice->server, &err) != FERRY_OK ||
        (at != NULL && broker_listen(scope, at, &broker, &err) != FERRY_OK)) {
        return complain(&err);
    }
    for (size_t i = 0; i < practice->cluster.count; i++) {
        (void)printf("ready %s\n", server_url(practice->server, scope, i));
    }
    if (broker != NULL) {
        (void)printf("broker %s\n", broker);
    }
    if (practice->options.control != NULL) {
        (void)printf("control %s\n", server_url(practice->server, scope, CLUSTER_CONTROL));
    }
    (void)fflush(stdout);
    server_run(practice->server);
    server_stop(practice->server);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "make-archive") == 0) {
        return make_archive_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "drop-deployment") == 0) {
        return drop_deployment_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "describe") == 0) {
        return describe_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "settings") == 0) {
        return settings_main();
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(options_help(), stdout);
        return 0;
    }
    return serve(argc, argv);
}
