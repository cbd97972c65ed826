#include "ferry_test.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive_plan.h"
#include "cloudify/pickle.h"

/* One plan, as Python 3 writes it in each protocol, as the class that managers use, and as an
   OrderedDict: a node uses an AWS plugin 2.3.0 and the agent, which is no package, another the same
   AWS plugin; the workflows use a plugin without a version; a property is called package_name. */
static const struct {
    const char *name;
    const char *hex;
} plans[] = {
    {"protocol 0",
     "286470300a566e6f6465730a70310a286c70320a286470330a566e616d650a70340a56766d0a70350a735670"
     "6c7567696e730a70360a286c70370a286470380a67340a566177730a70390a73567061636b6167655f6e616d"
     "650a7031300a56636c6f75646966792d6177732d706c7567696e0a7031310a73567061636b6167655f766572"
     "73696f6e0a7031320a56322e332e300a7031330a73566578656375746f720a7031340a5663656e7472616c5f"
     "6465706c6f796d656e745f6167656e740a7031350a7356696e7374616c6c0a7031360a4930310a7361286470"
     "31370a67340a566167656e740a7031380a736731300a4e736731320a4e73617356706c7567696e735f746f5f"
     "696e7374616c6c0a7031390a286c7032300a736128647032310a67340a56780a7032320a7367360a286c7032"
     "330a28647032340a67340a67390a736731300a6731310a736731320a6731330a736731360a4930300a73566e"
     "0a7032350a49330a7356660a7032360a46312e350a73566269670a7032370a4c313230383932353831393631"
     "343632393137343730363137364c0a7361736173566465706c6f796d656e745f706c7567696e735f746f5f69"
     "6e7374616c6c0a7032380a286c7032390a7356776f726b666c6f775f706c7567696e735f746f5f696e737461"
     "6c6c0a7033300a286c7033310a28647033320a67340a56770a7033330a736731300a56636c6f75646966792d"
     "7574696c69746965732d706c7567696e0a7033340a736731320a4e7361735670726f706572746965730a7033"
     "350a28647033360a6731300a566e67696e780a7033370a73732e"},
    {"protocol 1",
     "7d71002858050000006e6f64657371015d7102287d71032858040000006e616d6571045802000000766d7105"
     "5807000000706c7567696e7371065d7107287d710828680458030000006177737109580c0000007061636b61"
     "67655f6e616d65710a5813000000636c6f75646966792d6177732d706c7567696e710b580f0000007061636b"
     "6167655f76657273696f6e710c5805000000322e332e30710d58080000006578656375746f72710e58180000"
     "0063656e7472616c5f6465706c6f796d656e745f6167656e74710f5807000000696e7374616c6c7110493031"
     "0a757d711128680458050000006167656e747112680a4e680c4e75655812000000706c7567696e735f746f5f"
     "696e7374616c6c71135d7114757d7115286804580100000078711668065d71177d71182868046809680a680b"
     "680c680d68104930300a58010000006e71194b03580100000066711a473ff800000000000058030000006269"
     "67711b4c313230383932353831393631343632393137343730363137364c0a75617565581d0000006465706c"
     "6f796d656e745f706c7567696e735f746f5f696e7374616c6c711c5d711d581b000000776f726b666c6f775f"
     "706c7567696e735f746f5f696e7374616c6c711e5d711f7d71202868045801000000777121680a5819000000"
     "636c6f75646966792d7574696c69746965732d706c7567696e7122680c4e7561580a00000070726f70657274"
     "69657371237d7124680a58050000006e67696e78712573752e"},
    {"protocol 2",
     "80027d71002858050000006e6f64657371015d7102287d71032858040000006e616d6571045802000000766d"
     "71055807000000706c7567696e7371065d7107287d710828680458030000006177737109580c000000706163"
     "6b6167655f6e616d65710a5813000000636c6f75646966792d6177732d706c7567696e710b580f0000007061"
     "636b6167655f76657273696f6e710c5805000000322e332e30710d58080000006578656375746f72710e5818"
     "00000063656e7472616c5f6465706c6f796d656e745f6167656e74710f5807000000696e7374616c6c711088"
     "757d711128680458050000006167656e747112680a4e680c4e75655812000000706c7567696e735f746f5f69"
     "6e7374616c6c71135d7114757d7115286804580100000078711668065d71177d71182868046809680a680b68"
     "0c680d68108958010000006e71194b03580100000066711a473ff80000000000005803000000626967711b8a"
     "0b000000000000000000000175617565581d0000006465706c6f796d656e745f706c7567696e735f746f5f69"
     "6e7374616c6c711c5d711d581b000000776f726b666c6f775f706c7567696e735f746f5f696e7374616c6c71"
     "1e5d711f7d71202868045801000000777121680a5819000000636c6f75646966792d7574696c69746965732d"
     "706c7567696e7122680c4e7561580a00000070726f7065727469657371237d7124680a58050000006e67696e"
     "78712573752e"},
    {"protocol 3",
     "80037d71002858050000006e6f64657371015d7102287d71032858040000006e616d6571045802000000766d"
     "71055807000000706c7567696e7371065d7107287d710828680458030000006177737109580c000000706163"
     "6b6167655f6e616d65710a5813000000636c6f75646966792d6177732d706c7567696e710b580f0000007061"
     "636b6167655f76657273696f6e710c5805000000322e332e30710d58080000006578656375746f72710e5818"
     "00000063656e7472616c5f6465706c6f796d656e745f6167656e74710f5807000000696e7374616c6c711088"
     "757d711128680458050000006167656e747112680a4e680c4e75655812000000706c7567696e735f746f5f69"
     "6e7374616c6c71135d7114757d7115286804580100000078711668065d71177d71182868046809680a680b68"
     "0c680d68108958010000006e71194b03580100000066711a473ff80000000000005803000000626967711b8a"
     "0b000000000000000000000175617565581d0000006465706c6f796d656e745f706c7567696e735f746f5f69"
     "6e7374616c6c711c5d711d581b000000776f726b666c6f775f706c7567696e735f746f5f696e7374616c6c71"
     "1e5d711f7d71202868045801000000777121680a5819000000636c6f75646966792d7574696c69746965732d"
     "706c7567696e7122680c4e7561580a00000070726f7065727469657371237d7124680a58050000006e67696e"
     "78712573752e"},
    {"protocol 4",
     "800495a6010000000000007d94288c056e6f646573945d94287d94288c046e616d65948c02766d948c07706c"
     "7567696e73945d94287d942868048c03617773948c0c7061636b6167655f6e616d65948c13636c6f75646966"
     "792d6177732d706c7567696e948c0f7061636b6167655f76657273696f6e948c05322e332e30948c08657865"
     "6375746f72948c1863656e7472616c5f6465706c6f796d656e745f6167656e74948c07696e7374616c6c9488"
     "757d942868048c056167656e7494680a4e680c4e75658c12706c7567696e735f746f5f696e7374616c6c945d"
     "94757d942868048c01789468065d947d942868046809680a680b680c680d6810898c016e944b038c01669447"
     "3ff80000000000008c03626967948a0b0000000000000000000001756175658c1d6465706c6f796d656e745f"
     "706c7567696e735f746f5f696e7374616c6c945d948c1b776f726b666c6f775f706c7567696e735f746f5f69"
     "6e7374616c6c945d947d942868048c017794680a8c19636c6f75646966792d7574696c69746965732d706c75"
     "67696e94680c4e75618c0a70726f70657274696573947d94680a8c056e67696e789473752e"},
    {"Plan 0",
     "63636f70795f7265670a5f7265636f6e7374727563746f720a70300a286364736c5f7061727365722e6d6f64"
     "656c730a506c616e0a70310a635f5f6275696c74696e5f5f0a646963740a70320a286470330a566e6f646573"
     "0a70340a286c70350a286470360a566e616d650a70370a56766d0a70380a7356706c7567696e730a70390a28"
     "6c7031300a28647031310a67370a566177730a7031320a73567061636b6167655f6e616d650a7031330a5663"
     "6c6f75646966792d6177732d706c7567696e0a7031340a73567061636b6167655f76657273696f6e0a703135"
     "0a56322e332e300a7031360a73566578656375746f720a7031370a5663656e7472616c5f6465706c6f796d65"
     "6e745f6167656e740a7031380a7356696e7374616c6c0a7031390a4930310a736128647032300a67370a5661"
     "67656e740a7032310a736731330a4e736731350a4e73617356706c7567696e735f746f5f696e7374616c6c0a"
     "7032320a286c7032330a736128647032340a67370a56780a7032350a7367390a286c7032360a28647032370a"
     "67370a6731320a736731330a6731340a736731350a6731360a736731390a4930300a73566e0a7032380a4933"
     "0a7356660a7032390a46312e350a73566269670a7033300a4c31323038393235383139363134363239313734"
     "3730363137364c0a7361736173566465706c6f796d656e745f706c7567696e735f746f5f696e7374616c6c0a"
     "7033310a286c7033320a7356776f726b666c6f775f706c7567696e735f746f5f696e7374616c6c0a7033330a"
     "286c7033340a28647033350a67370a56770a7033360a736731330a56636c6f75646966792d7574696c697469"
     "65732d706c7567696e0a7033370a736731350a4e7361735670726f706572746965730a7033380a2864703339"
     "0a6731330a566e67696e780a7034300a7373747034310a527034320a28647034330a5665787472610a703434"
     "0a49310a73622e"},
    {"Plan 2",
     "80026364736c5f7061727365722e6d6f64656c730a506c616e0a7100298171012858050000006e6f64657371"
     "025d7103287d71042858040000006e616d6571055802000000766d71065807000000706c7567696e7371075d"
     "7108287d71092868055803000000617773710a580c0000007061636b6167655f6e616d65710b581300000063"
     "6c6f75646966792d6177732d706c7567696e710c580f0000007061636b6167655f76657273696f6e710d5805"
     "000000322e332e30710e58080000006578656375746f72710f581800000063656e7472616c5f6465706c6f79"
     "6d656e745f6167656e7471105807000000696e7374616c6c711188757d711228680558050000006167656e74"
     "7113680b4e680d4e75655812000000706c7567696e735f746f5f696e7374616c6c71145d7115757d71162868"
     "05580100000078711768075d71187d7119286805680a680b680c680d680e68118958010000006e711a4b0358"
     "0100000066711b473ff80000000000005803000000626967711c8a0b00000000000000000000017561756558"
     "1d0000006465706c6f796d656e745f706c7567696e735f746f5f696e7374616c6c711d5d711e581b00000077"
     "6f726b666c6f775f706c7567696e735f746f5f696e7374616c6c711f5d71207d712128680558010000007771"
     "22680b5819000000636c6f75646966792d7574696c69746965732d706c7567696e7123680d4e7561580a0000"
     "0070726f7065727469657371247d7125680b58050000006e67696e78712673757d7127580500000065787472"
     "6171284b0173622e"},
    {"Plan 4",
     "800495d2010000000000008c1164736c5f7061727365722e6d6f64656c73948c04506c616e94939429819428"
     "8c056e6f646573945d94287d94288c046e616d65948c02766d948c07706c7567696e73945d94287d94286807"
     "8c03617773948c0c7061636b6167655f6e616d65948c13636c6f75646966792d6177732d706c7567696e948c"
     "0f7061636b6167655f76657273696f6e948c05322e332e30948c086578656375746f72948c1863656e747261"
     "6c5f6465706c6f796d656e745f6167656e74948c07696e7374616c6c9488757d942868078c056167656e7494"
     "680d4e680f4e75658c12706c7567696e735f746f5f696e7374616c6c945d94757d942868078c01789468095d"
     "947d94286807680c680d680e680f68106813898c016e944b038c016694473ff80000000000008c0362696794"
     "8a0b0000000000000000000001756175658c1d6465706c6f796d656e745f706c7567696e735f746f5f696e73"
     "74616c6c945d948c1b776f726b666c6f775f706c7567696e735f746f5f696e7374616c6c945d947d94286807"
     "8c017794680d8c19636c6f75646966792d7574696c69746965732d706c7567696e94680f4e75618c0a70726f"
     "70657274696573947d94680d8c056e67696e789473757d948c056578747261944b0173622e"},
    {"OrderedDict",
     "800263636f6c6c656374696f6e730a4f726465726564446963740a7100295271012858050000006e6f646573"
     "71025d7103287d71042858040000006e616d6571055802000000766d71065807000000706c7567696e737107"
     "5d7108287d71092868055803000000617773710a580c0000007061636b6167655f6e616d65710b5813000000"
     "636c6f75646966792d6177732d706c7567696e710c580f0000007061636b6167655f76657273696f6e710d58"
     "05000000322e332e30710e58080000006578656375746f72710f581800000063656e7472616c5f6465706c6f"
     "796d656e745f6167656e7471105807000000696e7374616c6c711188757d711228680558050000006167656e"
     "747113680b4e680d4e75655812000000706c7567696e735f746f5f696e7374616c6c71145d7115757d711628"
     "6805580100000078711768075d71187d7119286805680a680b680c680d680e68118958010000006e711a4b03"
     "580100000066711b473ff80000000000005803000000626967711c8a0b000000000000000000000175617565"
     "581d0000006465706c6f796d656e745f706c7567696e735f746f5f696e7374616c6c711d5d711e581b000000"
     "776f726b666c6f775f706c7567696e735f746f5f696e7374616c6c711f5d71207d7121286805580100000077"
     "7122680b5819000000636c6f75646966792d7574696c69746965732d706c7567696e7123680d4e7561580a00"
     "000070726f7065727469657371247d7125680b58050000006e67696e78712673752e"},
};

/* {"nodes": [], "x": os.system("...")} */
static const char call[] =
    "80027d71002858050000006e6f64657371015d7102580100000078710363706f7369780a73797374656d0a71"
    "04580f000000746f756368202f746d702f6576696c7105857106527107752e";
/* {"nodes": [], "x": {1, 2}} */
static const char set[] =
    "8004951b000000000000007d94288c056e6f646573945d948c0178948f94284b014b0290752e";
/* {"nodes": a list that holds itself} */
static const char cycle[] = "80027d710058050000006e6f64657371015d7102680261732e";

struct reading {
    void *scope;
    struct cloudify_archive *archive;
    struct archive_plan *plan;
    struct cloudify_archive_blueprint blueprint;
};

static struct reading *start(void *scope)
{
    struct reading *reading = mem_new(scope, struct reading);

    reading->scope = scope;
    reading->archive = mem_new(scope, struct cloudify_archive);
    reading->plan = archive_plan_new(scope, reading->archive);
    return reading;
}

/* Feeds the text of a column in pieces of so many bytes. */
static const struct cloudify_archive_blueprint *read_column(struct reading *reading,
                                                            const char *text, size_t piece)
{
    size_t length = strlen(text);

    for (size_t at = 0; at < length; at += piece) {
        archive_plan_feed(reading->plan, text + at, length - at < piece ? length - at : piece);
    }
    archive_plan_end(reading->plan, &reading->blueprint);
    return &reading->blueprint;
}

static void check_plan(const char *name, const struct cloudify_archive_blueprint *found)
{
    size_t aws = found->plugin_count > 0 && found->plugins[0]->version == NULL ? 1 : 0;

    if (!found->known || found->plugin_count != 2) {
        fail_msg("%s: known %d, %zu plugins", name, found->known, found->plugin_count);
    }
    assert_string_equal(found->plugins[aws]->package, "cloudify-aws-plugin");
    assert_string_equal(found->plugins[aws]->version, "2.3.0");
    assert_string_equal(found->plugins[1 - aws]->package, "cloudify-utilities-plugin");
    assert_null(found->plugins[1 - aws]->version);
}

static void plans_of_every_protocol_name_their_plugins(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct reading *reading = start(scope);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(plans); i++) {
        const char *column = mem_printf(scope, "\\x%s", plans[i].hex);
        check_plan(plans[i].name, read_column(reading, column, strlen(column)));
        check_plan(plans[i].name, read_column(reading, column, 1));
        check_plan(plans[i].name, read_column(reading, column, 7));
    }
    assert_int_equal(reading->archive->use_count, 2); /* told once for all blueprints */
}

static void plans_in_json_name_their_plugins(void **state)
{
    static const char json[] =
        "{\"nodes\": [{\"name\": \"vm\", \"plugins\": [{\"name\": \"aws\", \"package_name\": "
        "\"cloudify-aws-plugin\", \"package_version\": \"2.3.0\"}, {\"name\": \"agent\", "
        "\"package_name\": null}]}], \"properties\": {\"package_name\": \"nginx\"}, "
        "\"workflow_plugins_to_install\": [{\"package_name\": \"cloudify-utilities-plugin\", "
        "\"package_version\": null}]}";
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct reading *reading = start(scope);

    (void)state;
    check_plan("JSON", read_column(reading, json, sizeof json));
    check_plan("JSON", read_column(reading, json, 1));
}

/* A plan that is cut, or that holds what cannot be read, is never half known. */
static void plans_that_cannot_be_read_are_not_known(void **state)
{
    static const char *const bad[] = {"",
                                      "null",
                                      "[]x",
                                      "{\"nodes\": [",
                                      "{\"nodes\": }",
                                      "\\",
                                      "\\x",
                                      "\\x8",
                                      "\\xzz",
                                      "\\y80",
                                      "\\x80024e2e" /* None */,
                                      "\\x80022e" /* nothing */,
                                      "\\x8005" /* a newer protocol */};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct reading *reading = start(scope);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        assert_false(read_column(reading, bad[i], 3)->known);
    }
    assert_false(read_column(reading, mem_printf(scope, "\\x%s", call), 64)->known);
    assert_false(read_column(reading, mem_printf(scope, "\\x%s", set), 64)->known);
    assert_true(read_column(reading, mem_printf(scope, "\\x%s", cycle), 64)->known);
    for (size_t i = 0; i < FERRY_COUNT(plans); i++) {
        char *column = mem_printf(scope, "\\x%s", plans[i].hex);
        for (size_t cut = strlen(column) - 1; cut > 0; cut--) {
            column[cut] = '\0';
            assert_false(read_column(reading, column, 4096)->known);
        }
    }
}

/* Every byte of a pickle changed in turn to each of some others: an answer, or none. */
static void damaged_pickles_do_no_harm(void **state)
{
    static const char other[] = {
        0,   1,   '(', '.',  'R',        'b',        'c',        'e',        'u',       's',
        'a', '1', '2', '\n', (char)0x81, (char)0x93, (char)0x94, (char)0x8b, (char)0xff};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t size = strlen(plans[2].hex) / 2;
    char *bytes = mem_array(scope, char, size);

    (void)state;
    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(plans[2].hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (char)value;
    }
    for (size_t i = 0; i < size; i++) {
        char kept = bytes[i];
        for (size_t k = 0; k < sizeof other; k++) {
            bytes[i] = other[k];
            struct pickle *pickle = pickle_read(scope, bytes, size);
            if (pickle != NULL) {
                uint32_t at = 0;
                pickle_value nodes = pickle_get(pickle, pickle_root(pickle), "nodes");
                (void)pickle_get(pickle, pickle_first(pickle, nodes, &at), "plugins");
            }
            mem_free(pickle);
        }
        bytes[i] = kept;
    }
}

/* One list named many times: small to write, endless to walk. */
static void a_pickle_that_repeats_itself_is_given_up(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct reading *reading = start(scope);
    struct buf column;

    (void)state;
    buf_init(&column, scope, 8 << 20);
    /* {"nodes": [n, n, n, ...]}; n = {"x": None, ...: many keys} */
    assert_true(buf_puts(&column, "\\x80027d55056e6f646573" /* dict, "nodes" */
                                  "5d28"                    /* list, mark */
                                  "7d7100" /* n, memo 0 */ "28"));
    for (int i = 0; i < 3000; i++) {
        assert_true(buf_puts(&column, "5501784e"));
    }
    assert_true(buf_puts(&column, "75"));
    for (int i = 0; i < 100000; i++) {
        assert_true(buf_puts(&column, "6800"));
    }
    assert_true(buf_puts(&column, "65732e"));
    assert_false(read_column(reading, buf_text(&column), 65536)->known);
}

static void columns_hold_texts_in_json_and_in_pickles(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t count = 0;

    (void)state;
    const char **texts = archive_plan_texts(scope, "[\"py27\", 3, \"py36\"]", &count);
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "py36");
    texts = archive_plan_texts(scope, "\"linux_x86_64\"", &count);
    assert_int_equal(count, 1);
    assert_string_equal(texts[0], "linux_x86_64");
    texts = archive_plan_texts(scope, "\\x80025d71005504707932377101612e", &count); /* ["py27"] */
    assert_int_equal(count, 1);
    assert_string_equal(texts[0], "py27");
    texts = archive_plan_texts(scope, "\\x8002550c6c696e75785f7838365f36342e", &count);
    assert_int_equal(count, 1);
    assert_string_equal(texts[0], "linux_x86_64");
    assert_null(archive_plan_texts(scope, "null", &count));
    assert_null(archive_plan_texts(scope, "\\x80024e2e", &count));
    assert_null(archive_plan_texts(scope, "{", &count));
    assert_null(archive_plan_texts(scope, NULL, &count));
    assert_int_equal(count, 0);
}

static void the_name_of_a_wagon_tells_what_it_runs_on(void **state)
{
    static const struct {
        const char *archive_name, *package, *version, *python, *platform, *distribution;
    } wagons[] = {
        {"cloudify_aws_plugin-2.3.0-py27-none-linux_x86_64-centos-Core.wgn", "cloudify-aws-plugin",
         "2.3.0", "py27", "linux_x86_64", "centos"},
        {"x-1.0-py2.py3-none-any.wgn", "x", "1.0", "py2", "any", NULL},
        {"tiny-1.1.0-cp36-cp36m-manylinux2014_aarch64.wgn", "tiny", "1.1.0", "cp36",
         "manylinux2014_aarch64", NULL},
        {"cloudify-dash-plugin-1.0-py311-none-any.wgn", "cloudify-dash-plugin", "1.0", "py311",
         "any", NULL},
        {"x-1.0.zip", NULL, NULL, NULL, NULL, NULL},
        {"a-b-c-d-e-f-g-h.wgn", NULL, NULL, NULL, NULL, NULL},
        {".wgn", NULL, NULL, NULL, NULL, NULL},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_archive *archive = mem_new(scope, struct cloudify_archive);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(wagons); i++) {
        struct cloudify_archive_plugin plugin = {.archive_name = wagons[i].archive_name};
        archive_read_wagon_name(archive, &plugin);
        if (wagons[i].package == NULL) {
            assert_null(plugin.version);
            assert_int_equal(plugin.python_count, 0);
            continue;
        }
        assert_string_equal(plugin.name, wagons[i].package);
        assert_string_equal(plugin.version, wagons[i].version);
        assert_string_equal(plugin.python[0], wagons[i].python);
        assert_string_equal(plugin.platform, wagons[i].platform);
        assert_true((plugin.distribution == NULL) == (wagons[i].distribution == NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_of_every_protocol_name_their_plugins),
        cmocka_unit_test(plans_in_json_name_their_plugins),
        cmocka_unit_test(plans_that_cannot_be_read_are_not_known),
        cmocka_unit_test(damaged_pickles_do_no_harm),
        cmocka_unit_test(a_pickle_that_repeats_itself_is_given_up),
        cmocka_unit_test(columns_hold_texts_in_json_and_in_pickles),
        cmocka_unit_test(the_name_of_a_wagon_tells_what_it_runs_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
