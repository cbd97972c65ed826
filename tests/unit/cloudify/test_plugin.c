/* Plugin archives: real wagons, zips and caravans made of them, and everything that is wrong. */
#include "ferry_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cloudify/plugin.h"
#include "unit/cloudify/zip_maker.h"

#define WAGONS FERRY_SOURCE_DIR "/tests/data/wagons/"
#define TINY "cloudify_tiny_plugin-2.0.0-py311-none-any.wgn"
#define OTHER "cloudify_other_plugin-0.6.0-py311-none-any.wgn"
#define YAML                                                                                       \
    "plugins:\n  tiny:\n    executor: central_deployment_agent\n"                                  \
    "    package_name: cloudify-tiny-plugin\n    package_version: '2.0.0'\n"
#define PLUGIN                                                                                     \
    "{\"wagon\":\"" TINY "\",\"package\":\"cloudify-tiny-plugin\",\"version\":\"2.0.0\","          \
    "\"platform\":\"any\",\"distribution\":null,\"release\":null,\"python\":[\"py311\"],"

static char folder[] = "/tmp/ferry-plugin-XXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static int leave(void **state)
{
    static const char *const names[] = {"p.zip",       "p.tgz",   "out.zip", "out2.zip",
                                        "plugin.yaml", "v4.yaml", "i.png",   TINY};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        (void)unlink(names[i]);
    }
    return chdir("/") != 0 || rmdir(folder) != 0 ? -1 : 0;
}

static void put(const char *name, const void *data, size_t size)
{
    struct ferry_error err = {0};

    assert_int_equal(file_write_atomic(name, data, size, 0644, &err), FERRY_OK);
}

static const char *wagon_data(const void *mem, const char *name, size_t *size)
{
    struct ferry_error err = {0};
    char *data = NULL;

    if (file_read(mem, mem_printf(mem, WAGONS "%s", name), 1 << 20, &data, size, &err) !=
        FERRY_OK) {
        fail_msg("%s", err.message);
    }
    return data;
}

/* p.zip of pairs NAME, TEXT; a NAME that ends in ".wgn" takes the real wagon TEXT. */
static void make_zip(const char *const *pairs)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    size_t size = 0;

    for (; pairs[0] != NULL; pairs += 2) {
        if (strncmp(pairs[1], "cloudify_", 9) == 0) {
            const char *data = wagon_data(scope, pairs[1], &size);

            zip_maker_add(zip, pairs[0], data, size, NULL);
        } else {
            zip_maker_text(zip, pairs[0], pairs[1]);
        }
    }
    const char *bytes = zip_maker_end(zip, NULL, &size);

    put("p.zip", bytes, size);
}

/* --- a tar, by hand --- */

static void tar_add(FILE *file, const char *name, const void *data, size_t size)
{
    char head[512] = {0};
    unsigned sum = 0;

    (void)snprintf(head, 100, "%s", name);
    (void)snprintf(head + 100, 8, "%07o", 0644);
    (void)snprintf(head + 124, 12, "%011zo", size);
    memcpy(head + 257, "ustar\00000", 8);
    head[156] = '0';
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < sizeof(head); i++) {
        sum += (unsigned char)head[i];
    }
    (void)snprintf(head + 148, 7, "%06o", sum);
    assert_int_equal(fwrite(head, 1, sizeof(head), file), sizeof(head));
    if (size > 0) {
        assert_int_equal(fwrite(data, 1, size, file), size);
    }
    memset(head, 0, sizeof(head));
    if (size % 512 != 0) {
        assert_int_equal(fwrite(head, 1, 512 - size % 512, file), 512 - size % 512);
    }
}

/* p.tgz with pairs as for make_zip; not packed: readers do not mind. */
static void make_tar(const char *const *pairs)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    FILE *file = fopen("p.tgz", "w");
    char end[1024] = {0};

    assert_non_null(file);
    for (; pairs[0] != NULL; pairs += 2) {
        size_t size = strlen(pairs[1]);
        const char *data =
            strncmp(pairs[1], "cloudify_", 9) == 0 ? wagon_data(scope, pairs[1], &size) : pairs[1];

        tar_add(file, pairs[0], data, size);
    }
    assert_int_equal(fwrite(end, 1, sizeof(end), file), sizeof(end));
    assert_int_equal(fclose(file), 0);
}

/* --- reading --- */

static void assert_reads(const char *path, const char *json)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *facts = NULL;

    if (cloudify_plugin_read(scope, path, &facts, &err) != FERRY_OK) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(json_print(scope, facts), json);
}

static void assert_refused(const char *path, const char *message, const char *hint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *facts = NULL;

    assert_int_equal(cloudify_plugin_read(scope, path, &facts, &err), FERRY_E_ARCHIVE);
    if (strstr(err.message, message) == NULL || strstr(err.message, path) == NULL ||
        strstr(err.hint, hint) == NULL) {
        fail_msg("'%s' (%s) is not in '%s' (%s)", message, hint, err.message, err.hint);
    }
}

static void real_wagon_says_what_it_is(void **state)
{
    (void)state;
    assert_reads(WAGONS TINY, "{\"plugins\":[" PLUGIN "\"yamls\":0}],\"kind\":\"wagon\"}");
}

static void zip_of_wagon_and_yamls(void **state)
{
    (void)state;
    make_zip((const char *const[]){TINY, TINY, "plugin.yaml", YAML, "icon.png", "png", NULL});
    assert_reads("p.zip",
                 "{\"plugins\":[" PLUGIN "\"yamls\":1,\"central\":true}],\"kind\":\"zip\"}");
    /* another spelling of the package; two yamls, of which one has a plugin for hosts too */
    make_zip((const char *const[]){"plugin_1_4.yaml", YAML, "folder/" TINY, TINY,
                                   "folder/plugin.yaml",
                                   "plugins: {a: {package_name: Cloudify_Tiny.Plugin, "
                                   "package_version: 2.0.0}, b: {source: x}}",
                                   NULL});
    assert_reads("p.zip",
                 "{\"plugins\":[" PLUGIN "\"yamls\":2,\"central\":false}],\"kind\":\"zip\"}");
}

static void caravan_of_two_wagons(void **state)
{
    (void)state;
    make_tar((const char *const[]){
        "cvn/METADATA", "a/" TINY ": a/plugin.yaml\n" OTHER ": b.yaml\n", "cvn/a/" TINY, TINY,
        "cvn/a/plugin.yaml", YAML, "cvn/" OTHER, OTHER, "cvn/b.yaml",
        "plugins: {o: {package_name: cloudify-other-plugin, package_version: 0.6.0, executor: "
        "host_agent}}",
        NULL});
    assert_reads("p.tgz",
                 "{\"plugins\":[" PLUGIN "\"yamls\":1,\"central\":true},"
                 "{\"wagon\":\"" OTHER "\",\"package\":\"cloudify-other-plugin\",\"version\":"
                 "\"0.6.0\",\"platform\":\"any\",\"distribution\":null,\"release\":null,"
                 "\"python\":[\"py311\"],\"yamls\":1,\"central\":false}],\"kind\":\"caravan\"}");
}

static void old_wagon_is_a_tar(void **state)
{
    (void)state;
    make_tar((const char *const[]){
        "pack/package.json",
        "{\"package_name\":\"p\",\"package_version\":\"1\",\"supported_platform\":\"linux_x86_64\","
        "\"supported_python_versions\":[\"py27\"],\"build_server_os_properties\":{"
        "\"distribution\":\"centos\",\"distribution_release\":\"core\"}}",
        "pack/wheels/p.whl", "wheel", NULL});
    assert_reads("p.tgz", "{\"plugins\":[{\"wagon\":\"p.tgz\",\"package\":\"p\",\"version\":\"1\","
                          "\"platform\":\"linux_x86_64\",\"distribution\":\"centos\",\"release\":"
                          "\"core\",\"python\":[\"py27\"],\"yamls\":0}],\"kind\":\"wagon\"}");
}

static void what_is_wrong_is_refused_with_reason_and_next_step(void **state)
{
    static const struct {
        const char *const pairs[8];
        const char *message, *hint;
    } bad[] = {
        {{"plugin.yaml", YAML, NULL}, "holds 0 wagons", "one wagon"},
        {{"a.wgn", TINY, "b.wgn", TINY, "plugin.yaml", YAML, NULL}, "holds 2 wagons", "one wagon"},
        {{"a.wgn", TINY, NULL}, "holds no .yaml", "its .yaml"},
        {{"a.wgn", "no wagon", "plugin.yaml", YAML, NULL},
         "holds a.wgn, which is no wagon",
         "wagon"},
        {{"a.wgn", OTHER, "plugin.yaml", YAML, NULL},
         "plugin.yaml is of package cloudify-tiny-plugin, the wagon of cloudify-other-plugin",
         "must be the wagon's"},
        {{"a.wgn", TINY, "plugin.yaml",
          "plugins: {t: {package_name: cloudify-tiny-plugin, package_version: 2.0.1}}", NULL},
         "is of cloudify-tiny-plugin 2.0.1, the wagon of version 2.0.0",
         "must be the wagon's"},
        {{"a.wgn", TINY, "plugin.yaml", "plugins: {t: {package_name: cloudify-tiny-plugin}}", NULL},
         "without a package_version",
         "must be the wagon's"},
        {{"a.wgn", TINY, "plugin.yaml", "node_types: {}", NULL},
         "names no plugin of package",
         "must be the wagon's"},
        {{"a.wgn", TINY, "plugin.yaml", "plugins: [", NULL},
         "cannot be read: line 2",
         "mend the yaml"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        make_zip(bad[i].pairs);
        assert_refused("p.zip", bad[i].message, bad[i].hint);
    }
}

static void wrong_caravans_are_refused(void **state)
{
    static const struct {
        const char *const pairs[8];
        const char *message;
    } bad[] = {
        {{"c/METADATA", "", NULL}, "names no wagon"},
        {{"c/METADATA", "[a]", NULL}, "names no wagon"},
        {{"c/METADATA", "a: [", NULL}, "a METADATA that cannot be read"},
        {{"c/METADATA", "no.wgn: p.yaml", "c/p.yaml", YAML, NULL},
         "names c/no.wgn in its METADATA"},
        {{"c/METADATA", "a.wgn: p.yaml", "c/a.wgn", TINY, NULL}, "names c/p.yaml in its METADATA"},
        {{"c/METADATA", "a.wgn: [p]", "c/a.wgn", TINY, NULL}, "names c/ in its METADATA"},
        {{"c/METADATA", "a.wgn: p.yaml", "c/a.wgn", OTHER, "c/p.yaml", YAML, NULL},
         "is of package"},
        {{"c/other", "x", NULL}, "neither a wagon (no package.json) nor a caravan"},
        {{"c/package.json", "{\"package_name\":\"p\"}", NULL}, "neither a wagon"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        make_tar(bad[i].pairs);
        assert_refused("p.tgz", bad[i].message, "wagon");
    }
}

static void what_is_no_archive_or_damaged_is_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_maker *zip = zip_maker_new(scope);
    struct json *facts = NULL;
    struct ferry_error err = {0};
    size_t size = 0;
    const char *data = wagon_data(scope, TINY, &size);

    (void)state;
    put("p.zip", "not a zip", 9);
    assert_refused("p.zip", "neither a zip nor a wagon nor a caravan", "fetch it again");
    put("p.zip", "", 0);
    assert_refused("p.zip", "neither a zip nor a wagon nor a caravan", "fetch it again");
    put("p.zip", data, size - 40);
    assert_refused("p.zip", "p.zip", "fetch it again");
    zip_maker_add(zip, "a.wgn", data, size, &(struct zip_lie){.wrong_crc = true});
    data = zip_maker_end(zip, NULL, &size);
    put("p.zip", data, size);
    assert_refused("p.zip", "is damaged", "fetch it again");
    assert_int_equal(cloudify_plugin_read(scope, "nowhere.zip", &facts, &err), FERRY_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "nowhere.zip"));
}

static void a_bomb_of_a_description_is_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t size = CLOUDIFY_PLUGIN_TEXT_MAX + 1;
    char *text = mem_array(scope, char, size + 1);

    (void)state;
    memset(text, ' ', size);
    make_tar((const char *const[]){"p/package.json", text, NULL});
    assert_refused("p.tgz", "larger than any", "fetch it again");
}

/* --- parts and packing --- */

static struct json *parts_of(const void *mem, const char *text)
{
    struct json *parts = NULL;
    struct ferry_error err = {0};

    assert_int_equal(json_parse(mem, text, strlen(text), &parts, &err), FERRY_OK);
    return parts;
}

static void put_parts(void)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t size = 0;
    const char *data = wagon_data(scope, TINY, &size);

    put(TINY, data, size);
    put("plugin.yaml", YAML, strlen(YAML));
    put("v4.yaml", YAML, strlen(YAML));
    put("i.png", "picture", 7);
}

#define PARTS "{\"wagon\":\"" TINY "\",\"yaml\":[\"plugin.yaml\",\"v4.yaml\"],\"icon\":\"i.png\"}"

static void same_parts_give_the_same_bytes(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char first[DIGEST_SHA256_HEX], second[DIGEST_SHA256_HEX], counted[DIGEST_SHA256_HEX];
    struct json *parts = parts_of(scope, PARTS);
    struct ferry_error err = {0};
    int64_t size = 0, again = 0;
    struct stat info;

    (void)state;
    put_parts();
    (void)umask(0);
    assert_int_equal(cloudify_plugin_pack(parts, "out.zip", first, &size, &err), FERRY_OK);
    assert_int_equal(stat("out.zip", &info), 0);
    assert_int_equal(info.st_size, size);
    assert_int_equal(info.st_mode & 0777, 0600);
    /* other times, another zone: the same bytes. A change of one byte: others */
    put_parts();
    assert_int_equal(utimensat(AT_FDCWD, TINY, (const struct timespec[2]){{1, 0}, {1, 0}}, 0), 0);
    assert_int_equal(setenv("TZ", "Pacific/Kiritimati", 1), 0);
    assert_int_equal(cloudify_plugin_pack(parts, "out2.zip", second, &again, &err), FERRY_OK);
    assert_int_equal(cloudify_plugin_pack(parts, NULL, counted, &again, &err), FERRY_OK);
    assert_string_equal(first, second);
    assert_string_equal(first, counted);
    assert_int_equal(size, again);
    put("i.png", "Picture", 7);
    assert_int_equal(cloudify_plugin_pack(parts, NULL, second, &again, &err), FERRY_OK);
    assert_string_not_equal(first, second);
    assert_reads("out.zip",
                 "{\"plugins\":[" PLUGIN "\"yamls\":2,\"central\":true}],\"kind\":\"zip\"}");
}

static void parts_are_read_like_the_zip_of_them(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *facts = NULL;

    (void)state;
    put_parts();
    assert_int_equal(cloudify_plugin_read_parts(scope, parts_of(scope, PARTS), &facts, &err),
                     FERRY_OK);
    assert_string_equal(json_print(scope, facts), "{\"kind\":\"packed\",\"plugins\":[" PLUGIN
                                                  "\"yamls\":2,\"central\":true}]}");
    assert_int_equal(
        cloudify_plugin_read_parts(
            scope, parts_of(scope, "{\"wagon\":\"plugin.yaml\",\"yaml\":[]}"), &facts, &err),
        FERRY_E_ARCHIVE);
    assert_int_equal(
        cloudify_plugin_read_parts(
            scope, parts_of(scope, "{\"wagon\":\"" TINY "\",\"yaml\":[\"i.png\"]}"), &facts, &err),
        FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "names no plugin"));
    assert_int_equal(cloudify_plugin_read_parts(
                         scope, parts_of(scope, "{\"wagon\":\"" TINY "\",\"yaml\":[\"no.yaml\"]}"),
                         &facts, &err),
                     FERRY_E_NOT_FOUND);
    make_zip((const char *const[]){TINY, TINY, "plugin.yaml", YAML, NULL});
    assert_int_equal(cloudify_plugin_read_parts(
                         scope, parts_of(scope, "{\"wagon\":\"p.zip\",\"yaml\":[]}"), &facts, &err),
                     FERRY_E_ARCHIVE);
    assert_non_null(strstr(err.message, "is no wagon"));
}

static void what_cannot_be_packed_leaves_nothing(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char sha256[DIGEST_SHA256_HEX];
    struct ferry_error err = {0};
    int64_t size = 0;
    struct stat info;

    (void)state;
    put_parts();
    (void)unlink("out.zip");
    assert_int_equal(
        cloudify_plugin_pack(parts_of(scope, "{\"wagon\":\"" TINY "\",\"yaml\":[\"no.yaml\"]}"),
                             "out.zip", sha256, &size, &err),
        FERRY_E_NOT_FOUND);
    assert_int_equal(stat("out.zip", &info), -1);
    assert_int_equal(stat("out.zip.tmp", &info), -1);
    assert_int_equal(
        cloudify_plugin_pack(parts_of(scope, PARTS), "no/out.zip", sha256, &size, &err),
        FERRY_E_IO);
    /* no room: as on a full disk */
    struct rlimit before, little = {.rlim_cur = 1000};

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    enum ferry_code code =
        cloudify_plugin_pack(parts_of(scope, PARTS), "out.zip", sha256, &size, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, FERRY_E_IO);
    assert_non_null(strstr(err.message, "cannot write \"out.zip.tmp\""));
    assert_non_null(strstr(err.hint, "make room"));
    assert_int_equal(stat("out.zip.tmp", &info), -1);
    if (stat("/dev/full", &info) == 0 && symlink("/dev/full", "out.zip.tmp") == 0) {
        /* a planted link is not followed */
        assert_int_equal(
            cloudify_plugin_pack(parts_of(scope, PARTS), "out.zip", sha256, &size, &err),
            FERRY_E_IO);
        assert_int_equal(unlink("out.zip.tmp"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_wagon_says_what_it_is),
        cmocka_unit_test(zip_of_wagon_and_yamls),
        cmocka_unit_test(caravan_of_two_wagons),
        cmocka_unit_test(old_wagon_is_a_tar),
        cmocka_unit_test(what_is_wrong_is_refused_with_reason_and_next_step),
        cmocka_unit_test(wrong_caravans_are_refused),
        cmocka_unit_test(what_is_no_archive_or_damaged_is_refused),
        cmocka_unit_test(a_bomb_of_a_description_is_refused),
        cmocka_unit_test(same_parts_give_the_same_bytes),
        cmocka_unit_test(parts_are_read_like_the_zip_of_them),
        cmocka_unit_test(what_cannot_be_packed_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
