#include "states/compare_names.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "states/compare_differences.h"
#include "states/paging.h"

#define LISTINGS_MAX 3  /* what is missing must be so each time: rows may move between pages */
#define NAMES_KEPT 25   /* of each kind and direction: facts are one row of the journal */
#define STATES_ASKED 20 /* of node instances; there are 14 (facts 1.4) */

/* One list: of a kind of the inventory, or a number alone. */
static const struct {
    const char *resource, *include, *name, *sort;
    bool in_tenants;
} lists[INVENTORY_KIND_COUNT] = {
    [INVENTORY_TENANTS] = {"tenants", "name", "name", "name", false},
    [INVENTORY_USERS] = {"users", "username", "username", "username", false},
    [INVENTORY_BLUEPRINTS] = {"blueprints", "id,tenant_name", "id", "id", true},
    [INVENTORY_DEPLOYMENTS] = {"deployments", "id,tenant_name", "id", "id", true},
    [INVENTORY_PLUGINS] = {"plugins", "id,package_name,package_version,title,tenant_name", NULL,
                           "id", true},
    [INVENTORY_SECRETS] = {"secrets", "key,tenant_name", "key", "key", true},
    [INVENTORY_SCHEDULES] = {"execution-schedules", "id,tenant_name", "id", "id", true},
};

struct compare_names {
    struct inventory *inventory; /* borrowed */
    size_t at;                   /* a kind, then the states of node instances, then agents */
    unsigned listing;            /* 1, 2, ... of this kind */
    int64_t offset;
    int64_t shown, more, expected; /* of this kind */
    void *list_scope;              /* of this listing */
    struct json *extra;            /* of this kind: differences of this listing */
    struct json *rows;             /* one for each kind */
    struct json *differences;
    int64_t missing_all, more_all, changed_all, expected_all;
};

/* --- where we are --- */

static const struct json *state_at(const struct state_context *context, size_t i)
{
    return json_at(json_get(context->facts, "archive.instances_by_state"), i);
}

static size_t state_count(const struct state_context *context)
{
    size_t n = json_size(json_get(context->facts, "archive.instances_by_state"));

    return n < STATES_ASKED ? n : STATES_ASKED;
}

static struct compare_names *memo_of(const struct state_context *context)
{
    return context->memo == NULL ? NULL : mem_child(context->memo, "struct compare_names");
}

static struct inventory *inventory_of(const struct state_context *context)
{
    return context->memo == NULL ? NULL : mem_child(context->memo, "struct inventory");
}

bool compare_names_wanted(const struct state_context *context)
{
    return inventory_of(context) != NULL;
}

bool compare_names_possible(const struct state_context *context)
{
    return compare_names_wanted(context) && inventory_why_not(inventory_of(context)) == NULL;
}

bool compare_names_at(const struct state_unit *unit)
{
    return states_at(unit, "names");
}

/* --- writing down --- */

static struct json *put_row(struct compare_names *memo, const char *kind, const char *state)
{
    struct json *row = json_push_object(memo->rows);

    json_set_string(row, "kind", kind);
    if (state != NULL) {
        json_set_string(row, "state", state);
    }
    return row;
}

static void put_unasked(struct compare_names *memo, const char *kind, const char *why)
{
    json_set_string(put_row(memo, kind, NULL), "why_not", why);
}

static void keep(const struct compare_names *memo, const char *why, struct state_verdict *verdict,
                 const void *mem)
{
    struct json *compare = json_set_object(state_facts(verdict, mem), "compare");
    struct json *names = json_set_object(compare, "names");

    json_set_string(names, "why_not", why);
    if (memo == NULL) {
        static const char *const keys[] = {"missing", "more",        "changed",
                                           "kinds",   "differences", "expected"};

        for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
            json_set_null(names, keys[i]);
        }
        return;
    }
    json_set_int(names, "missing", memo->missing_all);
    json_set_int(names, "more", memo->more_all);
    json_set_int(names, "changed", memo->changed_all);
    json_set_int(names, "expected", memo->expected_all);
    json_set_json(names, "kinds", memo->rows);
    json_set_json(names, "differences", memo->differences);
}

void compare_names_unread(const struct state_context *context, struct state_verdict *verdict,
                          const void *mem)
{
    const struct inventory *inventory = inventory_of(context);

    keep(NULL, inventory == NULL ? "the archive is not at hand" : inventory_why_not(inventory),
         verdict, mem);
}

/* --- from list to list --- */

static void start_list(struct compare_names *memo)
{
    memo->offset = 0;
    memo->shown = memo->more = memo->expected = 0;
    mem_free(memo->list_scope);
    memo->list_scope = mem_scope(memo);
    memo->extra = json_array(memo->list_scope);
    if (memo->at < INVENTORY_KIND_COUNT) {
        inventory_see_anew(memo->inventory, (enum inventory_kind)memo->at);
    }
}

/* Why the list is not asked for; NULL: it is. */
static const char *passed_over(const struct state_context *context,
                               const struct compare_names *memo)
{
    if (memo->at < INVENTORY_KIND_COUNT &&
        !inventory_is_whole(memo->inventory, (enum inventory_kind)memo->at)) {
        return "too many names, or some without one, to be held in memory";
    }
    if (memo->at == INVENTORY_SCHEDULES && !states_caps(context)->execution_schedules) {
        return "this manager has none";
    }
    if (memo->at == INVENTORY_KIND_COUNT + state_count(context) &&
        !states_caps(context)->agents_all_tenants) {
        return "this manager lists those of one tenant only";
    }
    return NULL;
}

static const char *list_name(const struct state_context *context, size_t at)
{
    return at < INVENTORY_KIND_COUNT                          ? inventory_kind_name(at)
           : at < INVENTORY_KIND_COUNT + state_count(context) ? "node-instances"
                                                              : "agents";
}

/* To the next list that is asked for; false: there is none. */
static bool settle(const struct state_context *context, struct compare_names *memo)
{
    size_t end = INVENTORY_KIND_COUNT + state_count(context) + 1;

    for (; memo->at < end; memo->at++) {
        const char *why = passed_over(context, memo);

        if (why == NULL) {
            memo->listing = 1;
            start_list(memo);
            return true;
        }
        put_unasked(memo, list_name(context, memo->at), why);
    }
    return false;
}

void compare_names_begin(const struct state_context *context, struct state_verdict *verdict,
                         const void *mem)
{
    struct compare_names *memo = memo_of(context);

    mem_free(memo);
    memo = mem_new(context->memo, struct compare_names);
    memo->inventory = inventory_of(context);
    memo->rows = json_array(memo);
    memo->differences = json_array(memo);
    (void)settle(context, memo); /* tenants are always few enough */
    states_next(verdict, mem, "names");
}

void compare_names_ask(const struct state_context *context, struct http_request *request)
{
    struct compare_names *memo = memo_of(context);
    struct cloudify_caller caller = states_reader(context);
    struct cloudify_list list = {.include = "id", .all_tenants = true, .size = 1};
    const char *state;

    if (memo == NULL) { /* after a restart */
        struct state_verdict ignored = {.answer = STATE_NONE};
        void *scope FERRY_SCOPE = mem_scope(NULL);

        compare_names_begin(context, &ignored, scope);
        memo = memo_of(context);
    }
    list.resource = list_name(context, memo->at);
    if (memo->at < INVENTORY_KIND_COUNT) {
        list.include = lists[memo->at].include;
        list.sort = lists[memo->at].sort;
        list.all_tenants = lists[memo->at].in_tenants;
        list.size = CLOUDIFY_PAGE;
        list.offset = memo->offset;
    } else if (strcmp(list.resource, "node-instances") == 0) {
        state = json_key(state_at(context, memo->at - INVENTORY_KIND_COUNT));
        list.filter = "state";
        list.values = &state;
        list.value_count = 1;
    }
    cloudify_ask_list(request, &caller, &list);
}

/* --- one kind of names --- */

static const char *name_of(const struct state_context *context, enum inventory_kind kind,
                           const struct json *row, const void *mem)
{
    if (kind != INVENTORY_PLUGINS) {
        return cloudify_text(row, lists[kind].name, "");
    }
    if (strcmp(states_archive_format(context), "new") == 0) {
        return cloudify_text(row, "title", cloudify_text(row, "package_name", ""));
    }
    return mem_printf(mem, "%s %s", cloudify_text(row, "package_name", ""),
                      cloudify_text(row, "package_version", ""));
}

static void look_up(const struct state_context *context, struct compare_names *memo,
                    const struct json *items, const void *mem)
{
    enum inventory_kind kind = (enum inventory_kind)memo->at;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *tenant = lists[kind].in_tenants ? cloudify_text(row, "tenant_name", "") : "";
        const char *name = name_of(context, kind, row, mem);
        const char *why;

        memo->shown++;
        if (inventory_see(memo->inventory, kind, tenant, name)) {
            continue;
        }
        why = differences_why_more(context, kind, name, row);
        memo->more += why == NULL;
        memo->expected += why != NULL;
        if ((why == NULL ? memo->more : memo->expected) <= NAMES_KEPT) {
            differences_put(memo->extra, inventory_kind_one(kind), tenant, name, "more", why);
        }
    }
}

static int64_t take_missing(struct compare_names *memo)
{
    const char *tenant, *name;
    int64_t missing = 0;
    size_t at = 0;

    while (inventory_unseen(memo->inventory, (enum inventory_kind)memo->at, &at, &tenant, &name)) {
        if (missing++ < NAMES_KEPT) {
            differences_put(memo->differences, inventory_kind_one((enum inventory_kind)memo->at),
                            tenant, name, "missing", NULL);
        }
    }
    return missing;
}

static void end_kind(struct compare_names *memo)
{
    int64_t missing = take_missing(memo);
    struct json *row = put_row(memo, inventory_kind_name((enum inventory_kind)memo->at), NULL);

    for (const struct json *at = json_first(memo->extra); at != NULL; at = json_next(at)) {
        json_push_json(memo->differences, at);
    }
    json_set_int(row, "archive", inventory_count(memo->inventory, (enum inventory_kind)memo->at));
    json_set_int(row, "manager", memo->shown);
    json_set_int(row, "missing", missing);
    json_set_int(row, "more", memo->more);
    json_set_int(row, "expected", memo->expected);
    memo->missing_all += missing;
    memo->more_all += memo->more;
    memo->expected_all += memo->expected;
}

/* Was something missing that another listing may show? */
static bool list_again(struct compare_names *memo)
{
    const char *tenant, *name;
    size_t at = 0;

    if (memo->listing >= LISTINGS_MAX ||
        !inventory_unseen(memo->inventory, (enum inventory_kind)memo->at, &at, &tenant, &name)) {
        return false;
    }
    memo->listing++;
    start_list(memo);
    return true;
}

/* --- numbers --- */

static void end_number(const struct state_context *context, struct compare_names *memo,
                       int64_t manager)
{
    bool agents = memo->at == INVENTORY_KIND_COUNT + state_count(context);
    const struct json *state = agents ? NULL : state_at(context, memo->at - INVENTORY_KIND_COUNT);
    int64_t archive = agents ? states_archive_count(context, "agents")
                             : json_int64_or(json_get(context->facts, "archive.instances_by_state"),
                                             json_key(state), 0);
    struct json *row = put_row(memo, agents ? "agents" : "node-instances", json_key(state));
    const char *why =
        agents && manager > archive ? "new agents; the records of those they replaced stay" : NULL;

    json_set_int(row, "archive", archive);
    json_set_int(row, "manager", manager);
    if (archive < 0 || archive == manager) {
        return;
    }
    memo->changed_all += why == NULL;
    memo->expected_all += why != NULL;
    differences_put(memo->differences, agents ? "agents" : "node instances", "",
                    agents
                        ? mem_printf(memo, "%lld for %lld", (long long)manager, (long long)archive)
                        : mem_printf(memo, "%s: %lld for %lld", json_key(state), (long long)manager,
                                     (long long)archive),
                    "changed", why);
}

/* --- judging --- */

static bool take(const struct state_context *context, struct compare_names *memo,
                 const struct cloudify_answer *answer, struct state_verdict *verdict,
                 const void *mem)
{
    struct states_page page;

    if (!states_take_page(answer, &memo->offset, &page, verdict, mem)) {
        return false;
    }
    if (memo->at >= INVENTORY_KIND_COUNT) {
        end_number(context, memo, page.total);
        return true;
    }
    look_up(context, memo, page.items, mem);
    if (!page.last || list_again(memo)) {
        states_next(verdict, mem, "names");
        return false;
    }
    end_kind(memo);
    return true;
}

bool compare_names_judge(const struct state_context *context, const struct state_unit *unit,
                         const struct http_reply *reply, struct state_verdict *verdict,
                         const void *mem)
{
    struct compare_names *memo = memo_of(context);
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_REFUSED || answer.kind == CLOUDIFY_FORBIDDEN ||
        answer.kind == CLOUDIFY_MISSING) {
        put_unasked(memo, list_name(context, memo->at), "the manager does not show them");
    } else if (!states_read(unit, 1, reply, &answer, verdict, mem)) {
        if (verdict->answer == STATE_CANNOT_TELL) { /* weather: the same question again */
            json_set_string(state_data(verdict, mem), "ask", "names");
        }
        return false;
    } else if (!take(context, memo, &answer, verdict, mem)) {
        return false;
    }
    memo->at++;
    if (settle(context, memo)) {
        states_next(verdict, mem, "names");
        return false;
    }
    keep(memo, NULL, verdict, mem);
    mem_free(memo);
    return true;
}
