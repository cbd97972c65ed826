#include "practice/auth.h"

#include <string.h>

#include "base/mem.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

#define TOKEN_PREFIX "ctok-"

static void reply_unauthorized(struct request *request, const char *why)
{
    reply_error(request, 401, "unauthorized_error", "User unauthorized: %s", why);
}

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* "user:password", or NULL for what is no base64 of that. */
static char *basic_credentials(struct request *request)
{
    const char *header = request_header(request, "Authorization");
    if (header == NULL || strncmp(header, "Basic ", 6) != 0) {
        return NULL;
    }
    const char *text = header + 6;
    char *out = mem_array(request, char, strlen(text) + 1);
    size_t length = 0;
    unsigned bits = 0;
    unsigned count = 0;
    for (; *text != '\0' && *text != '='; text++) {
        int value = base64_value(*text);
        if (value < 0) {
            return NULL;
        }
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[length++] = (char)(bits >> count & 0xff);
        }
    }
    out[length] = '\0';
    return strchr(out, ':') == NULL ? NULL : out;
}

static void remember_user(struct request *request, struct sqlite3_stmt *query)
{
    request->user = mem_strdup(request, sql_text(query, 0));
    request->role = mem_strdup(request, sql_text(query, 1));
    request->is_bootstrap = sql_int(query, 2) != 0;
    request->is_admin = strcmp(request->role, "sys_admin") == 0;
}

#define LOCK_AFTER 4 /* failed_logins_before_account_lock of a hardened manager */

static bool is_locked(struct practice *practice, const char *user)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    return practice->locks_accounts &&
           practice_number(practice, mem_printf(scope, "failed_logins.%s", user), 0) >=
               practice_number(practice, "failed_logins_allowed", LOCK_AFTER);
}

/* A login that succeeds before the lock takes the failures back. */
static void count_login(struct practice *practice, const char *user, bool right)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = mem_printf(scope, "failed_logins.%s", user);
    if (!practice->locks_accounts) {
        return;
    }
    if (right) {
        sql_do(practice->sql, "DELETE FROM settings WHERE name = ?", "s", name);
    } else {
        sql_do(practice->sql,
               "INSERT INTO settings VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET"
               " value = CAST(value AS INTEGER) + 1",
               "s", name);
    }
}

/* A node whose REST service was not restarted after a restore elsewhere verifies nothing. */
static bool holds_old_secret(const struct request *request)
{
    return request->node < CLUSTER_MOST &&
           request->practice->cluster.nodes[request->node].old_secret;
}

/* True when the request was answered; a user who is not known counts as no credentials. */
static bool basic_fails(struct request *request, char *credentials)
{
    struct practice *practice = request->practice;
    char *colon = strchr(credentials, ':');
    *colon = '\0';
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT username, role, is_bootstrap, password FROM users WHERE username = ?",
                  "s", credentials);
    if (!sql_next(query)) {
        return false;
    }
    const char *password = sql_text(query, 3);
    bool right = password != NULL && strcmp(password, colon + 1) == 0;
    if ((sql_int(query, 2) != 0 && practice->state.passwords_fail) || holds_old_secret(request)) {
        right = false;
    }
    right = right && !is_locked(practice, credentials);
    if (right) {
        remember_user(request, query);
    }
    sql_end(query);
    count_login(practice, credentials, right);
    ledger_password(practice, credentials, right);
    if (!right) {
        reply_unauthorized(request,
                           mem_printf(request,
                                      "Authentication failed for <User username=`%s`>. Wrong "
                                      "credentials or locked account",
                                      credentials));
    }
    return !right;
}

/* Before 6.4 a token is one opaque word of its user. */
static bool old_token_fails(struct request *request, const char *token)
{
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT u.username, u.role, u.is_bootstrap FROM tokens t JOIN users u"
                  " USING (username) WHERE t.secret = ? LIMIT 1",
                  "s", token);
    if (!sql_next(query)) {
        reply_unauthorized(request, "Authentication failed, invalid token");
        return true;
    }
    remember_user(request, query);
    sql_end(query);
    return false;
}

static bool token_fails(struct request *request, const char *token)
{
    struct sql *sql = request->practice->sql;
    if (!request->practice->profile->token_rows) {
        return old_token_fails(request, token);
    }
    const char *dash = strncmp(token, TOKEN_PREFIX, strlen(TOKEN_PREFIX)) == 0
                           ? strchr(token + strlen(TOKEN_PREFIX), '-')
                           : NULL;
    if (dash == NULL) {
        reply_unauthorized(request, "Invalid token structure");
        return true;
    }
    const char *from = token + strlen(TOKEN_PREFIX);
    const char *id = mem_strndup(request, from, (size_t)(dash - from));
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct sqlite3_stmt *query = sql_start(
        sql,
        "SELECT u.username, u.role, u.is_bootstrap FROM tokens t JOIN users u USING (username)"
        " WHERE t.id = ? AND t.secret = ? AND (t.expiration_date IS NULL"
        " OR t.expiration_date > ?)",
        "sss", id, dash + 1, practice_now(request->practice, scope));
    if (!sql_next(query)) {
        reply_unauthorized(request, "Unauthorized");
        return true;
    }
    remember_user(request, query);
    sql_end(query);
    return false;
}

/* Basic before the execution token before the token; true when the request was answered. */
static bool credentials_fail(struct request *request)
{
    char *credentials = basic_credentials(request);
    if (credentials != NULL && basic_fails(request, credentials)) {
        return true;
    }
    if (request->user != NULL) {
        return false;
    }
    if (request_header(request, "Execution-Token") != NULL) {
        reply_unauthorized(request, "Authentication failed, invalid Execution Token");
        return true;
    }
    const char *token = request_header(request, "Authentication-Token");
    if (token != NULL && holds_old_secret(request)) {
        reply_unauthorized(request, "Unauthorized");
        return true;
    }
    return token != NULL && token_fails(request, token);
}

/* True when the header was honoured or the request was answered: *answered tells which. */
static bool bypasses(struct request *request, bool *answered)
{
    const char *header = request_header(request, "X-BYPASS-MAINTENANCE");
    *answered = false;
    if (!request->practice->profile->bypass_header || header == NULL || *header == '\0') {
        return false;
    }
    *answered = credentials_fail(request);
    if (!*answered && request->user == NULL) {
        reply_internal_error(request, "AttributeError: 'AnonymousUser' object has no attribute "
                                      "'is_bootstrap_admin'");
        *answered = true;
    }
    return *answered || request->is_admin;
}

/* Before anybody asks who it is; true: the request was answered. */
static bool maintenance_refuses(struct request *request)
{
    const struct practice *practice = request->practice;
    bool answered = false;
    if (practice->state.maintenance == MAINTENANCE_DEACTIVATED ||
        practice->state.tables == TABLES_EMPTY) {
        return false;
    }
    if (bypasses(request, &answered)) {
        return answered;
    }
    if (practice->state.maintenance == MAINTENANCE_ACTIVATING) {
        answered = (request->route->flags & ROUTE_ENTERING) != 0;
        if (answered) {
            reply_maintenance(request, "entering_maintenance_mode");
        }
        return answered;
    }
    if (profile_allows(practice->profile, request->route->pattern)) {
        return false;
    }
    reply_maintenance(request, "maintenance_mode_active");
    return true;
}

static bool tenant_fails(struct request *request)
{
    struct sql *sql = request->practice->sql;
    const char *tenant = request_header(request, "Tenant");
    if (tenant == NULL || *tenant == '\0') {
        reply_error(request, 403, "forbidden_error", "Authorization failed: tenant not provided");
        return true;
    }
    if (sql_one_int(sql, 0, "SELECT 1 FROM tenants WHERE name = ?", "s", tenant) == 0) {
        reply_error(request, 403, "forbidden_error",
                    "Authorization failed: Tried to authenticate with invalid tenant name: %s",
                    tenant);
        return true;
    }
    request->tenant = mem_strdup(request, tenant);
    if (request->is_admin) {
        return false;
    }
    const char *role = sql_one_text(
        request, sql, "SELECT role FROM user_tenants WHERE username = ? AND tenant = ?", "ss",
        request->user, tenant);
    if (role != NULL && auth_role_may(role, request->route->action)) {
        return false;
    }
    reply_error(request, 403, "forbidden_error",
                "User `%s` is not permitted to perform the action %s in the tenant `%s`",
                request->user, request->route->action, tenant);
    return true;
}

bool auth_passes(struct request *request)
{
    if (maintenance_refuses(request)) {
        return false;
    }
    if (request->user == NULL && credentials_fail(request)) {
        return false;
    }
    if (request->route->need == NEED_NOTHING) {
        return true;
    }
    if (request->user == NULL) {
        reply_unauthorized(request, "No authentication info provided");
        return false;
    }
    return request->route->need == NEED_USER || !tenant_fails(request);
}
