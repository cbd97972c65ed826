#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/jtext.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"

static const struct field *field_named(const struct request *request, const struct listing *listing,
                                       const char *name, unsigned flag)
{
    for (size_t i = 0; i < listing->count; i++) {
        if ((listing->fields[i].flags & flag) != 0 && strcmp(listing->fields[i].name, name) == 0 &&
            profile_has_field(request->practice->profile, listing->model, name)) {
            return &listing->fields[i];
        }
    }
    return NULL;
}

static bool refuse_key(struct request *request, const struct listing *listing, const char *what,
                       const char *name, unsigned flag)
{
    struct buf keys;
    buf_init(&keys, request, JTEXT_LIMIT);
    for (size_t i = 0; i < listing->count; i++) {
        if ((listing->fields[i].flags & flag) != 0) {
            (void)buf_printf(&keys, "%s'%s'", keys.len == 0 ? "" : ", ", listing->fields[i].name);
        }
    }
    reply_error(
        request, 400, flag == FIELD_SHOWN ? "no_such_include_field_error" : "bad_parameters_error",
        "%s keys '['%s']' do not exist. Allowed keys are: [%s]", what, name, buf_text(&keys));
    return false;
}

static bool read_include(struct request *request, const struct listing *listing,
                         struct list_query *query)
{
    bool *shown = mem_array(request, bool, listing->count + 1);
    const char *text = request_param(request, "_include");
    for (size_t i = 0; i < listing->count; i++) {
        shown[i] =
            text == NULL && (listing->fields[i].flags & FIELD_SHOWN) != 0 &&
            profile_has_field(request->practice->profile, listing->model, listing->fields[i].name);
    }
    while (text != NULL) {
        size_t length = strcspn(text, ",");
        const char *name = mem_strndup(request, text, length);
        const struct field *field = field_named(request, listing, name, FIELD_SHOWN);
        if (field == NULL) {
            return refuse_key(request, listing, "Include", name, FIELD_SHOWN);
        }
        shown[field - listing->fields] = true;
        text = text[length] == ',' ? text + length + 1 : NULL;
    }
    query->shown = shown;
    return true;
}

static bool refuse_number(struct request *request, const char *name, const char *why)
{
    reply_invalid(request, 400, "bad_parameters_error",
                  "1 validation error for Pagination\n%s\n  %s", name, why);
    return false;
}

static bool read_number(struct request *request, const char *name, int64_t fallback, int64_t *out)
{
    const char *text = request_param(request, name);
    *out = fallback;
    if (text == NULL) {
        return true;
    }
    if (!parse_int64(text, INT32_MIN, INT32_MAX, out)) {
        return refuse_number(request, name,
                             "value is not a valid integer (type=type_error.integer)");
    }
    if (*out < 0) {
        return refuse_number(request, name,
                             "ensure this value is greater than or equal to 0 "
                             "(type=value_error.number.not_ge; limit_value=0)");
    }
    return true;
}

static bool read_flag(struct request *request, const char *name, bool *out)
{
    const char *text = request_param(request, name);
    *out = false;
    if (text != NULL && !parse_bool(text, out)) {
        reply_error(request, 400, "bad_parameters_error", "%s must be <true/false>, got %s",
                    name + 1, text);
        return false;
    }
    return true;
}

static bool read_sort(struct request *request, const struct listing *listing,
                      struct list_query *query)
{
    buf_init(&query->order, request, 65536);
    for (size_t i = 0; i < request->params_count; i++) {
        if (strcmp(request->params[i].name, "_sort") != 0) {
            continue;
        }
        const char *name = request->params[i].value;
        bool descending = *name == '-';
        name += *name == '-' || *name == '+' ? 1 : 0;
        const struct field *field = field_named(request, listing, name, FIELD_ASKED);
        if (field == NULL) {
            return refuse_key(request, listing, "Sort", name, FIELD_ASKED);
        }
        (void)buf_printf(&query->order, "%s %s%s", query->order.len == 0 ? " ORDER BY" : ",",
                         field->sql, descending ? " DESC" : "");
    }
    (void)buf_printf(&query->order, "%s t.seq", query->order.len == 0 ? " ORDER BY" : ",");
    return true;
}

static bool value_is_known(const struct listing *listing, const char *value)
{
    for (const char *const *at = listing->values; *at != NULL; at++) {
        if (strcmp(*at, value) == 0) {
            return true;
        }
    }
    return false;
}

static const char *stored_value(const struct field *field, const char *value)
{
    bool flag = false;
    if (field->kind == FIELD_BOOL && parse_bool(value, &flag)) {
        return flag ? "1" : "0";
    }
    return value;
}

/* All values of one name are alternatives. */
static bool add_filter(struct request *request, const struct listing *listing,
                       struct list_query *query, size_t first)
{
    const char *name = request->params[first].name;
    const struct field *field = field_named(request, listing, name, FIELD_ASKED);
    if (field == NULL) {
        return refuse_key(request, listing, "Filter", name, FIELD_ASKED);
    }
    (void)buf_printf(&query->where, " AND %s IN (", field->sql);
    const char *comma = "";
    for (size_t i = first; i < request->params_count && query->values_count < LIST_VALUES; i++) {
        if (strcmp(request->params[i].name, name) != 0) {
            continue;
        }
        const char *value = request->params[i].value;
        if (listing->enum_field != NULL && strcmp(listing->enum_field, name) == 0 &&
            !value_is_known(listing, value)) {
            reply_internal_error(request, mem_printf(request,
                                                     "psycopg2.errors.InvalidTextRepresentation: "
                                                     "invalid input value for enum: \"%s\"",
                                                     value));
            return false;
        }
        query->values[query->values_count++] = stored_value(field, value);
        (void)buf_printf(&query->where, "%s?", comma);
        comma = ", ";
    }
    (void)buf_puts(&query->where, ")");
    return true;
}

static bool seen_before(const struct request *request, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(request->params[i].name, request->params[at].name) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t page_size(const struct request *request)
{
    return (int64_t)practice_number(request->practice, "default_page_size", PAGE_SIZE);
}

bool list_query_read(struct request *request, const struct listing *listing,
                     struct list_query *query)
{
    buf_init(&query->where, request, 1u << 20);
    if (!read_include(request, listing, query) || !read_sort(request, listing, query) ||
        !read_number(request, "_size", page_size(request), &query->size) ||
        !read_number(request, "_offset", 0, &query->offset) ||
        !read_flag(request, "_all_tenants", &query->all_tenants) ||
        !read_flag(request, "_get_all_results", &query->all_results)) {
        return false;
    }
    for (size_t i = 0; i < request->params_count; i++) {
        if (request->params[i].name[0] == '_' || seen_before(request, i)) {
            continue;
        }
        if (!add_filter(request, listing, query, i)) {
            return false;
        }
    }
    const char *search = request_param(request, "_search");
    if (search != NULL && listing->search != NULL && query->values_count < LIST_VALUES) {
        (void)buf_printf(&query->where, " AND instr(lower(%s), lower(?)) > 0", listing->search);
        query->values[query->values_count++] = search;
    }
    return true;
}
