/* Who may use the manager: users, their groups, and the lock that wrong passwords make. */
#include <string.h>

#include "base/mem.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

/* Premium alone, and for administrators; true: the reply is filled. */
static bool refuses(struct request *request, const char *action)
{
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return true;
    }
    if (!request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action %s", request->user, action);
        return true;
    }
    return false;
}

void handle_users(struct request *request)
{
    if (!refuses(request, "user_list")) {
        list_reply(request, &list_users, NULL);
    }
}

void handle_group_list(struct request *request)
{
    if (!refuses(request, "user_group_list")) {
        list_reply(request, &list_groups, NULL);
    }
}

void handle_user_unlock(struct request *request)
{
    struct practice *practice = request->practice;
    const char *name = request->args[0];
    if (refuses(request, "unlock_user")) {
        return;
    }
    int64_t seq =
        sql_one_int(practice->sql, 0, "SELECT seq FROM users WHERE username = ?", "s", name);
    if (seq == 0) {
        reply_not_found(request, "User", name);
        return;
    }
    practice_keep(practice, mem_printf(request, "failed_logins.%s", name), NULL);
    list_write_row(practice, reply_json(request, 200), &list_users, seq);
}

void handle_user(struct request *request)
{
    struct sql *sql = request->practice->sql;
    struct json *out = json_object(request);
    json_set_string(out, "username", request->user);
    json_set_int(out, "tenants",
                 request->is_admin
                     ? sql_one_int(sql, 0, "SELECT count(*) FROM tenants", "")
                     : sql_one_int(sql, 0, "SELECT count(*) FROM user_tenants WHERE username = ?",
                                   "s", request->user));
    json_set_null(out, "tenant_roles");
    json_set_int(out, "groups", 0);
    json_set_string(out, "role", request->role);
    (void)json_set_object(out, "group_system_roles");
    json_set_bool(out, "active", true);
    json_set_string(out, "created_at",
                    sql_one_text(request, sql, "SELECT created_at FROM users WHERE username = ?",
                                 "s", request->user));
    json_set_null(out, "first_login_at");
    json_set_null(out, "last_login_at");
    json_set_bool(out, "is_locked", false);
    json_set_bool(out, "show_getting_started", true);
    json_set_null(out, "password_hash");
    reply_json_node(request, 200, out);
}
