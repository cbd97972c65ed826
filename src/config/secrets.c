#include "config/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/profile.h"
#include "config/secret_command.h"

/* Where the bytes come from, for messages: "the password file /run/secrets/new". */
struct origin {
    const char *what;
    const char *name;
};

static enum ferry_code make(const void *ctx, const struct origin *origin, const char *bytes,
                            size_t length, struct secret **out, struct ferry_error *err)
{
    const char *problem = NULL;

    if (length > 0 && bytes[length - 1] == '\n') {
        length--;
    }
    if (length > 0 && bytes[length - 1] == '\r') {
        length--;
    }
    if (length == 0) {
        problem = "is empty";
    } else if (memchr(bytes, '\n', length) != NULL) {
        problem = "holds more than one line";
    } else if (memchr(bytes, '\0', length) != NULL) {
        problem = "holds a NUL byte";
    }
    if (problem != NULL) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s %s %s", origin->what, origin->name, problem);
    }
    *out = secret_new(ctx, bytes, length);
    return FERRY_OK;
}

static enum ferry_code from_file(const void *ctx, const char *what, const char *path,
                                 struct secret **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct origin origin = {mem_printf(scope, "the %s file", what), path};
    char *bytes;
    size_t length;
    enum ferry_code code = file_check_private(path, err);

    if (code == FERRY_OK) {
        code = file_read(scope, path, CONFIG_SECRET_MAX, &bytes, &length, err);
    }
    if (code != FERRY_OK) {
        if (err != NULL) {
            err->code = FERRY_E_CONFIG; /* whatever it was: the configuration names this file */
        }
        return FERRY_E_CONFIG;
    }
    code = make(ctx, &origin, bytes, length, out, err);
    secret_wipe(bytes, length);
    return code;
}

static enum ferry_code from_variable(const void *ctx, const char *what, const char *name,
                                     struct secret **out, struct ferry_error *err)
{
    struct origin origin = {"the environment variable", name};
    const char *text = getenv(name);

    if (text == NULL) {
        return ferry_fail(err, FERRY_E_CONFIG,
                          "the environment variable %s, which should hold a %s, is not set", name,
                          what);
    }
    if (strlen(text) > CONFIG_SECRET_MAX) {
        return ferry_fail(err, FERRY_E_CONFIG, "the environment variable %s is too long", name);
    }
    return make(ctx, &origin, text, strlen(text), out, err);
}

static enum ferry_code from_command(const void *ctx, const char *what, const char *text,
                                    struct secret **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct secret_command command = {
        .what = what, .text = text, .limit_ms = CONFIG_SECRET_COMMAND_MS, .clock = clock_system()};
    struct origin origin = {"the output of", mem_printf(scope, "the %s command", what)};
    char bytes[CONFIG_SECRET_MAX];
    size_t length = 0;
    enum ferry_code code = secret_command_run(&command, bytes, sizeof(bytes), &length, err);

    if (code == FERRY_OK) {
        code = make(ctx, &origin, bytes, length, out, err);
    }
    secret_wipe(bytes, sizeof(bytes));
    return code;
}

static enum ferry_code from_profile(const void *ctx, const char *what, const char *name,
                                    struct secret **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct origin origin = {mem_printf(scope, "the %s in cfy profile", what), name};
    struct json *profile;
    const char *text;
    char *path;
    enum ferry_code code = config_profile_read(scope, name, &profile, &path, err);

    if (code == FERRY_OK) {
        code = config_profile_check_private(path, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    text = json_string_or(profile, mem_printf(scope, "manager_%s", what), NULL);
    if (text == NULL) {
        ferry_fail(err, FERRY_E_CONFIG, "cfy profile '%s' holds no %s", name, what);
        ferry_error_hint(err, "give manager.password.file or manager.token.file");
        return FERRY_E_CONFIG;
    }
    return make(ctx, &origin, text, strlen(text), out, err);
}

enum ferry_code config_secret_read(const void *ctx, const char *what, const struct json *reference,
                                   struct secret **out, struct ferry_error *err)
{
    static const struct {
        const char *kind;
        enum ferry_code (*read)(const void *, const char *, const char *, struct secret **,
                                struct ferry_error *);
    } kinds[] = {{"file", from_file},
                 {"env", from_variable},
                 {"command", from_command},
                 {"profile", from_profile}};

    for (size_t at = 0; at < FERRY_COUNT(kinds); at++) {
        const char *text = json_text(json_member(reference, kinds[at].kind));

        if (text != NULL) {
            return kinds[at].read(ctx, what, text, out, err);
        }
    }
    return ferry_fail(err, FERRY_E_CONFIG,
                      "a %s comes from a file, the environment, a command or a cfy profile, and "
                      "none is named",
                      what);
}
