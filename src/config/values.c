#include "config/values.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "config/config.h"
#include "config/url.h"

#define TEXT_MAX 4096 /* bytes of one value: PATH_MAX of Linux */
#define CERTIFICATE_MAX 65536
#define PATTERN_MAX 100 /* beside a host's name and a time it stays below NAME_MAX */

const char *config_member(const struct config_key *key)
{
    return strchr(key->out, '.') + 1;
}

const char *config_text_problem(const char *text)
{
    size_t length = strlen(text);

    if (length == 0) {
        return "must not be empty";
    }
    if (length > TEXT_MAX) {
        return "is too long";
    }
    for (size_t at = 0; at < length;) {
        size_t step = utf8_sequence(text + at, length - at);

        if (step == 0) {
            return "is not UTF-8";
        }
        if ((unsigned char)text[at] < 0x20 || text[at] == 0x7f) {
            return "has a control character in it";
        }
        at += step;
    }
    return NULL;
}

static const char *variable_problem(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    if (text[strspn(text, letters)] != '\0' || (text[0] >= '0' && text[0] <= '9')) {
        return "must be the name of an environment variable";
    }
    return NULL;
}

/* What the manager takes as an id: a name for a path of its REST API and its disk. */
static const char *snapshot_problem(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";

    if (strlen(text) > CONFIG_SNAPSHOT_ID_MAX) {
        return "must not be longer than 256 letters";
    }
    if (strspn(text, letters + 52) > 0) {
        return "must begin with a letter";
    }
    if (text[strspn(text, letters)] != '\0') {
        return "may have letters, digits, '.', '_' and '-' only";
    }
    return NULL;
}

/* "host", "host:port" or "[v6]:port" */
static const char *address_problem(const char *text)
{
    const char *colon = text[0] == '[' ? strstr(text, "]:") : strchr(text, ':');
    int64_t port;

    if (colon != NULL && text[0] == '[') {
        colon++;
    }
    if (strpbrk(text, " /@?#\t") != NULL || text[0] == ':' ||
        (colon != NULL && !parse_int64(colon + 1, 1, 65535, &port))) {
        return "must be HOST or HOST:PORT";
    }
    return NULL;
}

/* A name of files: {time}, {date} and {manager} are filled in when a backup begins. */
static const char *pattern_problem(const char *text)
{
    static const char *const words[] = {"{time}", "{date}", "{manager}"};
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";

    if (strlen(text) > PATTERN_MAX) {
        return "must not be longer than 100 letters";
    }
    if (text[0] == '.' || text[0] == '-') {
        return "must not begin with '.' or '-'";
    }
    for (text += strspn(text, letters); *text != '\0'; text += strspn(text, letters)) {
        size_t at = 0;

        while (at < FERRY_COUNT(words) && strncmp(text, words[at], strlen(words[at])) != 0) {
            at++;
        }
        if (at == FERRY_COUNT(words)) {
            return "may have letters, digits, '.', '_', '-', {time}, {date} and {manager} only";
        }
        text += strlen(words[at]);
    }
    return NULL;
}

static enum ferry_code put_text(struct config_raw *raw, const struct config_key *key,
                                const char *text, struct json *group, struct ferry_error *err)
{
    const char *judged = NULL;
    enum ferry_code code = config_value_text(raw, key, &judged, err);

    (void)text; /* the same as the value's */
    if (code == FERRY_OK) {
        json_set_string(group, config_member(key), judged);
    }
    return code;
}

enum ferry_code config_value_text(struct config_raw *raw, const struct config_key *key,
                                  const char **out, struct ferry_error *err)
{
    const struct config_value *value = config_raw_value(raw, key);
    const char *text = value->text;
    const char *problem = config_text_problem(text);

    if (problem == NULL && key->kind == CONFIG_DOWNLOAD) {
        problem = config_url_download(text);
    }
    if (problem == NULL && key->kind == CONFIG_ADDRESS) {
        problem = address_problem(text);
    }
    if (problem == NULL && key->kind == CONFIG_VARIABLE) {
        problem = variable_problem(text);
    }
    if (problem == NULL && key->kind == CONFIG_SNAPSHOT) {
        problem = snapshot_problem(text);
    }
    if (problem == NULL && key->kind == CONFIG_PATTERN) {
        problem = pattern_problem(text);
    }
    if (problem != NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "%s", problem);
    }
    if (key->kind == CONFIG_PATH) {
        *out = config_path_join(raw->mem, config_raw_folder(raw, value), text);
    } else {
        *out = text;
    }
    return FERRY_OK;
}

static enum ferry_code put_bool(struct config_raw *raw, const struct config_key *key,
                                const char *text, struct json *group, struct ferry_error *err)
{
    bool value;

    if (!parse_bool(text, &value)) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be true or false, not '%s'", text);
    }
    json_set_bool(group, config_member(key), value);
    return FERRY_OK;
}

static enum ferry_code put_int(struct config_raw *raw, const struct config_key *key,
                               const char *text, struct json *group, struct ferry_error *err)
{
    int64_t value;

    if (!parse_int64(text, key->min, key->max, &value)) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be a number from %" PRId64 " to %" PRId64 ", not '%s'", key->min,
                          key->max, text);
    }
    json_set_int(group, config_member(key), value);
    return FERRY_OK;
}

static enum ferry_code put_number(struct config_raw *raw, const struct config_key *key,
                                  const char *text, struct json *group, struct ferry_error *err)
{
    double value;

    if (!parse_double(text, 0, (double)key->max, &value) || value <= 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be a number above 0, up to %" PRId64 ", not '%s'", key->max, text);
    }
    if (value >= 1 && floor(value) >= value) {
        json_set_int(group, config_member(key), (int64_t)value);
    } else {
        json_set_double(group, config_member(key), value);
    }
    return FERRY_OK;
}

static enum ferry_code put_duration(struct config_raw *raw, const struct config_key *key,
                                    const char *text, struct json *group, struct ferry_error *err)
{
    bool may_be_auto = key->kind == CONFIG_DURATION_OR_AUTO;
    int64_t ms;

    if (may_be_auto && strcmp(text, "auto") == 0) {
        json_set_null(group, config_member(key));
        return FERRY_OK;
    }
    if (!parse_duration_ms(text, &ms)) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be %sa duration such as 500ms, 5s, 30m or 4h, not '%s'",
                          may_be_auto ? "auto or " : "", text);
    }
    if (ms < key->min || ms > key->max) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be from %s to %s, not '%s'",
                          timefmt_duration(raw->mem, key->min),
                          timefmt_duration(raw->mem, key->max), text);
    }
    json_set_int(group, config_member(key), ms);
    return FERRY_OK;
}

static enum ferry_code put_seconds(struct config_raw *raw, const struct config_key *key,
                                   const char *text, struct json *group, struct ferry_error *err)
{
    int64_t seconds;
    int64_t ms;

    if (parse_duration_ms(text, &ms) && ms % 1000 == 0) {
        seconds = ms / 1000;
    } else if (!parse_int64(text, 0, key->max, &seconds)) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be a number of seconds, or a duration such as 5m, not '%s'", text);
    }
    if (seconds < key->min || seconds > key->max / 1000) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be from %" PRId64 " to %" PRId64 " seconds, not '%s'", key->min,
                          key->max / 1000, text);
    }
    json_set_int(group, config_member(key), seconds);
    return FERRY_OK;
}

/* "20": 20 units, whatever their share. "10%": a share. "never": none end the step. */
static enum ferry_code put_failures(struct config_raw *raw, const struct config_key *key,
                                    const char *text, struct json *group, struct ferry_error *err)
{
    size_t length = strlen(text);
    int64_t units = -1;
    int64_t percent = 100;
    bool good;

    if (strcmp(text, "never") == 0) {
        good = true;
    } else if (length > 1 && text[length - 1] == '%') {
        good = parse_int64(mem_strndup(raw->mem, text, length - 1), 0, 100, &percent);
    } else {
        good = parse_int64(text, key->min, key->max, &units);
    }
    if (!good) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be a number of units, a share such as 10%%, or never, not '%s'",
                          text);
    }
    json_set_int(group, "max_failures", units);
    json_set_int(group, "max_failures_percent", percent);
    return FERRY_OK;
}

const char *config_visibility_problem(const char *text)
{
    return strcmp(text, "tenant") == 0 || strcmp(text, "private") == 0 ||
                   strcmp(text, "global") == 0
               ? NULL
               : "must be tenant, private or global";
}

static enum ferry_code put_visibility(struct config_raw *raw, const struct config_key *key,
                                      const char *text, struct json *group, struct ferry_error *err)
{
    const char *problem = config_visibility_problem(text);

    if (problem != NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "%s, not '%s'", problem, text);
    }
    json_set_string(group, config_member(key), text);
    return FERRY_OK;
}

/* A single value where only keys make sense. */
static enum ferry_code put_mapping(struct config_raw *raw, const struct config_key *key,
                                   const char *text, struct json *group, struct ferry_error *err)
{
    (void)text;
    (void)group;
    return config_bad(raw, key, CONFIG_NO_ITEM, err, "must have keys below it");
}

static enum ferry_code put_versions(struct config_raw *raw, const struct config_key *key,
                                    const char *text, struct json *group, struct ferry_error *err)
{
    if (strcmp(text, "latest") != 0 && strcmp(text, "minor") != 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must be latest, minor or keys such as {latest: [a]}, not '%s'", text);
    }
    json_set_string(group, config_member(key), text);
    return FERRY_OK;
}

static enum ferry_code put_on_failure(struct config_raw *raw, const struct config_key *key,
                                      const char *text, struct json *group, struct ferry_error *err)
{
    if (strcmp(text, "continue") != 0 && strcmp(text, "stop") != 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be continue or stop, not '%s'",
                          text);
    }
    json_set_string(group, config_member(key), text);
    return FERRY_OK;
}

static enum ferry_code put_zone(struct config_raw *raw, const struct config_key *key,
                                const char *text, struct json *group, struct ferry_error *err)
{
    if (strcmp(text, "UTC") != 0 && strcmp(text, "local") != 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be UTC or local, not '%s'", text);
    }
    json_set_string(group, config_member(key), text);
    return FERRY_OK;
}

static enum ferry_code put_busy(struct config_raw *raw, const struct config_key *key,
                                const char *text, struct json *group, struct ferry_error *err)
{
    if (strcmp(text, "wait") != 0 && strcmp(text, "queue") != 0 && strcmp(text, "refuse") != 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be wait, queue or refuse, not '%s'",
                          text);
    }
    json_set_string(group, config_member(key), text);
    return FERRY_OK;
}

/* What a file of certificates holds is no secret, and is sent to the manager; a private key that
   lies in the same file must not be. */
static enum ferry_code put_certificate(struct config_raw *raw, const struct config_key *key,
                                       const char *text, struct json *group,
                                       struct ferry_error *err)
{
    const char *path =
        config_path_join(raw->mem, config_raw_folder(raw, config_raw_value(raw, key)), text);
    struct ferry_error why = {0};
    char *content = NULL;
    size_t size;

    if (config_text_problem(text) != NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "%s", config_text_problem(text));
    }
    if (file_read(raw->mem, path, CERTIFICATE_MAX, &content, &size, &why)) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "cannot be read: %s", why.message);
    }
    if (strstr(content, "-----BEGIN CERTIFICATE-----") == NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "names %s, which holds no certificate",
                          path);
    }
    if (strstr(content, "PRIVATE KEY") != NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "names %s, which holds a private key: give a file with the certificate "
                          "alone",
                          path);
    }
    json_set_string(group, config_member(key), content);
    return FERRY_OK;
}

enum ferry_code config_value_put(struct config_raw *raw, const struct config_key *key,
                                 struct json *group, struct ferry_error *err)
{
    static enum ferry_code (*const put[])(struct config_raw *, const struct config_key *,
                                          const char *, struct json *, struct ferry_error *) = {
        [CONFIG_TEXT] = put_text,
        [CONFIG_PATH] = put_text,
        [CONFIG_ADDRESS] = put_text,
        [CONFIG_DOWNLOAD] = put_text,
        [CONFIG_SNAPSHOT] = put_text,
        [CONFIG_BOOL] = put_bool,
        [CONFIG_INT] = put_int,
        [CONFIG_NUMBER] = put_number,
        [CONFIG_DURATION] = put_duration,
        [CONFIG_DURATION_OR_AUTO] = put_duration,
        [CONFIG_SECONDS] = put_seconds,
        [CONFIG_FAILURES] = put_failures,
        [CONFIG_VERSIONS] = put_versions,
        [CONFIG_ON_FAILURE] = put_on_failure,
        [CONFIG_CERTIFICATE] = put_certificate,
        [CONFIG_MAPPING] = put_mapping,
        [CONFIG_VISIBILITY] = put_visibility,
        [CONFIG_BUSY] = put_busy,
        [CONFIG_ZONE] = put_zone,
        [CONFIG_PATTERN] = put_text,
    };
    struct config_value *value = config_raw_value(raw, key);

    if (key->kind == CONFIG_PLUGINS) {
        return config_plugins_put(raw, key, group, err);
    }
    if (value->tree != NULL) {
        return config_tree_put(raw, key, group, err);
    }
    if (config_key_is_list(key)) {
        return config_list_put(raw, key, group, err);
    }
    if (value->origin == CONFIG_NOT_SET && key->fallback == NULL) {
        json_set_null(group, config_member(key));
        return FERRY_OK;
    }
    if (value->origin == CONFIG_NOT_SET) {
        value->text = key->fallback;
    }
    return put[key->kind](raw, key, value->text, group, err);
}
