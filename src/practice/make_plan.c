#include "practice/make_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "practice/content_workflows.h"

#define NAMES_36 2176782336U   /* 36^6: instances have six letters or digits behind their node */
#define NAMES_STEP 1103515247U /* shares no factor with 36^6, so all numbers below it differ */

static void walk_enter(struct plan_walk *walk, int64_t deployment)
{
    const struct make_plan *plan = walk->plan;
    walk->deployment = deployment;
    walk->tenant = deployment % plan->tenants;
    walk->blueprint = deployment / plan->tenants % plan->blueprints;
    walk->hosts =
        plan->agents / plan->deployments + (deployment < plan->agents % plan->deployments ? 1 : 0);
    walk->nodes = walk->hosts > 0 ? 2 : 1;
    walk->instances = walk->hosts + 1;
}

void plan_walk_start(struct plan_walk *walk, const struct make_plan *plan)
{
    *walk = (struct plan_walk){.plan = plan, .step = 1, .deployment = -1};
}

void plan_walk_tenant(struct plan_walk *walk, const struct make_plan *plan, int64_t tenant)
{
    *walk = (struct plan_walk){
        .plan = plan, .step = plan->tenants, .deployment = tenant - plan->tenants};
}

bool plan_walk_next(struct plan_walk *walk)
{
    if (walk->deployment + walk->step >= walk->plan->deployments) {
        return false;
    }
    walk->first_node += walk->nodes;
    walk->first_instance += walk->instances;
    walk_enter(walk, walk->deployment + walk->step);
    return true;
}

void plan_tenant_name(int64_t tenant, char out[PLAN_NAME_SIZE])
{
    if (tenant == 0) {
        (void)snprintf(out, PLAN_NAME_SIZE, "default_tenant");
    } else {
        (void)snprintf(out, PLAN_NAME_SIZE, "tenant-%02lld", (long long)tenant);
    }
}

void plan_blueprint_name(int64_t blueprint, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "bp-%02lld", (long long)blueprint + 1);
}

void plan_deployment_name(int64_t deployment, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "dep-%05lld", (long long)deployment);
}

void plan_secret_name(int64_t secret, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "secret-%02lld", (long long)secret + 1);
}

void plan_user_name(int64_t user, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "user-%02lld", (long long)user + 1);
}

int64_t plan_user_role(int64_t user, const char **name)
{
    static const char *const names[] = {"manager", "user", "operations", "viewer"};
    *name = names[user % 4];
    return user % 4 + 2;
}

const char *plan_instance_node(const struct plan_walk *walk, int64_t index)
{
    return walk->hosts == 0 ? "root" : index < walk->hosts ? "vm" : "app";
}

void plan_instance_name(const struct plan_walk *walk, int64_t index, char out[PLAN_NAME_SIZE])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    /* Unique whatever the walk: host n is agent n, the others come behind all agents. */
    const struct make_plan *plan = walk->plan;
    int64_t number = index < walk->hosts ? index * plan->deployments + walk->deployment
                                         : plan->agents + walk->deployment;
    uint64_t mixed = ((uint64_t)number + plan->seed % NAMES_36) % NAMES_36;
    mixed = mixed * NAMES_STEP % NAMES_36;
    char suffix[7] = "";
    for (size_t i = 0; i < 6; i++) {
        suffix[i] = letters[mixed % 36];
        mixed /= 36;
    }
    (void)snprintf(out, PLAN_NAME_SIZE, "%s_%s", plan_instance_node(walk, index), suffix);
}

static void seed_for(struct rng_seeded *rng, const struct make_plan *plan, enum plan_thing thing,
                     int64_t index)
{
    rng_seed(rng, plan->seed);
    uint64_t first = rng->rng.next(&rng->rng);
    rng_seed(rng, first ^ ((uint64_t)thing << 48) ^ (uint64_t)index);
}

void plan_uuid(const struct make_plan *plan, enum plan_thing thing, int64_t index,
               char out[UUID_TEXT_SIZE])
{
    struct rng_seeded rng;
    seed_for(&rng, plan, thing, index);
    uuid_random(&rng.rng, out);
}

void plan_secret(const struct make_plan *plan, int64_t index, char *out, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct rng_seeded rng;
    seed_for(&rng, plan, PLAN_SECRET, index);
    for (size_t i = 0; i < length; i++) {
        out[i] = letters[rng_below(&rng.rng, sizeof(letters) - 1)];
    }
    out[length] = '\0';
}

void plan_plugin_package(int64_t plugin, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "cloudify-practice%02lld-plugin",
                   (long long)plugin / 2 + 1);
}

void plan_plugin_version(int64_t plugin, char out[PLAN_NAME_SIZE])
{
    (void)snprintf(out, PLAN_NAME_SIZE, "1.%lld.0", (long long)plugin % 2);
}

void plan_wagon_name(const struct make_plan *plan, int64_t plugin, char out[4 * PLAN_NAME_SIZE])
{
    char package[PLAN_NAME_SIZE], version[PLAN_NAME_SIZE];
    plan_plugin_package(plugin, package);
    plan_plugin_version(plugin, version);
    (void)snprintf(out, 4 * (size_t)PLAN_NAME_SIZE, "%s-%s-%s-none-%s.wgn", package, version,
                   plan->plugin_python, plan->plugin_platform);
}

int64_t plan_blueprint_plugin(const struct make_plan *plan, int64_t blueprint)
{
    int64_t packages = (plan->plugins + 1) / 2;
    return packages == 0 ? -1 : blueprint % packages * 2; /* the older of the two versions */
}

int64_t plan_host(const struct plan_walk *walk, int64_t index)
{
    return index * walk->plan->deployments + walk->deployment;
}

/* Whether the number is one of count that lie evenly in total. */
static bool is_spread(int64_t number, int64_t total, int64_t count)
{
    return count > 0 && (number + 1) * count / total != number * count / total;
}

bool plan_host_is_dead(const struct make_plan *plan, int64_t host)
{
    return is_spread(host, plan->agents, plan->dead);
}

const char *plan_host_state(const struct make_plan *plan, int64_t host)
{
    /* From the other end, so that small numbers of dead and stopped ones do not meet. */
    return is_spread(plan->agents - 1 - host, plan->agents, plan->stopped) ? "stopped" : "started";
}

const char *plan_agent_state(const struct make_plan *plan, int64_t host)
{
    return is_spread((host + plan->agents / 3) % plan->agents, plan->agents, plan->failed_agents)
               ? "failed"
               : "started";
}

bool plan_host_has_agent(const struct make_plan *plan, int64_t host)
{
    return !is_spread((host + plan->agents / 2) % plan->agents, plan->agents, plan->agentless);
}

void plan_token(const struct make_plan *plan, char *id, char *value)
{
    char secret[41];
    plan_secret(plan, 10, id, 10);
    plan_secret(plan, 11, secret, sizeof(secret) - 1);
    if (plan->token == NULL) {
        (void)snprintf(value, PLAN_TOKEN_SIZE, "ctok-%s-%s", id, secret);
        return;
    }
    (void)snprintf(value, PLAN_TOKEN_SIZE, "%s", plan->token);
    if (strncmp(plan->token, "ctok-", 5) == 0) {
        (void)snprintf(id, PLAN_TOKEN_SIZE, "%.*s", (int)strcspn(plan->token + 5, "-"),
                       plan->token + 5);
    }
}

int plan_version(const struct make_plan *plan)
{
    return workflows_version(plan->version);
}

const char *plan_agent_version(const struct make_plan *plan)
{
    return plan_version(plan) >= 70 ? "6.4.2" : plan->version;
}

void plan_date(int64_t seconds, bool api, char out[PLAN_DATE_SIZE])
{
    /* A month of 30 days from 2026-11-22 on: more than any archive here needs. */
    int64_t minutes = seconds / 60, hours = 14 + minutes / 60;
    int64_t day = 22 + hours / 24, month = 11;
    while (day > 30) {
        day -= 30;
        month++;
    }
    int64_t year = 2026 + (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    day = month == 2 && day > 28 ? 28 : day;
    (void)snprintf(out, PLAN_DATE_SIZE,
                   api ? "%04d-%02d-%02dT%02d:%02d:%02d.291Z"
                       : "%04d-%02d-%02d %02d:%02d:%02d.291064",
                   (int)year % 10000, (int)month, (int)day, (int)(hours % 24), (int)(minutes % 60),
                   (int)(seconds % 60));
}

bool plan_has_next(const struct make_plan *plan, int64_t index)
{
    return index % 2 != 0 || plan->slip > 0;
}

void plan_scheduled_for(int64_t index, bool api, char out[PLAN_DATE_SIZE])
{
    if (index % 2 == 0) {
        plan_date(0, api, out);
    } else {
        (void)snprintf(out, PLAN_DATE_SIZE,
                       api ? "2099-01-01T12:00:00.000Z" : "2099-01-01 12:00:00");
    }
}
