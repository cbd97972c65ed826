/*
 * Lists and single rows of the API, driven by tables of fields: one place that knows _include,
 * _sort, _size, _offset, _search, _all_tenants, _get_all_results and filters by column.
 */
#ifndef PRACTICE_LIST_H
#define PRACTICE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct practice;
struct request;

enum field_kind {
    FIELD_TEXT,
    FIELD_INT,
    FIELD_BOOL, /* 0 or 1 in the store */
    FIELD_JSON, /* JSON text in the store */
};

enum field_flag {
    FIELD_SHOWN = 1, /* in answers, and for _include */
    FIELD_ASKED = 2, /* for filters and _sort */
    FIELD_BOTH = 3,
};

struct field {
    const char *name;
    const char *sql; /* expression over table t */
    enum field_kind kind;
    unsigned flags;
};

struct listing {
    const char *model; /* as 404 names it */
    const char *table; /* aliased t */
    const struct field *fields;
    size_t count;
    const char *id;            /* expression that GET /.../ID compares */
    const char *search;        /* expression for _search; NULL: ignored */
    const char *enum_field;    /* a filter whose unknown values are an internal error, or NULL */
    const char *const *values; /* its values, NULL-ended */
    bool sees_global;          /* rows with visibility global are seen from every tenant */
    bool whole;                /* belongs to no tenant: t.tenant is not looked at */
    bool one_page;             /* _size and _all_tenants are ignored */
};

/* A listing over NAME_fields; what follows id_sql are initialisers, .search at least. */
#define LISTING(name, model_text, table_text, id_sql, ...)                                         \
    const struct listing name = {.model = model_text,                                              \
                                 .table = table_text,                                              \
                                 .fields = name##_fields,                                          \
                                 .count = FERRY_COUNT(name##_fields),                              \
                                 .id = id_sql,                                                     \
                                 __VA_ARGS__}

extern const struct listing list_snapshots, list_executions, list_deployments, list_blueprints,
    list_nodes, list_instances, list_agents, list_agent, list_plugins, list_updates, list_schedules,
    list_events, list_secrets, list_users, list_groups, list_sites;

#define PAGE_SIZE 1000 /* default_page_size */

/* Answers GET on a collection. where is one more condition over t, or NULL. */
void list_reply(struct request *request, const struct listing *listing, const char *where);
/* Answers GET on one row of the request's tenant, or 404. */
void list_reply_one(struct request *request, const struct listing *listing, const char *id);
/* Writes the object of the row seq, all fields. */
void list_write_row(struct practice *practice, struct buf *out, const struct listing *listing,
                    int64_t seq);
/* The row of an id seen from the request's tenant; 0: none. */
int64_t list_find(struct request *request, const struct listing *listing, const char *id);

/* --- what a query asks for; list_query.c --- */
#define LIST_VALUES 1024 /* filter values in one query; longer lines are refused before */

struct list_query {
    const bool *shown; /* one for each field */
    struct buf where;  /* " AND (...)" for each filter */
    const char *values[LIST_VALUES];
    size_t values_count;
    struct buf order; /* "ORDER BY ..." */
    int64_t size, offset;
    bool all_tenants, all_results;
};

/* False: the reply is filled. query is below the request. */
bool list_query_read(struct request *request, const struct listing *listing,
                     struct list_query *query);

#endif
