/* The licence of a premium manager: there, expired, near its end, or not there. */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/license.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

static bool is_named(struct practice *practice, const char *word)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *text = practice_text(practice, scope, "license");
    return text != NULL && strcmp(text, word) == 0;
}

enum license_state license_state(struct practice *practice)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t end_ms = 0;
    const char *end = practice_text(practice, scope, "license_expires");
    if (practice_switch(practice, "no_license") || is_named(practice, "none")) {
        return LICENSE_NONE;
    }
    bool past =
        end != NULL && timefmt_parse_utc(end, &end_ms) && end_ms < practice_now_ms(practice);
    return past || is_named(practice, "expired") ? LICENSE_EXPIRED : LICENSE_GOOD;
}

/* Snapshots are not among what a premium manager does without a licence. */
bool license_refuses(struct request *request)
{
    struct practice *practice = request->practice;
    if (!practice->options.premium || strncmp(request->route->pattern, "snapshots", 9) != 0) {
        return false;
    }
    enum license_state state = license_state(practice);
    if (state == LICENSE_NONE) {
        reply_error(request, 400, "missing_cloudify_license",
                    "No license was found. Please upload a license to use the manager");
    } else if (state == LICENSE_EXPIRED) {
        reply_error(request, 400, "expired_cloudify_license", "This product's license has expired");
    }
    return state != LICENSE_GOOD;
}

static void put_license(struct request *request, struct json *item, enum license_state state)
{
    struct practice *practice = request->practice;
    const char *end = practice_text(practice, request, "license_expires");
    const char *edition = practice_text(practice, request, "license_edition");
    const char *able = practice_text(practice, request, "license_capabilities");
    struct json *list = NULL;
    struct ferry_error err;
    if (end == NULL && state == LICENSE_EXPIRED) {
        end = timefmt_utc(request, practice_now_ms(practice) - (int64_t)86400 * 1000);
    }
    json_set_string(item, "customer_id", "practice");
    json_set_string(item, "expiration_date", end);
    json_set_string(item, "license_edition", edition == NULL ? "Premium" : edition);
    json_set_bool(item, "trial",
                  is_named(practice, "trial") || practice_switch(practice, "license_trial"));
    json_set_null(item, "cloudify_version");
    if (able != NULL && json_parse(request, able, strlen(able), &list, &err) == FERRY_OK) {
        json_set_json(item, "capabilities", list);
    } else {
        json_set_null(item, "capabilities");
    }
    json_set_bool(item, "expired", state == LICENSE_EXPIRED);
}

void handle_license(struct request *request)
{
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return;
    }
    enum license_state state = license_state(request->practice);
    struct json *out = json_object(request);
    struct json *metadata = json_set_object(out, "metadata");
    struct json *pagination = json_set_object(metadata, "pagination");
    json_set_int(pagination, "total", state == LICENSE_NONE ? 0 : 1);
    json_set_int(pagination, "size", 1000);
    json_set_int(pagination, "offset", 0);
    json_set_null(metadata, "filtered");
    struct json *items = json_set_array(out, "items");
    if (state != LICENSE_NONE) {
        put_license(request, json_push_object(items), state);
    }
    reply_json_node(request, 200, out);
}

/* Any licence is good. */
void handle_license_upload(struct request *request)
{
    if (request->practice->options.premium) {
        sql_do(request->practice->sql,
               "DELETE FROM settings WHERE name IN ('no_license', 'license', 'license_expires')",
               "");
    }
    handle_license(request);
}

void handle_license_check(struct request *request)
{
    struct practice *practice = request->practice;
    enum license_state state = practice->options.premium ? license_state(practice) : LICENSE_NONE;
    if (state == LICENSE_GOOD) {
        reply_json_text(request, 200, "\"OK\"\n");
    } else if (state == LICENSE_EXPIRED) {
        reply_invalid(request, 400, "expired_cloudify_license",
                      "This product's license has expired");
    } else {
        reply_invalid(request, 400, "missing_cloudify_license",
                      "No Customer ID found on the manager");
    }
}
