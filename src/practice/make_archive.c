#include "practice/make_archive.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "practice/archive_write.h"
#include "practice/content_workflows.h"

#define COUNT_MAX 10000000           /* of anything */
#define ROWS_MAX 1000000000          /* of events */
#define BYTES_MAX ((int64_t)1 << 40) /* of the payload */

struct request {
    struct make_plan plan;
    const char *path;
    bool agents_given;
};

struct option {
    const char *name, *help;
    bool is_number;
    size_t offset; /* of the member in the plan */
    int64_t min, max;
};

#define NUMBER(member) true, offsetof(struct make_plan, member)
#define TEXT(member) false, offsetof(struct make_plan, member)

static const struct option options[] = {
    {"--tenants", "N  default 1; the first is default_tenant", NUMBER(tenants), 1, COUNT_MAX},
    {"--deployments", "N  default 1; go round the tenants", NUMBER(deployments), 0, COUNT_MAX},
    {"--agents", "N  hosts with agents; default one for each deployment", NUMBER(agents), 0,
     COUNT_MAX},
    {"--blueprints", "N  in each tenant; default 1", NUMBER(blueprints), 1, COUNT_MAX},
    {"--plugins", "N  default 0; two in a row are versions of one package", NUMBER(plugins), 0,
     COUNT_MAX},
    {"--scheduled", "N  scheduled executions, and schedules where the version has them",
     NUMBER(scheduled), 0, COUNT_MAX},
    {"--secrets", "N  default 0; go round the tenants", NUMBER(secrets), 0, COUNT_MAX},
    {"--users", "N  beside the admin; default 0; go round the tenants", NUMBER(users), 0,
     COUNT_MAX},
    {"--running", "N  executions that are started", NUMBER(running), 0, COUNT_MAX},
    {"--queued", "N  executions that are queued", NUMBER(queued), 0, COUNT_MAX},
    {"--failed-agents", "N  of the hosts, whose agent's state is failed", NUMBER(failed_agents), 0,
     COUNT_MAX},
    {"--plugin-python", "TAG  of the plugins' wagons: py27, py36, ...; default py311",
     TEXT(plugin_python), 0, 0},
    {"--plugin-platform", "P  of the plugins' wagons, such as linux_x86_64; default any",
     TEXT(plugin_platform), 0, 0},
    {"--schedule-slip", "MINUTES  how late a schedule may still start; default 0", NUMBER(slip), 0,
     COUNT_MAX},
    {"--dead-hosts", "N  of the hosts, whose agent never answers", NUMBER(dead), 0, COUNT_MAX},
    {"--stopped-hosts", "N  of the hosts, whose instance is stopped", NUMBER(stopped), 0,
     COUNT_MAX},
    {"--hosts-without-agent", "N  of the hosts, with install_method none", NUMBER(agentless), 0,
     COUNT_MAX},
    {"--token", "T  of the admin, \"ctok-ID-SECRET\", or one word before 6.4", TEXT(token), 0, 0},
    {"--events", "N  rows in each of the tables events and logs, 350 bytes each; legacy only",
     NUMBER(events), 0, ROWS_MAX},
    {"--payload", "BYTES  of a member that cannot be compressed", NUMBER(payload), 0, BYTES_MAX},
    {"--manager-version", "V  default 6.4.2, or 7.1.0 for the new format", TEXT(version), 0, 0},
    {"--admin-name", "N  of its bootstrap admin; default \"admin\"; legacy only", TEXT(admin_name),
     0, 0},
    {"--admin-password", "P  of the manager it comes from; default \"admin\"", TEXT(admin_password),
     0, 0},
};

static int usage(const char *complaint, const char *subject)
{
    if (complaint != NULL) {
        (void)fprintf(stderr, "make-archive: %s%s%s\n", complaint, subject == NULL ? "" : " ",
                      subject == NULL ? "" : subject);
    }
    (void)fprintf(stderr, "usage: ferry-practice make-archive FILE [options]\n"
                          "  --format legacy|new  default legacy\n");
    for (size_t i = 0; i < FERRY_COUNT(options); i++) {
        (void)fprintf(stderr, "  %s %s\n", options[i].name, options[i].help);
    }
    (void)fprintf(stderr, "  --seed N  default 1; equal options and seeds make equal files\n"
                          "  --community  metadata as a community manager writes it\n"
                          "  --no-directory-entries  as a file packed again by other tools\n");
    return ferry_code_exit(FERRY_E_USAGE);
}

static bool take_flag(struct request *request, const char *name)
{
    if (strcmp(name, "--community") == 0) {
        request->plan.community = true;
    } else if (strcmp(name, "--no-directory-entries") == 0) {
        request->plan.folders = false;
    } else {
        return false;
    }
    return true;
}

static bool take_special(struct request *request, const char *name, const char *value, bool *good)
{
    int64_t seed = 0;
    if (strcmp(name, "--format") == 0) {
        request->plan.legacy = strcmp(value, "legacy") == 0;
        *good = request->plan.legacy || strcmp(value, "new") == 0;
    } else if (strcmp(name, "--seed") == 0) {
        *good = parse_int64(value, 0, INT64_MAX, &seed);
        request->plan.seed = (uint64_t)seed;
    } else {
        return false;
    }
    return true;
}

static bool take_option(struct request *request, const char *name, const char *value, bool *good)
{
    for (size_t i = 0; i < FERRY_COUNT(options); i++) {
        const struct option *option = &options[i];
        char *plan = (char *)&request->plan;
        int64_t number = 0;
        if (strcmp(option->name, name) != 0) {
            continue;
        }
        if (option->is_number) {
            *good = parse_int64(value, option->min, option->max, &number);
            memcpy(plan + option->offset, &number, sizeof(number));
        } else {
            memcpy(plan + option->offset, &value, sizeof(value));
        }
        request->agents_given = request->agents_given || strcmp(name, "--agents") == 0;
        return true;
    }
    return take_special(request, name, value, good);
}

/* 0, or the exit code after a complaint. */
static int parse(struct request *request, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool good = true;
        if (argv[i][0] != '-' && request->path == NULL) {
            request->path = argv[i];
        } else if (!take_flag(request, argv[i])) {
            if (i + 1 == argc || !take_option(request, argv[i], argv[i + 1], &good)) {
                return usage("cannot understand", argv[i]);
            }
            if (!good) {
                return usage("bad value of", argv[i]);
            }
            i++;
        }
    }
    return 0;
}

static const char *check(const struct request *request)
{
    const struct make_plan *plan = &request->plan;
    if (request->path == NULL) {
        return "no FILE is given";
    }
    if (workflows_version(plan->version) < 30) {
        return "the manager's version is not like 7.1.0";
    }
    if (plan->deployments == 0 &&
        (plan->agents > 0 || plan->scheduled > 0 || plan->running > 0 || plan->queued > 0)) {
        return "agents and scheduled executions need deployments";
    }
    if (plan->dead > plan->agents || plan->stopped > plan->agents ||
        plan->agentless > plan->agents || plan->failed_agents > plan->agents) {
        return "more hosts are dead, stopped or without agent than there are (--agents)";
    }
    if (!plan->legacy && plan->community) {
        return "only legacy archives differ for a community manager";
    }
    return NULL;
}

static enum ferry_code make(const struct request *request, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_out *out = zip_out_open(scope, request->path, request->plan.folders);
    if (request->plan.legacy) {
        archive_write_legacy(out, &request->plan);
    } else {
        archive_write_items(out, &request->plan);
    }
    archive_write_extras(out, &request->plan);
    return zip_out_close(out, NULL, NULL, err);
}

int make_archive_main(int argc, char **argv)
{
    struct request request = {.plan = {.legacy = true,
                                       .folders = true,
                                       .tenants = 1,
                                       .deployments = 1,
                                       .blueprints = 1,
                                       .seed = 1,
                                       .plugin_python = "py311",
                                       .plugin_platform = "any",
                                       .admin_password = "admin",
                                       .admin_name = "admin"}};
    struct ferry_error err = {0};
    int code = parse(&request, argc, argv);
    if (code != 0) {
        return code;
    }
    if (!request.agents_given) {
        request.plan.agents = request.plan.deployments;
    }
    if (request.plan.version == NULL) {
        request.plan.version = request.plan.legacy ? "6.4.2" : "7.1.0";
    }
    const char *complaint = check(&request);
    if (complaint != NULL) {
        return usage(complaint, NULL);
    }
    if (make(&request, &err) != FERRY_OK) {
        (void)fprintf(stderr, "make-archive: %s\n", err.message);
        return ferry_code_exit(err.code);
    }
    return 0;
}

static void print_counts(const struct json *tenant, const char *name)
{
    (void)printf("%-24s", name);
    for (const struct json *m = json_first(tenant); m != NULL; m = json_next(m)) {
        (void)printf(" %s %lld", json_key(m), (long long)json_int64_or(tenant, json_key(m), 0));
    }
    (void)printf("\n");
}

int describe_main(int argc, char **argv)
{
    const char *path = NULL;
    bool as_json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            as_json = true;
        } else if (path == NULL) {
            path = argv[i];
        } else {
            path = NULL;
            break;
        }
    }
    if (path == NULL) {
        (void)fprintf(stderr, "usage: ferry-practice describe FILE [--json]\n");
        return ferry_code_exit(FERRY_E_USAGE);
    }
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct content *content = NULL;
    struct ferry_error err = {0};
    enum ferry_code code = content_load(scope, path, &content, &err);
    if (code != FERRY_OK) {
        (void)fprintf(stderr, "describe: %s\n", err.message);
        return ferry_code_exit(code);
    }
    const struct json *counts = content_describe(scope, content);
    if (as_json) {
        (void)printf("%s\n", json_print(scope, counts));
        return 0;
    }
    (void)printf("%s archive of %s\n", json_string_or(counts, "layout", ""),
                 json_string_or(counts, "snapshot_version", "an unknown version"));
    const struct json *tenants = json_get(counts, "tenants");
    for (const struct json *t = json_first(tenants); t != NULL; t = json_next(t)) {
        print_counts(t, json_key(t));
    }
    print_counts(json_get(counts, "total"), "all");
    return 0;
}
