#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "practice/auth.h"

/* The part of authorization.conf that matters here; what is not listed is for sys_admins. */
static const struct {
    const char *action;
    const char *roles;
} rules[] = {
    {"execution_start", "manager user operations"},
    {"execution_cancel", "manager user operations"},
    {"plugin_upload", "manager user"},
    {"plugin_delete", "manager user"},
    {"plugins_update_create", "manager user"},
    {"agent_update", "manager user operations"},
};

static const char *const read_for_all[] = {
    "execution_list",     "execution_get",
    "deployment_list",    "deployment_get",
    "blueprint_list",     "blueprint_get",
    "node_list",          "node_instance_list",
    "node_instance_get",  "agent_list",
    "agent_get",          "execution_schedule_list",
    "event_list",         "execution_schedule_get",
    "plugin_list",        "plugin_get",
    "plugin_download",    "plugins_update_list",
    "plugins_update_get", "secret_list",
};

bool auth_role_may(const char *role, const char *action)
{
    for (size_t i = 0; i < FERRY_COUNT(read_for_all); i++) {
        if (strcmp(read_for_all[i], action) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < FERRY_COUNT(rules); i++) {
        if (strcmp(rules[i].action, action) == 0) {
            return strstr(rules[i].roles, role) != NULL;
        }
    }
    return false;
}
