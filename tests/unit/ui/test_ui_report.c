/* The page of a report, read as a browser, a screen reader and an attacker would. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ferry_test.h"
#include "ui/report.h"

#define HOSTILE "<script>alert(1)</script>\\\"'&\\u202egnp</style>"
#define DOCUMENT                                                                                   \
    "{\"run\":\"upgrade-1" HOSTILE "\",\"id\":\"u\",\"state\":\"done\",\"exit\":10,\"manager\":"   \
    "\"https://m.example\",\"ferry\":\"0\",\"created_at\":\"2026-11-22T14:00:00.000Z\","           \
    "\"made_at\":\"2026-11-22T15:00:00.000Z\",\"hint\":\"" HOSTILE " --failed --" HOSTILE          \
    "\",\"archive\":{\"version\":"                                                                 \
    "\"" HOSTILE "\",\"sha256\":\"00ff\",\"warnings\":[\"" HOSTILE "\"]},\"advice\":[\"" HOSTILE   \
    "\"],\"steps\":[{\"name\":\"upload\",\"state\":\"done\",\"started_at\":"                       \
    "\"2026-11-22T14:00:00.000Z\",\"ended_at\":\"2026-11-22T14:10:00.000Z\",\"error\":\"" HOSTILE  \
    "\",\"units\":{\"total\":1,\"done\":1}},{\"name\":\"compare\",\"state\":\"waiting\"}],"        \
    "\"lives\":[{\"began_at\":\"2026-11-22T14:00:00.000Z\",\"ended_at\":"                          \
    "\"2026-11-22T14:30:00.000Z\",\"end\":\"killed\"}],\"failures_in_all\":2,\"failures\":[{"      \
    "\"step\":\"a\",\"unit\":\"t/" HOSTILE "\",\"state\":\"failed\",\"reason\":\"" HOSTILE         \
    "\"},{\"step\":\"a\",\"unit\":\"t/b\",\"state\":\"failed\",\"reason\":\"" HOSTILE              \
    "\"}],\"requests\":[{\"step\":\"a\",\"unit\":\"t/" HOSTILE "\",\"request\":\"POST /" HOSTILE   \
    "\",\"id\":\"i\",\"intent_at\":\"2026-11-22T14:00:01.123Z\",\"result\":\"done\",\"http\":"     \
    "201}],\"notes\":[{\"at\":\"2026-11-22T14:00:00.000Z\",\"kind\":\"width\",\"step\":\"a\","     \
    "\"unit\":\"" HOSTILE "\",\"text\":\"" HOSTILE "\"}],\"notes_in_all\":1,\"fanout\":[{"         \
    "\"step\":\"" HOSTILE "\",\"cells\":\"ddfk\",\"bins\":[{\"done\":1,\"failed\":0,"              \
    "\"under_way\":2},{\"done\":1,\"failed\":1,\"under_way\":1}],\"median_ms\":5,\"p90_ms\":9,"    \
    "\"slowest\":[{\"unit\":\"" HOSTILE "\",\"ms\":9}]}],\"compare\":{\"names\":{\"missing\":1,"   \
    "\"more\":0,\"changed\":0,\"kinds\":[{\"kind\":\"deployments\",\"archive\":2,\"manager\":1,"   \
    "\"missing\":1,\"more\":0},{\"kind\":\"users\",\"why_not\":\"" HOSTILE "\"}],\"differences\":" \
    "[{\"kind\":\"deployment\",\"tenant\":\"t\",\"name\":\"" HOSTILE "\",\"is\":\"missing\"}]}}}"

static char *page_of(void *mem, const struct ui_report_options *options)
{
    struct json *report;

    assert_int_equal(json_parse(mem, DOCUMENT, strlen(DOCUMENT), &report, NULL), FERRY_OK);
    return ui_report_html(mem, report, options);
}

/* Every tag is closed by its own, attributes are quoted, ids are there once; as XML wants it. */
static void tags_match(void *mem, const char *page)
{
    const char *open[64];
    size_t depth = 0;

    for (const char *at = strchr(page, '<'); at != NULL; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        size_t length;

        assert_non_null(end);
        if (at[1] == '!' || end[-1] == '/') {
            at = end;
            continue;
        }
        if (at[1] == '/') {
            assert_true(depth > 0);
            length = (size_t)(end - at) - 2;
            depth--;
            if (strncmp(open[depth], at + 2, length) != 0 ||
                isalnum((unsigned char)open[depth][length])) {
                fail_msg("%.*s closes <%.20s", (int)length, at + 2, open[depth]);
            }
        } else {
            assert_true(depth < FERRY_COUNT(open));
            open[depth++] = at + 1;
        }
        at = end;
    }
    assert_int_equal(depth, 0);
    for (const char *at = strstr(page, " id=\""); at != NULL; at = strstr(at + 1, " id=\"")) {
        const char *id = mem_strndup(mem, at, strcspn(at + 5, "\"") + 6);

        assert_null(strstr(at + 1, id));
    }
}

static void the_page_is_well_formed(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    tags_match(scope, page_of(scope, NULL));
}

/* What others wrote is text, wherever it stands. */
static void hostile_names_never_become_markup(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *page = page_of(scope, NULL);
    size_t seen = 0;

    (void)state;
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "\xe2\x80\xae")); /* U+202E turns the direction of the text */
    assert_non_null(strstr(page, " <span class=\"o\">--failed</span> <span class=\"o\">--&lt;"));
    assert_ptr_equal(strstr(page, "</style>"), strstr(page, "</style></head>"));
    for (const char *at = strstr(page, "&lt;script&gt;alert"); at != NULL;
         at = strstr(at + 1, "&lt;script&gt;alert")) {
        seen++;
    }
    assert_true(seen >= 18); /* each place of the document */
}

/* Works from a mail attachment: nothing is loaded, nothing runs. */
static void the_page_needs_nothing_else(void **state)
{
    static const char *const loads[] = {"src=",    "url(", "@import",     "<link",
                                        "<iframe", "<img", "javascript:", "href=\"http"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *page = page_of(scope, NULL);
    const char *body = strstr(page, "</head>");

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(loads); i++) {
        const char *found = strstr(page, loads[i]);

        if (found != NULL) {
            fail_msg("the page has %.40s", found);
        }
    }
    for (const char *at = strchr(body, '<'); at != NULL; at = strchr(at + 1, '<')) {
        const char *tag = mem_strndup(scope, at, strcspn(at, ">"));

        assert_null(strstr(tag, " onclick"));
        assert_null(strstr(tag, " style="));
    }
    assert_non_null(strstr(page, "default-src 'none'"));
}

static void headings_go_down_by_one_and_landmarks_are_there(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *page = page_of(scope, NULL);
    int before = 0, first = 0;

    (void)state;
    for (const char *at = strstr(page, "<h"); at != NULL; at = strstr(at + 1, "<h")) {
        int level = at[2] - '0';

        if (level < 1 || level > 6) {
            continue;
        }
        first += level == 1;
        assert_true(level <= before + 1);
        before = level;
    }
    assert_int_equal(first, 1);
    assert_non_null(strstr(page, "<html lang=\"en\">"));
    assert_non_null(strstr(page, "<main id=\"main\">"));
    assert_non_null(strstr(page, "<footer>"));
    for (const char *at = strstr(page, "<svg"); at != NULL; at = strstr(at + 1, "<svg")) {
        const char *tag = mem_strndup(scope, at, strcspn(at, ">"));

        assert_true(strstr(tag, "aria-hidden") != NULL || strstr(tag, "aria-label") != NULL);
    }
    for (const char *at = strstr(page, "<th"); at != NULL; at = strstr(at + 1, "<th")) {
        assert_true(strncmp(at, "<thead", 6) == 0 || strncmp(at + 3, " scope=", 7) == 0);
    }
}

/* The live page differs by its script alone, which is let run by its nonce. */
static void the_live_page_has_one_script_and_a_fragment(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *page = page_of(scope, &(struct ui_report_options){.nonce = "n0"});
    const char *part = page_of(scope, &(struct ui_report_options){.fragment = true});

    (void)state;
    assert_non_null(strstr(page, "<script nonce=\"n0\">"));
    assert_null(strstr(strstr(page, "<script") + 1, "<script"));
    assert_non_null(strstr(page, part));
    tags_match(scope, part);
}

/* --- contrast: WCAG 2 AA, from the style itself --- */

static double channel(const char *hex, bool is_short)
{
    char digits[3] = {hex[0], is_short ? hex[0] : hex[1], '\0'};
    double value = (double)strtol(digits, NULL, 16) / 255;
    double linear = value <= 0.03928 ? value / 12.92 : (value + 0.055) / 1.055;

    /* ((v+0.055)/1.055)^2.4 without libm: between the square and the cube */
    return value <= 0.03928 ? linear : linear * linear * (0.6 + 0.4 * linear);
}

/* Of --name in the block of the style that begins at `from`. */
static double luminance(const char *from, const char *name)
{
    char key[32];
    const char *at;
    bool is_short;

    (void)snprintf(key, sizeof key, "--%s:#", name);
    at = strstr(from, key);
    assert_non_null(at);
    at += strlen(key);
    is_short = !isxdigit((unsigned char)at[3]);
    return 0.2126 * channel(at, is_short) + 0.7152 * channel(at + (is_short ? 1 : 2), is_short) +
           0.0722 * channel(at + (is_short ? 2 : 4), is_short);
}

static double contrast(const char *from, const char *a, const char *b)
{
    double x = luminance(from, a), y = luminance(from, b);

    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

static void texts_can_be_read_by_day_and_by_night(void **state)
{
    static const char *const pairs[][2] = {{"ink", "bg"},    {"ink", "card"},    {"soft", "card"},
                                           {"soft", "bg"},   {"good", "goodbg"}, {"care", "carebg"},
                                           {"bad", "badbg"}, {"go", "gobg"},     {"good", "card"},
                                           {"care", "card"}, {"bad", "card"},    {"go", "card"}};
    const char *blocks[] = {report_style[0], strstr(report_style[0], "prefers-color-scheme:dark")};

    (void)state;
    for (size_t block = 0; block < FERRY_COUNT(blocks); block++) {
        assert_non_null(blocks[block]);
        for (size_t i = 0; i < FERRY_COUNT(pairs); i++) {
            double is = contrast(blocks[block], pairs[i][0], pairs[i][1]);

            if (is < 4.5) {
                fail_msg("%s on %s: contrast %.2f", pairs[i][0], pairs[i][1], is);
            }
        }
    }
}

static void markdown_obeys_nobody_else(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *report;
    const char *text;

    (void)state;
    assert_int_equal(json_parse(scope, DOCUMENT, strlen(DOCUMENT), &report, NULL), FERRY_OK);
    text = ui_report_markdown(scope, report);
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at + 1, '<')) {
        assert_true(at > text && at[-1] == '\\');
    }
    assert_non_null(strstr(text, "# Run upgrade-1\\<script"));
    assert_non_null(strstr(text, "**not expected** deployment t/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_well_formed),
        cmocka_unit_test(hostile_names_never_become_markup),
        cmocka_unit_test(the_page_needs_nothing_else),
        cmocka_unit_test(headings_go_down_by_one_and_landmarks_are_there),
        cmocka_unit_test(the_live_page_has_one_script_and_a_fragment),
        cmocka_unit_test(texts_can_be_read_by_day_and_by_night),
        cmocka_unit_test(markdown_obeys_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
