#include <string.h>

#include "base/mem.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

void handle_deployment_list(struct request *request)
{
    list_reply(request, &list_deployments, NULL);
}

void handle_deployment_get(struct request *request)
{
    list_reply_one(request, &list_deployments, request->args[0]);
}

void handle_blueprint_list(struct request *request)
{
    list_reply(request, &list_blueprints, NULL);
}

void handle_blueprint_get(struct request *request)
{
    list_reply_one(request, &list_blueprints, request->args[0]);
}

void handle_node_list(struct request *request)
{
    list_reply(request, &list_nodes, NULL);
}

void handle_instance_list(struct request *request)
{
    list_reply(request, &list_instances, NULL);
}

void handle_instance_get(struct request *request)
{
    list_reply_one(request, &list_instances, request->args[0]);
}

void handle_agent_list(struct request *request)
{
    if (!request->practice->profile->agents_all_tenants) {
        request_drop_param(request, "_all_tenants");
    }
    list_reply(request, &list_agents, NULL);
}

void handle_agent_get(struct request *request)
{
    list_reply_one(request, &list_agent, request->args[0]);
}

void handle_agent_patch(struct request *request)
{
    const char *state = json_string_or(request->json, "state", "");
    int64_t seq = list_find(request, &list_agent, request->args[0]);
    const char *const *known = list_agents.values;
    if (seq == 0) {
        reply_not_found(request, "Agent", request->args[0]);
        return;
    }
    while (*known != NULL && strcmp(*known, state) != 0) {
        known++;
    }
    if (*known == NULL) {
        reply_error(request, 400, "bad_parameters_error", "Invalid agent state: `%s`.", state);
        return;
    }
    sql_do(request->practice->sql, "UPDATE agents SET state = ?, updated_at = ? WHERE seq = ?",
           "ssi", state, practice_now(request->practice, request), seq);
    list_write_row(request->practice, reply_json(request, 200), &list_agent, seq);
}

void handle_site_list(struct request *request)
{
    list_reply(request, &list_sites, NULL);
}

void handle_event_list(struct request *request)
{
    const char *logs = request_param(request, "include_logs");
    bool all =
        (logs != NULL && strcmp(logs, "true") == 0) || request_param(request, "type") != NULL;
    request_drop_param(request, "include_logs"); /* no column to be compared */
    list_reply(request, &list_events, all ? NULL : "t.type = 'cloudify_event'");
}

void handle_secret_list(struct request *request)
{
    list_reply(request, &list_secrets, NULL);
}
