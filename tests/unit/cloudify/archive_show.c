/* archive_show FILE: what the reader finds in an archive, as one line of JSON, for scripts that
   check it against the archive itself. --digest FILE: its SHA-256 and size. --deep: all checked. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/mem.h"
#include "cloudify/archive.h"

static void tell_peak(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        fprintf(stderr, "peak memory: %ld KiB\n", usage.ru_maxrss);
    }
}

static int fail(const struct ferry_error *err)
{
    tell_peak();
    printf("%s: %s\n  hint: %s\n", ferry_code_name(err->code), err->message, err->hint);
    return ferry_code_exit(err->code);
}

static void add_lists(struct json *facts, const struct cloudify_archive *archive)
{
    struct json *schedules = json_set_array(facts, "schedule_list");
    struct json *states = json_set_object(facts, "instances_by_state");

    for (size_t i = 0; i < archive->schedule_count; i++) {
        const struct cloudify_archive_schedule *schedule = &archive->schedule_list[i];
        struct json *one = json_push_object(schedules);
        json_set_string(one, "id", schedule->id);
        json_set_string(one, "workflow", schedule->workflow);
        json_set_string(one, "deployment", schedule->deployment);
        json_set_string(one, "tenant", schedule->tenant);
        json_set_string(one, "at", schedule->at);
        json_set_string(one, "status", schedule->status);
        json_set_bool(one, "enabled", schedule->enabled);
    }
    for (size_t i = 0; i < archive->instances_by_state.count; i++) {
        json_set_int(states, archive->instances_by_state.items[i].name,
                     archive->instances_by_state.items[i].count);
    }
}

int main(int argc, char **argv)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    struct cloudify_archive *archive = NULL;
    struct cloudify_archive_options options = {.arg = NULL};

    if (argc == 3 && strcmp(argv[1], "--digest") == 0) {
        char sha256[DIGEST_SHA256_HEX];
        int64_t size = 0;
        if (cloudify_archive_digest(argv[2], NULL, sha256, &size, &err) != FERRY_OK) {
            return fail(&err);
        }
        printf("%s %lld\n", sha256, (long long)size);
        return 0;
    }
    options.deep = argc == 3 && strcmp(argv[1], "--deep") == 0;
    if (argc != 2 && !options.deep) {
        fprintf(stderr, "usage: archive_show [--digest | --deep] FILE\n");
        return 2;
    }
    if (cloudify_archive_read(scope, argv[argc - 1], &options, &archive, &err) != FERRY_OK) {
        return fail(&err);
    }
    struct json *facts = cloudify_archive_facts(scope, archive, NULL);
    add_lists(facts, archive);
    printf("%s\n", json_print(scope, facts));
    tell_peak();
    return 0;
}
