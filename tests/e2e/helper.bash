# What the tests of the installed program share: a folder, a practice manager, ferry, and the ledger.
#
# Every test has a folder of its own (it is the working directory), a journal in it, and a practice
# manager on a free port. FERRY, FERRY_PRACTICE and FERRY_MAKE_WAGON name the programs.
# shellcheck shell=bash
bats_require_minimum_version 1.5.0
: "${FERRY:?path of ferry}" "${FERRY_PRACTICE:?path of ferry-practice}" "${FERRY_MAKE_WAGON:?path of make-wagon}"
source_dir=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export source_dir

# world: the folder, the passwords, upgrade.yaml. Call it from setup.
world() {
  cd "$BATS_TEST_TMPDIR" || return 1
  export FERRY_JOURNAL=$PWD/journal.db
  unset XDG_STATE_HOME CFY_WORKDIR http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
  export HOME=$PWD no_proxy='*'
  : >pids
  printf admin >new.pw
  printf oldpw >old.pw
  chmod 600 new.pw old.pw
  url=http://127.0.0.1:1
  write_yaml
}

# write_yaml [LINE...]: upgrade.yaml with intervals for a manager without delays; further lines are
# added at the end.
write_yaml() {
  cat >upgrade.yaml <<END
manager:
  url: $url
  username: admin
  password: {file: new.pw}
  after_restore: {username: admin, password: {file: old.pw}}
snapshot: {file: a.zip, id: snap}
restore: {quiet: 10ms, poll: 10ms, timeout: 60s}
maintenance: {poll: 10ms}
limits: {requests_per_second: 5000, settle: 250ms}
END
  if [[ $# -eq 0 ]]; then set -- 'agents: {poll: 10ms}' 'plugins: {poll: 10ms}'; fi
  printf '%s\n' "$@" >>upgrade.yaml
}

# made [OPTION...]: a.zip, whose admin has the password of old.pw.
made() {
  "$FERRY_PRACTICE" make-archive a.zip --admin-password oldpw "$@" >made.out
}

# Ends what this test has started, and only that.
teardown() {
  local pid
  while read -r pid; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done <"$BATS_TEST_TMPDIR/pids"
}

# until_true SECONDS COMMAND...: asks again every 10 ms until the command succeeds; gives up early
# when a ferry in the background has ended.
until_true() {
  local deadline=$((SECONDS + $1)) last=
  shift
  until "$@" >/dev/null 2>&1; do
    if [[ $SECONDS -ge $deadline || -n $last ]]; then
      printf 'this was not seen in time: %s\n' "$*"
      if [[ -s err ]]; then tail -n 20 err; fi
      return 1
    fi
    if [[ -n ${ferry_pid:-} ]] && ! kill -0 "$ferry_pid" 2>/dev/null; then last=1; fi
    sleep 0.01
  done
}

# --- the practice manager ---

is_ready() { grep -q '^ready ' ready; }

# practice [OPTION...]: starts one on "manager", sets url and practice_pid.
practice() {
  : >ready
  "$FERRY_PRACTICE" --listen "127.0.0.1:${port:-0}" --data manager --time-scale 0 \
    --restored-password oldpw "$@" >ready 2>>practice.err 3>&- &
  practice_pid=$!
  printf '%s\n' "$practice_pid" >>pids
  until_true 20 is_ready
  url=$(sed -n 's/^ready //p' ready)
  port=${url##*:}
}

practice_ends() {
  kill -KILL "$practice_pid"
  wait "$practice_pid" 2>/dev/null || true
}

curl_() { curl -sS --max-time 20 --cacert "${ca:-/dev/null}" "$@"; }
ask() {
  curl_ "$url/practice/$1" || {
    printf 'the practice manager does not answer; it said: %s\n' "$(tail -n 5 practice.err)" >&2
    kill -0 "$practice_pid" 2>/dev/null || { wait "$practice_pid"; echo "it ended with $?" >&2; }
    return 1
  }
}
# set JSON: what a test may tell the manager; see src/practice/routes_practice.c.
tell() { curl_ -f -H 'Content-Type: application/json' -d "$1" "$url/practice/set" >/dev/null; }
faults() { curl_ -f -H 'Content-Type: application/json' -d "$1" "$url/practice/faults" >/dev/null; }
# manager PATH [PASSWORD]: what the manager itself answers to its admin.
manager() {
  curl_ -u "admin:${2:-oldpw}" -H 'Tenant: default_tenant' -H 'X-BYPASS-MAINTENANCE: 1' \
    "$url/api/v3.1/$1"
}

# is EXPRESSION FILE: is it true of this document? Says so if not.
is() {
  if ! jq -e "$1" "$2" >/dev/null; then
    printf 'not true of %s: %s\n' "$2" "$1"
    jq -c . "$2" | cut -c1-2500
    return 1
  fi
}
# ledger EXPRESSION: is it true of what took effect?
ledger() {
  ask ledger >ledger.json
  is "$1" ledger.json
}
# What took effect, without what differs from run to run.
effects() {
  ask ledger | jq -S '{uploads, activations, deactivations, executions, plugins, plugins_updates,
    plugins_updates_unchanged, plugins_deleted, snapshots_deleted, execution_actions,
    restores: [.restores[] | {snapshot_id, status}]}'
}
# Requests by the manager's log: method, path and status.
requests() { ask "requests?after=${1:-0}" | jq -c '.requests[] | [.method, .path, .status]'; }
changing_requests() { ask requests | jq '[.requests[] | select(.method | IN("GET", "HEAD") | not)] | length'; }
# under_way METHOD PATH: is such a request being served just now?
under_way() {
  ask requests | jq -e --arg method "$1" --arg path "$2" \
    'any(.requests[]; .status == -1 and .method == $method and (.path | test($path)))'
}

# --- ferry ---

# ferry CODE ARGUMENT...: runs it to its end and wants that exit code; out and err hold what it said.
ferry() {
  local want=$1 code=0
  shift
  timeout 60 "$FERRY" "$@" >out 2>err 3>&- || code=$?
  if [[ $code -ne $want ]]; then
    printf 'ferry %s: exit code %d, not %d\n' "$*" "$code" "$want"
    tail -n 30 out err
    return 1
  fi
}
# run_ CODE [ARGUMENT...]: a new run on the practice manager.
run_() {
  local want=$1
  shift
  ferry "$want" run upgrade.yaml --manager "$url" "$@"
}
# start ARGUMENT...: ferry in the background, as ferry_pid.
start() {
  "$FERRY" "$@" >out 2>err 3>&- &
  ferry_pid=$!
  printf '%s\n' "$ferry_pid" >>pids
}
# ended CODE: waits for what start has started and wants that exit code.
ended() {
  local code=0
  wait "$ferry_pid" || code=$?
  ferry_pid=
  if [[ $code -ne $1 ]]; then
    printf 'ferry ended with %d, not %d\n' "$code" "$1"
    tail -n 30 out err
    return 1
  fi
}
# killed: SIGKILL to what start has started, which must still be running.
killed() {
  kill -KILL "$ferry_pid"
  local code=0
  wait "$ferry_pid" 2>/dev/null || code=$?
  ferry_pid=
  [[ $code -eq 137 ]]
}

# says TEXT, hints TEXT: extended expressions on the message and on the next step in err.
says() {
  if ! grep -E '^ferry: ' err | grep -qE -- "$1"; then
    printf 'no message says: %s\n' "$1"
    cat err
    return 1
  fi
}
hints() {
  if ! grep -E '^ +next: ' err | grep -qE -- "$1"; then
    printf 'no hint says: %s\n' "$1"
    cat err
    return 1
  fi
}

# status EXPRESSION [RUN]: is it true of ferry status --json?
status() {
  "$FERRY" status ${2:+"$2"} --json >status.json 2>status.err || {
    cat status.err
    return 1
  }
  is "$1" status.json
}
step_state() { printf '(.steps[] | select(.name == "%s") | .state == "%s")' "$1" "$2"; }

# --- what must be true at the end ---

# carried [ARCHIVE]: the ledger holds every effect of an upgrade with this archive once, and the
# manager holds what the practice manager's own reader found in it. Plugins uploaded by the run are
# named in $plugins as a JSON object.
carried() {
  local archive=${1:-a.zip}
  "$FERRY_PRACTICE" describe --json "$archive" >described.json
  ask ledger >ledger.json
  jq -n --slurpfile ledger ledger.json --slurpfile archive described.json \
    --argjson plugins "${plugins:-{\}}" '
    $ledger[0] as $l | $archive[0] as $a
    | def by_tenant: [keys[] | split("/")[0]] | group_by(.) | map({(.[0]): length}) | add // {};
      def wanted($what): [$a.tenants | to_entries[] | select(.value[$what] > 0)
        | {(.key): .value[$what]}] | add // {};
      ($l.executions.install_new_agents // {}) as $agents
    | ($l.plugins_updates + $l.plugins_updates_unchanged) as $updates
    | { "the snapshot once": ($l.uploads == {"snap": 1}),
        "maintenance on and off once": ($l.activations == 1 and $l.deactivations == 1),
        "one restore, completed": ($l.restores | length == 1 and .[0].status == "terminated"),
        "new agents once each": ($agents | all(.[]; . == 1)),
        "plugins uploaded": ($l.plugins == $plugins),
        "plugins updated once each": ([$l.plugins_updates, $l.plugins_updates_unchanged]
          | all(.[]; all(.[]; . == 1))),
        "no blueprint twice": (($l.plugins_updates | keys)
          - (($l.plugins_updates | keys) - ($l.plugins_updates_unchanged | keys)) == []),
        "the blueprints of the archive": (($updates | by_tenant) == wanted("blueprints")),
        "no other workflow": (($l.executions | keys) - ["install_new_agents", "update"] == []),
        "nothing deleted": ($l.plugins_deleted == {} and $l.snapshots_deleted == {}
          and $l.execution_actions == {}) }
    | to_entries | map(select(.value | not) | .key)' >broken.json
  if [[ $(jq length broken.json) -ne 0 ]]; then
    printf 'broken: %s\n' "$(jq -c . broken.json)"
    jq -c 'del(.requests_by)' ledger.json
    return 1
  fi
}
# agents_of_made: in a made archive every deployment with a host gets new agents.
agents_of_made() {
  ask ledger | jq -e --slurpfile archive <("$FERRY_PRACTICE" describe --json a.zip) '
    ([.executions.install_new_agents // {} | keys[] | split("/")[0]] | group_by(.)
      | map({(.[0]): length}) | add // {})
    == ([$archive[0].tenants | to_entries[] | select(.value.deployments_for_new_agents > 0)
      | {(.key): .value.deployments_for_new_agents}] | add // {})' >/dev/null
}

# --- a web server in front ---

# A port on which nobody listens just now.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    if ! (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
}

# web_server SERVER [LISTEN]: an nginx of our own with these lines in its server block; sets nginx_url
# and nginx_pid. LISTEN is what follows the port, e.g. "ssl". Skips the test where there is none.
web_server() {
  local try program
  program=$(PATH=$PATH:/usr/sbin type -P nginx) || skip "nginx is not installed"
  mkdir -p nginx
  local user=
  if [[ $(id -u) -eq 0 ]]; then user='user root;'; fi
  for try in 1 2 3 4 5; do
    nginx_port=${nginx_port:-$(free_port)}
    cat >nginx.conf <<END
daemon off;
$user
worker_processes 1;
pid $PWD/nginx/pid;
error_log $PWD/nginx/error.log info;
events { worker_connections 256; }
http {
  access_log $PWD/nginx/access.log;
  client_body_temp_path $PWD/nginx/body;
  proxy_temp_path $PWD/nginx/proxy;
  fastcgi_temp_path $PWD/nginx/fastcgi;
  uwsgi_temp_path $PWD/nginx/uwsgi;
  scgi_temp_path $PWD/nginx/scgi;
  ${nginx_http:-}
  server {
    listen 127.0.0.1:$nginx_port ${2:-};
    $1
  }
}
END
    "$program" -p "$PWD/nginx" -c "$PWD/nginx.conf" 2>>nginx/start.log 3>&- &
    nginx_pid=$!
    printf '%s\n' "$nginx_pid" >>pids
    if until_true 5 nginx_listens; then
      nginx_url=${2:+https}${2:-http}
      nginx_url=${nginx_url/%ssl/}://127.0.0.1:$nginx_port
      return
    fi
    nginx_port=
  done
  echo "nginx did not start, $try times"
  cat nginx/start.log
  return 1
}
nginx_listens() { kill -0 "$nginx_pid" && (exec 9<>"/dev/tcp/127.0.0.1/$nginx_port"); }
