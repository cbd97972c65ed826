#include "cloudify/recurrence_rule.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/timefmt.h"

#define INTERVAL_MAX INT32_MAX
#define WORD_MAX 32

static const char *const weekday_names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static int weekday_of(const char *name)
{
    for (int i = 0; i < 7; i++) {
        if (strcmp(weekday_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* --- "2 weeks" --- */

/* The manager takes the end of the text: digits, at most one space, a unit, perhaps an "s". */
static bool parse_recurrence(const char *text, struct recurrence_rule *rule)
{
    static const struct {
        const char *word;
        enum recurrence_frequency frequency;
    } units[] = {{"sec", RECURRENCE_SECONDLY}, {"second", RECURRENCE_SECONDLY},
                 {"min", RECURRENCE_MINUTELY}, {"minute", RECURRENCE_MINUTELY},
                 {"h", RECURRENCE_HOURLY},     {"hour", RECURRENCE_HOURLY},
                 {"d", RECURRENCE_DAILY},      {"day", RECURRENCE_DAILY},
                 {"w", RECURRENCE_WEEKLY},     {"week", RECURRENCE_WEEKLY},
                 {"mo", RECURRENCE_MONTHLY},   {"month", RECURRENCE_MONTHLY},
                 {"y", RECURRENCE_YEARLY},     {"year", RECURRENCE_YEARLY}};
    size_t length = strlen(text), from = length;
    char word[WORD_MAX];
    int64_t amount = 0;

    while (from > 0 && isalpha((unsigned char)text[from - 1])) {
        from--;
    }
    if (length - from >= sizeof(word)) {
        return false;
    }
    memcpy(word, text + from, length - from + 1);
    if (length > from && word[length - from - 1] == 's') {
        word[length - from - 1] = '\0';
    }
    from -= from > 0 && text[from - 1] == ' ' ? 1 : 0;
    length = from;
    while (from > 0 && isdigit((unsigned char)text[from - 1])) {
        from--;
    }
    if (from == length) {
        return false;
    }
    for (; from < length; from++) {
        amount = amount * 10 + (text[from] - '0');
        if (amount > INTERVAL_MAX) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].word, word) == 0) {
            rule->frequency = units[i].frequency;
            rule->interval = amount;
            return true;
        }
    }
    return false;
}

/* "MO", "1SU", "L-FR": the day in *day, the place in the period in *position (0: every one). */
static bool parse_weekday(const char *text, struct recurrence_weekday *out)
{
    size_t length = strlen(text);
    int64_t position = 0;
    char prefix[WORD_MAX];

    if (length < 2 || length - 2 >= sizeof(prefix)) {
        return false;
    }
    memcpy(prefix, text, length - 2);
    prefix[length - 2] = '\0';
    if (strcmp(prefix, "L-") == 0) {
        position = -1;
    } else if (prefix[0] != '\0' &&
               !parse_int64(prefix[0] == '+' ? prefix + 1 : prefix, -366, 366, &position)) {
        return false;
    }
    out->day = weekday_of(text + length - 2);
    out->position = (int)position;
    return out->day >= 0;
}

/* One rule for each weekday, as the manager makes them; the count is that of all together. */
static bool add_weekdays(struct recurrence *all, const struct json *weekdays)
{
    struct recurrence_rule base = all->rules[0];

    if (json_size(weekdays) > RECURRENCE_RULES_MAX) {
        return false;
    }
    all->rules = mem_resize(all, all->rules, struct recurrence_rule, json_size(weekdays));
    all->rule_count = 0;
    for (const struct json *day = json_first(weekdays); day != NULL; day = json_next(day)) {
        struct recurrence_rule *rule = &all->rules[all->rule_count];
        struct recurrence_weekday weekday;

        if (json_text(day) == NULL || !parse_weekday(json_text(day), &weekday)) {
            return false;
        }
        *rule = base;
        rule->count = -1;
        rule->weekdays[0] = (struct recurrence_weekday){weekday.day, 0};
        rule->weekday_count = 1;
        if (weekday.position != 0) {
            rule->positions[0] = weekday.position;
            rule->position_count = 1;
        }
        all->rule_count++;
    }
    return true;
}

/* --- RFC 5545 --- */

/* Texts between commas, one by one. False: no more. */
static bool next_word(const char **list, char word[WORD_MAX])
{
    size_t length = strcspn(*list, ",");

    if (**list == '\0' || length >= WORD_MAX) {
        return false;
    }
    memcpy(word, *list, length);
    word[length] = '\0';
    *list += length + ((*list)[length] == ',' ? 1 : 0);
    return true;
}

/* Numbers from low to high as bits; negative ones into *back. */
static bool read_bits(const char *list, int low, int high, uint64_t *bits, uint32_t *back)
{
    char word[WORD_MAX];
    int64_t value;

    *bits = 0;
    while (*list != '\0') {
        if (!next_word(&list, word) ||
            !parse_int64(word[0] == '+' ? word + 1 : word, -high, high, &value)) {
            return false;
        }
        if (value < 0 && back != NULL) {
            *back |= UINT32_C(1) << -value;
        } else if (value >= low) {
            *bits |= UINT64_C(1) << value;
        } else {
            return false;
        }
    }
    return true;
}

static bool read_weekdays(const char *list, struct recurrence_rule *rule)
{
    char word[WORD_MAX];

    while (*list != '\0') {
        if (rule->weekday_count == RECURRENCE_WEEKDAYS_MAX || !next_word(&list, word) ||
            !parse_weekday(word, &rule->weekdays[rule->weekday_count++])) {
            return false;
        }
    }
    return true;
}

static bool read_positions(const char *list, struct recurrence_rule *rule)
{
    char word[WORD_MAX];
    int64_t value;

    while (*list != '\0') {
        if (rule->position_count == RECURRENCE_POSITIONS_MAX || !next_word(&list, word) ||
            !parse_int64(word, -366, 366, &value) || value == 0) {
            return false;
        }
        rule->positions[rule->position_count++] = (int)value;
    }
    return true;
}

static bool read_frequency(const char *text, struct recurrence_rule *rule)
{
    static const char *const names[] = {"YEARLY", "MONTHLY",  "WEEKLY",  "DAILY",
                                        "HOURLY", "MINUTELY", "SECONDLY"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], text) == 0) {
            rule->frequency = (enum recurrence_frequency)i;
            return true;
        }
    }
    return false;
}

/* "20261231T235959Z", "20261231" */
static bool read_until(const void *ctx, const char *text, struct recurrence_rule *rule)
{
    size_t length = strlen(text);
    int64_t ms;
    char *plain;

    if (length != 8 && length != 15 && length != 16) {
        return false;
    }
    plain = mem_printf(ctx, "%.4s-%.2s-%.2s %.2s:%.2s:%.2s", text, text + 4, text + 6,
                       length > 8 ? text + 9 : "00", length > 8 ? text + 11 : "00",
                       length > 8 ? text + 13 : "00");
    if (!timefmt_parse_utc(plain, &ms)) {
        return false;
    }
    rule->until = ms / 1000;
    return true;
}

static bool read_time_part(const char *name, const char *value, struct recurrence_rule *rule)
{
    uint64_t bits = 0;

    if (strcmp(name, "BYHOUR") == 0) {
        bool good = read_bits(value, 0, 23, &bits, NULL);

        rule->hours = (uint32_t)bits;
        return good;
    }
    if (strcmp(name, "BYMINUTE") == 0) {
        return read_bits(value, 0, 59, &rule->minutes, NULL);
    }
    return strcmp(name, "BYSECOND") == 0 && read_bits(value, 0, 59, &rule->seconds, NULL);
}

static bool read_day_part(const char *name, const char *value, struct recurrence_rule *rule)
{
    uint64_t bits = 0;
    bool good;

    if (strcmp(name, "BYDAY") == 0 || strcmp(name, "BYWEEKDAY") == 0) {
        return read_weekdays(value, rule);
    }
    if (strcmp(name, "BYMONTH") == 0) {
        good = read_bits(value, 1, 12, &bits, NULL);
        rule->months = (uint32_t)bits;
        return good;
    }
    if (strcmp(name, "BYMONTHDAY") == 0) {
        good = read_bits(value, 1, 31, &bits, &rule->month_days_back);
        rule->month_days = (uint32_t)bits;
        return good;
    }
    if (strcmp(name, "BYSETPOS") == 0) {
        return read_positions(value, rule);
    }
    if (strcmp(name, "WKST") == 0) {
        rule->week_start = weekday_of(value);
        return rule->week_start >= 0;
    }
    return read_time_part(name, value, rule);
}

static bool read_part(const void *ctx, char *part, struct recurrence_rule *rule)
{
    char *equals = strchr(part, '=');

    if (equals == NULL) {
        return false;
    }
    *equals = '\0';
    if (strcmp(part, "FREQ") == 0) {
        return read_frequency(equals + 1, rule);
    }
    if (strcmp(part, "INTERVAL") == 0) {
        return parse_int64(equals + 1, 1, INTERVAL_MAX, &rule->interval);
    }
    if (strcmp(part, "COUNT") == 0) {
        return parse_int64(equals + 1, 0, INTERVAL_MAX, &rule->count);
    }
    if (strcmp(part, "UNTIL") == 0) {
        return read_until(ctx, equals + 1, rule);
    }
    return read_day_part(part, equals + 1, rule);
}

static bool read_rrule(const void *ctx, const char *text, struct recurrence_rule *rule)
{
    void *scope FERRY_SCOPE = mem_scope(ctx);
    int64_t until = rule->until;
    char *copy, *end;
    bool has_frequency = false;

    rule->until = INT64_MAX;
    if (strncmp(text, "RRULE:", 6) == 0) {
        text += 6;
    }
    copy = mem_strdup(scope, text);
    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    for (char *part = copy; part != NULL && *part != '\0'; part = end) {
        end = strchr(part, ';');
        if (end != NULL) {
            *end++ = '\0';
        }
        has_frequency = has_frequency || strncmp(part, "FREQ=", 5) == 0;
        if (!read_part(scope, part, rule)) {
            return false;
        }
    }
    if (rule->until == INT64_MAX) { /* the schedule's own end is for rules without one */
        rule->until = until;
    }
    return has_frequency;
}

/* --- all of it --- */

static const char *read_rule(struct recurrence *all, const struct json *rule)
{
    struct recurrence_rule *first = all->rules;
    const char *rrule = json_string_or(rule, "rrule", NULL);
    const char *text = json_string_or(rule, "recurrence", json_string_or(rule, "frequency", NULL));
    const struct json *weekdays = json_member(rule, "weekdays");
    int64_t count = json_int64_or(rule, "count", -1);

    if (rrule != NULL && *rrule != '\0') {
        return read_rrule(all, rrule, first) ? NULL : "its RRULE has parts that ferry cannot read";
    }
    if (text == NULL || *text == '\0') {
        /* a manager searches for ever where a weekday is asked of a rule without recurrence */
        return count == 1 && json_size(weekdays) == 0
                   ? (first->count = 1, (const char *)NULL)
                   : "it has neither a recurrence nor the count 1";
    }
    if (!parse_recurrence(text, first) || first->interval == 0) {
        return "its recurrence is no number and unit";
    }
    if (json_size(weekdays) == 0) {
        first->count = count;
        return NULL;
    }
    all->count = count > 0 ? count : -1;
    return add_weekdays(all, weekdays) ? NULL : "its weekdays cannot be read";
}

struct recurrence *recurrence_parse(const void *ctx, const char *rule, int64_t since_ms,
                                    int64_t until_ms, const char **why)
{
    struct recurrence *all = mem_new(ctx, struct recurrence);
    struct json *document = NULL;

    all->rules = mem_array(all, struct recurrence_rule, 1);
    all->rule_count = 1;
    all->count = -1;
    all->rules[0] = (struct recurrence_rule){
        .frequency = RECURRENCE_DAILY,
        .interval = 1,
        .count = -1,
        .since = since_ms / 1000,
        .until = until_ms == 0 ? INT64_MAX : until_ms / 1000,
    };
    *why = rule == NULL ? "it has no rule" : NULL;
    if (rule != NULL && (json_parse(all, rule, strlen(rule), &document, NULL) != FERRY_OK ||
                         !json_is_object(document))) {
        *why = "its rule is no JSON object";
    }
    if (*why == NULL) {
        *why = read_rule(all, document);
    }
    if (*why != NULL) {
        mem_free(all);
        return NULL;
    }
    for (int i = 0; i < all->rule_count; i++) {
        recurrence_rule_complete(&all->rules[i]);
    }
    return all;
}

/* The first moment of any rule that is later than `after`. */
static enum recurrence_answer first_of(const struct recurrence *all, int64_t after, int64_t *budget,
                                       int64_t *at)
{
    bool found = false;

    for (int i = 0; i < all->rule_count; i++) {
        int64_t moment = 0;
        enum recurrence_answer answer =
            recurrence_rule_after(&all->rules[i], after, budget, &moment);

        if (answer == RECURRENCE_UNKNOWN) {
            return answer;
        }
        if (answer == RECURRENCE_AT && (!found || moment < *at)) {
            *at = moment;
            found = true;
        }
    }
    return found ? RECURRENCE_AT : RECURRENCE_NEVER;
}

enum recurrence_answer recurrence_after(const struct recurrence *recurrence, int64_t after_ms,
                                        int64_t *budget, int64_t *at_ms)
{
    /* later than a moment with a fraction is later than its second */
    int64_t after = after_ms >= 0 ? after_ms / 1000 : (after_ms - 999) / 1000;
    int64_t at = INT64_MIN, seen = 0;
    enum recurrence_answer answer;

    if (recurrence->count < 0) {
        answer = first_of(recurrence, after, budget, &at);
    } else {
        do { /* which of them count is known only from the first on */
            answer = first_of(recurrence, at, budget, &at);
        } while (answer == RECURRENCE_AT && ++seen <= recurrence->count && at <= after);
        if (answer == RECURRENCE_AT && seen > recurrence->count) {
            answer = RECURRENCE_NEVER;
        }
    }
    if (answer == RECURRENCE_AT) {
        *at_ms = at * 1000;
    }
    return answer;
}
