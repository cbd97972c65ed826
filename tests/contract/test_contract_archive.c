/*
 * What a manager listed after it had restored an archive is what the archive's reader said before.
 * The recordings 20 and 25 were made with the two archives that stand in tests/data/snapshots.
 */
#include "ferry_test.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/archive.h"
#include "cloudify/reply.h"
#include "contract/exchange.h"

#define SNAPSHOTS FERRY_SOURCE_DIR "/tests/data/snapshots/"

struct after {
    const struct cloudify_archive *archive;
    int64_t restored_at_ms; /* -1: the restore was not yet asked for */
    size_t compared;
    int64_t default_deployments; /* as the last probe counted them: of the default tenant */
};

static void same_total(struct after *after, const struct exchange *exchange, int64_t expected)
{
    int64_t total = cloudify_total(exchange->json);

    if (total != expected) {
        fail_msg("%s: %s: the manager lists %lld, the archive says %lld", exchange->file,
                 exchange->path, (long long)total, (long long)expected);
    }
    after->compared++;
}

/* Schedules of the archive, and one for each scheduled execution that was still to come. */
static int64_t schedules_after(const struct after *after)
{
    const struct cloudify_archive *archive = after->archive;
    int64_t count = archive->schedules;

    for (size_t i = 0; i < archive->schedule_count; i++) {
        const struct cloudify_archive_schedule *one = &archive->schedule_list[i];
        int64_t at_ms = 0;
        if (one->is_execution && strcmp(one->status, "scheduled") == 0 &&
            timefmt_parse_utc(one->at, &at_ms) && at_ms > after->restored_at_ms) {
            count++;
        }
    }
    return count;
}

static void same_tenants(struct after *after, const struct exchange *exchange)
{
    const struct cloudify_archive *archive = after->archive;
    const struct json *items = cloudify_items(exchange->json);
    size_t found = 0;

    same_total(after, exchange, archive->tenants);
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        for (size_t i = 0; i < archive->tenant_count; i++) {
            found += strcmp(archive->tenant_list[i].name, json_string_or(row, "name", "")) == 0;
        }
    }
    assert_int_equal(found, archive->tenant_count);
}

static void visit(void *arg, const struct exchange *exchange, enum exchange_gap gap)
{
    struct after *after = arg;

    if (gap != EXCHANGE_WHOLE) {
        return;
    }
    if (exchange_is(exchange, "POST", "snapshots/*/restore")) {
        assert_true(timefmt_parse_utc(json_string_or(exchange->json, "created_at", ""),
                                      &after->restored_at_ms));
    }
    if (after->restored_at_ms < 0 || exchange->status != 200) {
        return;
    }
    if (exchange_is(exchange, "GET", "tenants")) {
        same_tenants(after, exchange);
    } else if (exchange_is(exchange, "GET", "agents")) {
        same_total(after, exchange, after->archive->agents);
    } else if (exchange_is(exchange, "GET", "deployments")) {
        same_total(after, exchange, after->archive->deployments);
    } else if (exchange_is(exchange, "GET", "execution-schedules")) {
        same_total(after, exchange, schedules_after(after));
    }
}

static void visit_span(void *arg, const struct exchange *exchange)
{
    struct after *after = arg;

    if (strncmp(exchange->path, "deployments", 11) == 0 && exchange->status == 200) {
        after->default_deployments = cloudify_total(exchange->json);
    }
}

static void compare(const char *recording, const char *file)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {.code = FERRY_OK};
    struct after after = {.restored_at_ms = -1, .default_deployments = -1};
    const struct exchange_visitor visitor = {.visit = visit, .span = visit_span, .arg = &after};

    if (cloudify_archive_read(scope, file, NULL, &archive, &err) != FERRY_OK) {
        fail_msg("%s: %s", file, err.message);
    }
    after.archive = archive;
    exchange_file(recording, &visitor);
    assert_int_equal(after.compared, 4);
    for (size_t i = 0; i < archive->tenant_count; i++) {
        if (strcmp(archive->tenant_list[i].name, "default_tenant") == 0) {
            assert_int_equal(archive->tenant_list[i].deployments, after.default_deployments);
            after.compared++;
        }
    }
    assert_int_equal(after.compared, 5);
}

static void a_legacy_archive_becomes_what_its_reader_said(void **state)
{
    (void)state;
    compare("20-restore-legacy-good.json", SNAPSHOTS "legacy-7.1.zip");
}

static void a_new_archive_becomes_what_its_reader_said(void **state)
{
    (void)state;
    compare("25-restore-newformat-good.json", SNAPSHOTS "new-7.1.zip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_legacy_archive_becomes_what_its_reader_said),
        cmocka_unit_test(a_new_archive_becomes_what_its_reader_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
