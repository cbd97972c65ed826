/*
 * What comes with an archive and then acts: tokens (contract/16, 20), schedules (facts 2.8, 10.2d),
 * agents that only agents.json knows, hosts that make-archive has made dead or stopped.
 */
#include "ferry_test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

/* An archive made by the program itself, with these options. */
static struct blob made(struct bench *bench, const char *const *options)
{
    const char *file = mem_printf(bench, "%s/made.zip", bench->live.data);
    char *args[24] = {mem_strdup(bench, FERRY_PRACTICE), mem_strdup(bench, "make-archive"),
                      mem_strdup(bench, file)};
    size_t count = 3;
    for (; *options != NULL && count + 1 < sizeof args / sizeof *args; options++) {
        args[count++] = mem_strdup(bench, *options);
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)execv(FERRY_PRACTICE, args);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    FILE *in = fopen(file, "rb");
    assert_non_null(in);
    struct blob blob = {mem_array(bench, char, (size_t)4 << 20), 0};
    blob.size = fread(blob.data, 1, (size_t)4 << 20, in);
    (void)fclose(in);
    return blob;
}

static long by_token(struct bench *bench, const char *token)
{
    const char *headers[] = {mem_printf(bench, "Authentication-Token: %s", token), NULL};
    return live_ask(&bench->live, bench, "GET", "/api/v3.1/version", headers,
                    (struct blob){NULL, 0})
        .status;
}

/* Facts 10.2c: the target's tokens die with the legacy restore, the source's live from 9.3 s on. */
static void the_sources_tokens_live_and_the_targets_die(void **state)
{
    static const struct {
        const char *version, *from, *token;
    } rows[] = {{"7.0.5", "6.4.2", "ctok-known-word"}, {"6.0.1", "5.1.0", "knownword"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *options[] = {"--manager-version", rows[i].from, "--token", rows[i].token, NULL};
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        live_set(&bench->live, "set", "{\"freeze\": true}");
        struct answer own = i == 0 ? bench_ask(bench, "POST", "/api/v3.1/tokens", "{}")
                                   : bench_ask(bench, "GET", "/api/v3.1/tokens", NULL);
        const char *target = bench_text(&own, "value");
        assert_int_equal(by_token(bench, target), 200);
        assert_int_equal(by_token(bench, rows[i].token), 401);
        assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
        (void)bench_restore(bench, "s1");
        live_advance(&bench->live, 10500);
        assert_int_equal(by_token(bench, rows[i].token), 200); /* while no password fits */
        assert_int_equal(by_token(bench, target), 401);
        assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/version", NULL).status, 401);
        bench_settle(bench);
        assert_int_equal(by_token(bench, rows[i].token), 200);
        assert_int_equal(by_token(bench, target), 401);
        bench_end(bench);
    }
}

/* Facts 2.2: not only the password of user id 0 is the snapshot's, its name is too. */
static void admin_gets_the_sources_name(void **state)
{
    static const char *const options[] = {
        "--admin-name", "chief", "--admin-password", "pw", "--token", "ctok-known-word", NULL};
    static const char *const chief[] = {"Authorization: Basic Y2hpZWY6cHc=", NULL}; /* chief:pw */
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    struct blob none = {NULL, 0};
    static const char path[] = "/api/v3.1/maintenance";
    live_set(&bench->live, "set", "{\"freeze\": true}");
    (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
    assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
    (void)bench_restore(bench, "s1");
    live_advance(&bench->live, 10500);
    assert_int_equal(by_token(bench, "ctok-known-word"), 200);
    bench_settle(bench);
    assert_int_equal(bench_ask(bench, "GET", path, NULL).status, 401);
    struct answer answer = live_ask(&bench->live, bench, "GET", path, chief, none);
    assert_int_equal(answer.status, 200);
    assert_string_equal(bench_text(&answer, "requested_by"), "chief");
    assert_int_equal(by_token(bench, "ctok-known-word"), 200);
    bench_end(bench);
}

/* Facts 2.5: the new format keeps the target's and brings none. */
static void the_new_format_keeps_the_targets_tokens(void **state)
{
    static const char *const options[] = {"--format", "new", "--token", "ctok-known-word", NULL};
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", NULL);
    struct answer own = bench_ask(bench, "POST", "/api/v3.1/tokens", "{}");
    assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    assert_int_equal(by_token(bench, bench_text(&own, "value")), 200);
    assert_int_equal(by_token(bench, "ctok-known-word"), 401);
    bench_end(bench);
}

/* --- schedules: put into the source's description, so that their times fit the clock --- */

static const char schedules[] =
    "{\"version\": \"7.1.0\", \"blueprints\": [{\"id\": \"bp\"}],"
    " \"deployments\": [{\"id\": \"d1\", \"blueprint\": \"bp\"}], \"schedules\": ["
    "{\"id\": \"slips\", \"deployment\": \"d1\", \"workflow\": \"stop\", \"enabled\": true,"
    " \"next_occurrence\": \"%s\", \"slip\": 60, \"rule\": {\"count\": 1}},"
    "{\"id\": \"late\", \"deployment\": \"d1\", \"workflow\": \"heal\", \"enabled\": true,"
    " \"next_occurrence\": \"%s\", \"slip\": 0, \"rule\": {\"count\": 1}},"
    "{\"id\": \"again\", \"deployment\": \"d1\", \"workflow\": \"scale\", \"enabled\": true,"
    " \"next_occurrence\": \"%s\", \"slip\": 0, \"rule\": {\"recurrence\": \"1 hours\"}}]}";

static const char *next_of(struct bench *bench, const char *id)
{
    struct answer answer =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/execution-schedules?id=%s", id), NULL);
    const struct json *item = json_at(json_get(answer.json, "items"), 0);
    return json_string_or(item, "next_occurrence", NULL);
}

static int64_t started(struct bench *bench, const char *workflow)
{
    struct answer answer = bench_plain(bench, "GET", "/practice/ledger");
    const struct json *all = json_get(answer.json, "scheduled_starts");
    return json_int64_or(json_get(all, workflow), "default_tenant/d1", 0);
}

/* Facts 2.8, 10.2d, contract/27: what is within its slip fires at the deactivate, not before. */
static void overdue_schedules_fire_when_maintenance_ends(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
    struct answer on = bench_ask(bench, "GET", "/api/v3.1/maintenance", NULL);
    const char *now = bench_text(&on, "activated_at"); /* of the frozen clock */
    const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fprintf(out, schedules, now, now, now);
    (void)fclose(out);
    live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
    live_advance(&bench->live, 120000); /* two minutes: more than slip 0 and a minute */
    assert_int_equal(started(bench, "stop"), 0);
    assert_int_equal(bench_ask(bench, "POST", "/api/v3.1/maintenance/deactivate", "{}").status,
                     200);
    assert_int_equal(started(bench, "stop"), 1);
    assert_int_equal(started(bench, "heal"), 0);
    assert_int_equal(started(bench, "scale"), 0);
    assert_null(next_of(bench, "slips"));
    assert_null(next_of(bench, "late"));
    assert_non_null(next_of(bench, "again"));
    assert_string_not_equal(next_of(bench, "again"), now);
    bench_settle(bench);
    bench_end(bench);
}

/* Facts 2.8: what was queued starts when maintenance ends, from 6.3 on. */
static void queued_executions_start_when_maintenance_ends(void **state)
{
    static const struct {
        const char *version, *status;
    } rows[] = {{"6.0.1", "queued"}, {"6.4.2", "terminated"}, {"7.0.5", "terminated"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
        live_set(&bench->live, "set",
                 "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, deployment_id,"
                 " status) VALUES ('default_tenant', 'q', 'stop', 'd', 'queued');\"}");
        bench_settle(bench);
        (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/deactivate", "{}");
        bench_settle(bench);
        struct answer answer = bench_ask(bench, "GET", "/api/v3.1/executions/q", NULL);
        assert_string_equal(bench_text(&answer, "status"), rows[i].status);
        bench_end(bench);
    }
}

/* Contract/27: it fires inside the restore, and its execution runs when that has ended. */
static void an_overdue_schedule_fires_inside_the_restore(void **state)
{
    static const struct {
        const char *version, *slip;
        int starts; /* schedules came with 5.2 */
        bool maintenance;
    } rows[] = {{"7.0.5", "10000000", 1, false},
                {"7.0.5", "10000000", 1, true},
                {"7.0.5", "0", 0, false},
                {"5.1.4", "10000000", 0, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *options[] = {"--scheduled",
                                 "1",
                                 "--schedule-slip",
                                 rows[i].slip,
                                 "--manager-version",
                                 i < 3 ? "6.4.2" : "5.1.0",
                                 NULL};
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        live_set(&bench->live, "set", "{\"freeze\": true}");
        live_advance(&bench->live, 63072000000); /* two years, so that it is overdue for sure */
        assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
        live_set(&bench->live, "set",
                 rows[i].maintenance ? "{\"maintenance\": \"activated\"}" : "{}");
        (void)bench_restore(bench, "s1");
        live_advance(&bench->live, 12000);
        struct answer answer = bench_plain(bench, "GET", "/practice/ledger");
        assert_int_equal(json_size(json_get(answer.json, "scheduled_starts")),
                         rows[i].maintenance ? 0 : rows[i].starts);
        bench_settle(bench);
        (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/deactivate", "{}");
        bench_settle(bench);
        answer = bench_ask(bench, "GET", "/api/v3.1/executions?workflow_id=heal&status=terminated",
                           NULL);
        assert_int_equal(json_size(json_get(answer.json, "items")), rows[i].starts);
        bench_end(bench);
    }
}

static int64_t items(struct bench *bench, const char *path)
{
    return (int64_t)json_size(json_get(bench_ask(bench, "GET", path, NULL).json, "items"));
}

static void hosts_of_made_archives_are_as_was_asked(void **state)
{
    static const char *const formats[] = {"legacy", "new"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *options[] = {"--format",
                                 formats[i],
                                 "--deployments",
                                 "20",
                                 "--agents",
                                 "40",
                                 "--tenants",
                                 "2",
                                 "--dead-hosts",
                                 "4",
                                 "--stopped-hosts",
                                 "3",
                                 "--hosts-without-agent",
                                 "5",
                                 NULL};
        struct bench *bench = bench_start("7.1.0", "1", NULL);
        assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
        (void)bench_restore(bench, "s1");
        bench_settle(bench);
        assert_int_equal(items(bench, "/api/v3.1/node-instances?_all_tenants=true&state=stopped"),
                         3);
        assert_int_equal(items(bench, "/api/v3.1/agents?_all_tenants=true"), 35);
        struct answer answer = bench_plain(bench, "GET", "/practice/state");
        assert_int_equal(json_int64_or(answer.json, "dead_hosts", 0), 4);
        bench_end(bench);
    }
}

/* Before 6.4 plans are pickles; practice.json says what they use, so that updates have work. */
static void blueprints_of_old_archives_use_their_plugins(void **state)
{
    static const char *const options[] = {"--manager-version", "5.1.0", "--plugins", "2", NULL};
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    struct answer answer =
        bench_ask(bench, "POST", "/api/v3.1/plugins-updates/bp-01/update/initiate", "{}");
    assert_string_equal(bench_text(&answer, "state"), "executing_workflow");
    bench_settle(bench);
    answer = bench_ask(bench, "GET", "/api/v3.1/blueprints/bp-01", NULL);
    const struct json *used =
        json_at(json_get(answer.json, "plan.deployment_plugins_to_install"), 0);
    assert_string_equal(json_string_or(used, "package_version", ""), "1.1.0");
    bench_end(bench);
}

/* Facts 2.1: agents.json brings what the dump of an old manager does not know, as "restored". */
static void agents_of_old_archives_are_restored(void **state)
{
    static const char *const options[] = {"--manager-version", "4.4.0", "--deployments", "2", NULL};
    (void)state;
    struct bench *bench = bench_start("5.2.7", "1", NULL);
    assert_int_equal(bench_upload(bench, "s1", made(bench, options)), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    assert_int_equal(items(bench, "/api/v3.1/agents?_all_tenants=true&state=restored"), 2);
    struct answer answer =
        bench_ask(bench, "POST", "/api/v3.1/executions",
                  "{\"deployment_id\": \"dep-00000\", \"workflow_id\": \"install_new_agents\"}");
    assert_int_equal(answer.status, 201);
    bench_settle(bench);
    assert_int_equal(items(bench, "/api/v3.1/agents?deployment_id=dep-00000&state=started"), 1);
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sources_tokens_live_and_the_targets_die),
        cmocka_unit_test(admin_gets_the_sources_name),
        cmocka_unit_test(the_new_format_keeps_the_targets_tokens),
        cmocka_unit_test(overdue_schedules_fire_when_maintenance_ends),
        cmocka_unit_test(queued_executions_start_when_maintenance_ends),
        cmocka_unit_test(an_overdue_schedule_fires_inside_the_restore),
        cmocka_unit_test(agents_of_old_archives_are_restored),
        cmocka_unit_test(blueprints_of_old_archives_use_their_plugins),
        cmocka_unit_test(hosts_of_made_archives_are_as_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
