/* What is asked, byte for byte: paths, headers, bodies. */
#include "ferry_test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "cloudify/request.h"

static const struct cloudify_caller admin = {.who = HTTP_AS_BEFORE, .tenant = "acme"};

static const char *header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}

static void snapshot_status_is_asked_without_any_header(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_POST, "");

    (void)state;
    cloudify_ask_snapshot_status(request);
    assert_int_equal(request->method, HTTP_GET);
    assert_string_equal(request->path, "/api/v3.1/snapshot-status");
    assert_int_equal(request->credential, HTTP_ANONYMOUS);
    assert_int_equal(request->header_count, 0);
}

static void bypass_is_never_sent_without_a_user(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");
    struct cloudify_caller nobody = {.who = HTTP_ANONYMOUS, .bypass = true};
    struct cloudify_caller bypasser = {
        .who = HTTP_AS_AFTER, .tenant = "default_tenant", .bypass = true};

    (void)state;
    cloudify_ask_version(request, &nobody);
    assert_int_equal(request->header_count, 0);
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_ask_maintenance(request, &bypasser);
    assert_string_equal(header(request, "X-BYPASS-MAINTENANCE"), "1");
    assert_string_equal(header(request, "Tenant"), "default_tenant");
    assert_int_equal(request->credential, HTTP_AS_AFTER);
}

static void ids_are_escaped_in_paths(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_ask_snapshot(request, &admin, "bad id/../x?y");
    assert_string_equal(request->path, "/api/v3.1/snapshots/bad%20id%2F..%2Fx%3Fy");
    cloudify_ask_archive(request, &admin, "p\xc3\xa9");
    assert_string_equal(request->path, "/api/v3.1/snapshots/p%C3%A9/archive");
    assert_int_equal(request->method, HTTP_HEAD);
}

static void list_has_every_part_in_its_query(void **state)
{
    static const char *const ids[] = {"a", "b&c"};
    static const struct cloudify_pair pairs[] = {{"workflow_id", "install"}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_ask_list(request, &admin,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status",
                                              .sort = "-created_at",
                                              .then_sort = "id",
                                              .all_tenants = true,
                                              .system_workflows = true,
                                              .size = 1000,
                                              .offset = 2000,
                                              .filter = "id",
                                              .values = ids,
                                              .value_count = 2,
                                              .pairs = pairs,
                                              .pair_count = 1});
    assert_string_equal(request->path,
                        "/api/v3.1/executions?id=a&id=b%26c&workflow_id=install"
                        "&_include=id%2Cstatus&_sort=-created_at&_sort=id&_all_tenants=true"
                        "&_include_system_workflows=true&_size=1000&_offset=2000");
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_ask_list(request, &admin, &(struct cloudify_list){.resource = "agents"});
    assert_string_equal(request->path, "/api/v3.1/agents");
}

static void eighty_ids_fit_into_a_request_line_and_many_more_do_not(void **state)
{
    const char *ids[200];
    struct cloudify_list list = {.resource = "executions",
                                 .include = "id,status,error",
                                 .filter = "id",
                                 .values = ids,
                                 .value_count = CLOUDIFY_IDS_MAX,
                                 .all_tenants = true,
                                 .size = CLOUDIFY_PAGE};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(ids); i++) {
        ids[i] = "7d3c1d0e-5f5a-4b7e-9d55-0a4f2f3f0001";
    }
    assert_true(cloudify_list_fits(&list));
    list.value_count = 200;
    assert_false(cloudify_list_fits(&list));
}

static void archive_is_streamed_from_its_file(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_put_archive(request, &admin, "prod", "/backup/prod.zip", 184983);
    assert_int_equal(request->method, HTTP_PUT);
    assert_string_equal(request->path, "/api/v3.1/snapshots/prod/archive");
    assert_string_equal(request->content_type, "application/octet-stream");
    assert_string_equal(request->body_file, "/backup/prod.zip");
    assert_int_equal(request->body_size, 184983);
    assert_null(request->body);
}

static void archive_url_goes_into_the_query_and_nothing_into_the_body(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_put_archive_url(request, &admin, "prod", "http://store/a b.zip?x=1");
    assert_string_equal(request->path, "/api/v3.1/snapshots/prod/archive?snapshot_archive_url="
                                       "http%3A%2F%2Fstore%2Fa%20b.zip%3Fx%3D1");
    assert_null(request->body);
    assert_null(request->body_file);
    assert_null(request->content_type);
}

static void maintenance_is_switched_without_a_body(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_post_maintenance(request, &admin, true);
    assert_string_equal(request->path, "/api/v3.1/maintenance/activate");
    assert_int_equal(request->method, HTTP_POST);
    assert_null(request->body);
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_post_maintenance(request, &admin, false);
    assert_string_equal(request->path, "/api/v3.1/maintenance/deactivate");
}

static void restore_always_says_force_and_old_managers_get_what_they_require(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_post_restore(request, &admin, "prod", &(struct cloudify_restore){.no_reboot = true});
    assert_string_equal(request->path, "/api/v3.1/snapshots/prod/restore");
    assert_string_equal(request->content_type, "application/json");
    assert_string_equal(request->body,
                        "{\"force\":false,\"restore_certificates\":false,\"no_reboot\":false}");
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_post_restore(
        request, &admin, "prod",
        &(struct cloudify_restore){
            .force = true, .certificates = true, .no_reboot = true, .recreate_envs = true});
    assert_string_equal(request->body,
                        "{\"force\":true,\"restore_certificates\":true,\"no_reboot\":true,"
                        "\"recreate_deployments_envs\":true}");
}

static void execution_may_carry_our_id(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");
    struct json *parameters = json_object(scope);

    (void)state;
    json_set_int(parameters, "install_agent_timeout", 30);
    cloudify_post_execution(request, &admin,
                            &(struct cloudify_start){.id = "my-own-id",
                                                     .deployment = "dep-host-1",
                                                     .workflow = "install_new_agents",
                                                     .parameters = parameters});
    assert_string_equal(request->body,
                        "{\"id\":\"my-own-id\",\"deployment_id\":\"dep-host-1\",\"workflow_id\":"
                        "\"install_new_agents\",\"parameters\":{\"install_agent_timeout\":30},"
                        "\"allow_custom_parameters\":true}");
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_post_execution(
        request, &admin,
        &(struct cloudify_start){.deployment = "d", .workflow = "install_new_agents"});
    assert_string_equal(request->body,
                        "{\"deployment_id\":\"d\",\"workflow_id\":\"install_new_agents\","
                        "\"allow_custom_parameters\":true}");
    assert_string_equal(header(request, "Tenant"), "acme");
}

static void plugins_are_uploaded_with_and_without_our_id(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_post_plugin(request, &admin,
                         &(struct cloudify_plugin_upload){.id = "u-1",
                                                          .visibility = "global",
                                                          .title = "Tiny 2",
                                                          .file = "/p/tiny.zip",
                                                          .size = 3254});
    assert_string_equal(request->path, "/api/v3.1/plugins?visibility=global&title=Tiny%202&id=u-1");
    assert_int_equal(request->body_size, 3254);
    assert_string_equal(request->body_file, "/p/tiny.zip");
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_post_plugin(request, &admin,
                         &(struct cloudify_plugin_upload){.file = "/p/tiny.zip", .size = 3254});
    assert_string_equal(request->path, "/api/v3.1/plugins?visibility=tenant");
}

static void plugins_update_is_a_post_with_its_choices(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");
    struct json *body = json_object(scope);

    (void)state;
    json_set_bool(body, "all_to_latest", true);
    cloudify_post_plugins_update(request, &admin, "bp-tiny", body, false);
    assert_int_equal(request->method, HTTP_POST);
    assert_string_equal(request->path, "/api/v3.1/plugins-updates/bp-tiny/update/initiate");
    assert_string_equal(request->body, "{\"all_to_latest\":true}");
    assert_string_equal(request->content_type, "application/json");
    request = http_request_new(scope, HTTP_GET, "");
    cloudify_post_plugins_update(request, &admin, "bp", json_object(scope), true);
    assert_string_equal(request->path, "/api/v3.1/plugins-updates/bp/update/initiate?force=true");
    assert_string_equal(request->body, "{}");
}

static void kill_is_one_action_on_one_execution(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "");

    (void)state;
    cloudify_post_kill(request, &admin, "c739b82c-bd9b");
    assert_int_equal(request->method, HTTP_POST);
    assert_string_equal(request->path, "/api/v3.1/executions/c739b82c-bd9b");
    assert_string_equal(request->body, "{\"action\":\"kill\"}");
    assert_string_equal(request->content_type, "application/json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_status_is_asked_without_any_header),
        cmocka_unit_test(bypass_is_never_sent_without_a_user),
        cmocka_unit_test(ids_are_escaped_in_paths),
        cmocka_unit_test(list_has_every_part_in_its_query),
        cmocka_unit_test(eighty_ids_fit_into_a_request_line_and_many_more_do_not),
        cmocka_unit_test(archive_is_streamed_from_its_file),
        cmocka_unit_test(archive_url_goes_into_the_query_and_nothing_into_the_body),
        cmocka_unit_test(maintenance_is_switched_without_a_body),
        cmocka_unit_test(restore_always_says_force_and_old_managers_get_what_they_require),
        cmocka_unit_test(execution_may_carry_our_id),
        cmocka_unit_test(plugins_are_uploaded_with_and_without_our_id),
        cmocka_unit_test(plugins_update_is_a_post_with_its_choices),
        cmocka_unit_test(kill_is_one_action_on_one_execution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
