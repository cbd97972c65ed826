#include "agent_rows.h"

#include "base/mem.h"

const char *list(struct lab *lab, const char *items, int total)
{
    return mem_printf(lab, "{\"items\":[%s],\"metadata\":{\"pagination\":{\"total\":%d}}}", items,
                      total);
}

const char *agent(struct lab *lab, const char *deployment, const char *instance, const char *state)
{
    return mem_printf(lab,
                      "{\"id\":\"%s\",\"node_instance_id\":\"%s\",\"deployment\":\"%s\","
                      "\"tenant_name\":\"acme\",\"version\":\"6.4.2\",\"state\":\"%s\","
                      "\"created_at\":\"2026-11-22T10:00:00.000Z\"}",
                      instance, instance, deployment, state);
}

const char *host(struct lab *lab, const char *deployment, const char *id, const char *state)
{
    return mem_printf(lab,
                      "{\"id\":\"%s\",\"host_id\":\"%s\",\"state\":\"%s\",\"deployment_id\":\"%s\","
                      "\"tenant_name\":\"acme\"}",
                      id, id, state, deployment);
}

const char *deployment(struct lab *lab, const char *id, const char *workflows)
{
    return mem_printf(lab, "{\"id\":\"%s\",\"tenant_name\":\"acme\",\"workflows\":[%s]}", id,
                      workflows);
}

void expand(struct lab *lab, const char *agents, const char *hosts, const char *deployments)
{
    lab_asks(lab, &lab->state->expand, "GET /api/v3.1/agents?_include=*");
    lab_gets(lab, 200, agents);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &lab->state->expand, "GET /api/v3.1/node-instances?_include=*");
    lab_gets(lab, 200, hosts);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &lab->state->expand, "GET /api/v3.1/deployments?_include=*");
    lab_gets(lab, 200, deployments);
    lab_says(lab, STATE_DONE, NULL);
}

void eligible_is(const struct lab *lab, const char *added, const char *skipped)
{
    assert_string_equal(json_print(lab->mem, lab->units_added), added);
    assert_string_equal(json_print(lab->mem, lab->units_skipped), skipped);
}

const char *new_agent(struct lab *lab, const char *deployment, const char *instance)
{
    return mem_printf(lab,
                      "{\"id\":\"%s_n\",\"node_instance_id\":\"%s\",\"deployment\":\"%s\","
                      "\"tenant_name\":\"acme\",\"version\":\"7.1.0-.dev1\",\"state\":\"started\","
                      "\"created_at\":\"2026-11-22T15:06:20.000Z\"}",
                      instance, instance, deployment);
}
