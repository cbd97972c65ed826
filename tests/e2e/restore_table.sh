#!/usr/bin/env bash
# The restore as managers behave: every row of restore_rows.bash on one manager, as a table.
#
#   FERRY=... FERRY_PRACTICE=... FERRY_MAKE_WAGON=... restore_table.sh [--write] PROFILE [ROW...]
#
# Each row ends in a line: profile, row, section of the facts, exit code, what the manager's ledger
# says of its restores, the message, the next step. The lines of the profile must be those of
# restore_table.txt; --write puts them there. Beside that, whatever the row is:
#   - never more than three wrong passwords of one user in a row;
#   - nothing is asked in the quiet period after a restore was told, and at most once in an interval
#     while it runs;
#   - no archive takes effect twice.
# Times of the manager are a hundredth; quiet period and interval are those of its version, likewise.
# shellcheck disable=SC2317 # much of it is called by rows, by name
set -euo pipefail
# shellcheck source=tests/e2e/profiles.bash
source "$(dirname "$0")/profiles.bash"
# shellcheck source=tests/e2e/restore_rows.bash
source "$BATS_TEST_DIRNAME/restore_rows.bash"

golden=$BATS_TEST_DIRNAME/restore_table.txt
width=5 # rows at once: they wait more than they work
write=
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
if [[ $# -lt 1 ]]; then
  printf 'usage: restore_table.sh [--write] PROFILE [ROW...]\n' >&2
  exit 2
fi
name=$1
shift
if [[ -n $write && $# -gt 0 ]]; then
  printf 'restore_table.sh: --write wants all rows of the profile\n' >&2
  exit 2
fi
profile "$name"
for tool in jq zip unzip openssl; do
  type -P "$tool" >/dev/null || skip "$tool is not installed"
done
PATH=$PATH:/usr/sbin type -P nginx >/dev/null || skip "nginx is not installed"

# --- what a row may ask and set ---

below() { [[ $version != "$1" && $(printf '%s\n' "$version" "$1" | sort -V | head -n 1) == "$version" ]]; }

# here WORD...: can this manager have the row? legacy, new, premium, from-VERSION, before-VERSION.
here() {
  local word
  for word in "$@"; do
    case $word in
      legacy) [[ $name != *-new ]] ;;
      new) [[ $name == *-new ]] ;;
      premium) [[ " ${practice_options[*]} " == *' --premium '* ]] ;;
      from-*) ! below "${word#from-}" ;;
      before-*) below "${word#before-}" ;;
      *) false ;;
    esac || {
      elsewhere=yes
      return 1
    }
  done
}

# Scaled by a hundred, as the manager's times are; the intervals are a little longer than that.
if below 5.0.5; then width=10; fi # without a flag to ask, ferry waits for long
quiet_ms=600
if ! below 6.2.0; then quiet_ms=300; fi
poll_ms=50
made_as() { made "${made_options[@]}" "$@"; }
set_after() { after=$1; }
setting() {
  practice_up
  tell "$1"
}
broken() { printf '%s\n' "$*" >>broken.txt; }

sed_metadata() {
  unzip -q a.zip metadata.json
  sed -i "$1" metadata.json
  zip -qu a.zip metadata.json
}

practice_up() {
  if [[ -n ${practice_pid:-} ]]; then return; fi
  practice --time-scale 0.01 --restored-password "${restored_password:-oldpw}" \
    "${practice_options[@]}"
  second_url=
  if [[ " ${practice_options[*]} " == *' --nodes 2'* ]]; then
    until_true 20 second_is_ready
    url=$(sed -n '1s/^ready //p' ready)
    second_url=$(sed -n '2s/^ready //p' ready)
  fi
  # a data base that takes longer than the quiet period
  tell '{"settings": {"seconds.migration": "60"}}'
}
second_is_ready() { [[ $(grep -c '^ready ' ready) -eq 2 ]]; }

write_row_yaml() {
  local after_line=
  if [[ -n $after ]]; then after_line="  after_restore: {$after}"; fi
  cat >upgrade.yaml <<END
manager:
  url: ${second_url:+[}$manager_url${second_url:+, $other_url]}
  username: $user
  $credential
$after_line
$more_yaml
snapshot: {$source, id: snap}
restore: {quiet: $((quiet_ms + 100))ms, poll: $((poll_ms + 10))ms, timeout: ${restore_timeout:-40s}}
maintenance: {poll: 20ms, timeout: 1s}
agents: {poll: 20ms}
plugins: {poll: 20ms, accept_data_loss: ["6.0.1"]}
limits: {requests_per_second: ${requests_per_second:-1000}, settle: 250ms}
END
}

# carry COMMAND...: ferry, to the end of the row or to a stop on the way to it.
carry() {
  code=0
  timeout 100 "$FERRY" "$@" >out 2>err 3>&- || code=$?
}
# go [OPTION...]: a new run.
go() {
  practice_up
  manager_url=${first_url:-$url} other_url=$second_url
  write_row_yaml
  carry run upgrade.yaml "$@"
}
# again [OPTION...]: what a person does after a stop or a failure.
again() {
  if "$FERRY" status --json 2>/dev/null | jq -e '.state == "failed"' >/dev/null; then
    "$FERRY" retry upgrade-1 --failed >out 2>err || true
  fi
  carry resume "$@"
}
# by_url: the manager fetches a.zip itself, and ferry cannot look into it.
by_url() {
  mkdir served
  cp a.zip served/
  chmod -R a+rX served
  web_server "location / { root $PWD/served; }"
  # shellcheck disable=SC2034 # written into the file
  source="url: $nginx_url/a.zip"
  go
}

# --- a row ---

# What differs from run to run.
plain() {
  sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?/TIME/g' \
    -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/ID/g' \
    -e 's#(https?://)?127\.0\.0\.1:[0-9]+#MANAGER#g' -e "s#$PWD#FOLDER#g" \
    -e 's/[0-9]+(\.[0-9]+)? (ms|s|min)\b/N \2/g' -e 's/[0-9]+(ms|s)\b/N\1/g' -e 's/[0-9]+ bytes/N bytes/g' -e 's/  +/ /g' |
    tr '\n' ' ' | sed -E 's/ +$//; s/\|/;/g'
}
# What most of them are warned of, whatever the row is about: versions that nobody tested, checks of
# the plan that cannot tell, more requests a second than a manager of 7.0 serves, certificates of a
# month.
usual='was not tested by the makers
checks that cannot tell
serves 10 requests a second to all its clients
renew the manager'"'"'s certificate'
# What a good run has to say: how the restore ended, warnings, what is left to do.
good_words() {
  "$FERRY" events --json | jq -r '.events[] | select(.text != null)
    | if .kind == "unit_done" and .step == "poll_status" then .text
      elif .kind == "unit_done" and .step == "maintenance_deactivate" then .text
      elif .step == "compare" and (.text | test("warning")) then .text
      elif .kind == "step_skipped" and .step == "maintenance_activate" then .text
      else empty end'
  sed -nE 's/^[0-9TZ:.-]+ (.* )?warning: /warning: /p' err | grep -v -F "$usual" || true
  sed -E '/^(run|upgrade of|COMPARED|[a-z_]+ +[0-9]|errors|$)/d' out
}
message() {
  if [[ $code -eq 0 ]]; then good_words; else sed -n 's/^ferry: //p' err; fi | plain
}
next_step() { sed -n 's/^ *next: //p' err | plain; }

# The promises that hold in every row.
check_promises() {
  local wrong
  ask ledger >ledger.json || return 0
  wrong=$(jq -r --argjson quiet "$quiet_ms" --argjson poll "$poll_ms" --arg row "$1" '
    [.wrong_passwords | to_entries[] | select(.value.most_in_a_row > 3)
      | "\(.value.most_in_a_row) wrong passwords of \(.key) in a row"]
    + [.during_restore | group_by(.restore)[] | [.[] | select(.path | test("/practice") | not) | .at_ms]
      | (.[0] // empty | select(. < $quiet) | "asked \(.) ms after the restore was told"),
        (. as $at | range(1; length) | $at[.] - $at[. - 1] | select(. < $poll)
          | "asked twice within \(.) ms")]
    + [.restores | map(select(.status == "terminated")) | group_by(.snapshot_id)[]
      | select(length > 1) | "restored \(length) times"]
    | unique | .[]' ledger.json)
  if [[ -n $wrong ]]; then broken "$wrong"; fi
}

# one ROW FACTS: the row in a folder of its own; its line, if this manager can have it, is in "line".
one() {
  BATS_TEST_TMPDIR=$base/$1
  mkdir "$BATS_TEST_TMPDIR"
  world
  trap teardown EXIT
  cp "$base/good.zip" a.zip
  user=admin credential='password: {file: new.pw}' source='file: a.zip' more_yaml='' elsewhere=
  after='username: admin, password: {file: old.pw}' last_password=old.pw
  if [[ $name == *-new ]]; then last_password=new.pw; fi
  "row_$1"
  if [[ -n $elsewhere ]]; then return; fi
  check_promises "$1"
  local restores
  restores=$(jq -r '[.restores[].status] | if . == [] then "none" else join(" ") end
    | gsub("(?<a>failed )+"; "failed ")' ledger.json)
  printf '%s | %s | %s | %s | %s | %s | %s\n' "$name" "$1" "$2" "$code" "$restores" \
    "$(message)" "$(next_step)" >line
}

# --- the table ---

base=$(mktemp -d "${TMPDIR:-/tmp}/ferry-table-XXXXXX")
chmod 755 "$base"
trap 'if [[ -n ${FERRY_KEEP:-} ]]; then printf "kept: %s\n" "$base"; else rm -rf "$base"; fi' EXIT
(
  cd "$base"
  made "${made_options[@]}" && mv a.zip good.zip
  made "${made_options[@]}" --seed 7 --deployments 2 --agents 2 \
    --admin-password admin && mv a.zip other.zip
)
chosen=" $* "
declare -a order=() running=()
while IFS='|' read -r row facts; do
  row=${row// /} facts=${facts# }
  if [[ -z $row || ($chosen != '  ' && $chosen != *" $row "*) ]]; then continue; fi
  while [[ $(jobs -rp | wc -l) -ge $width ]]; do wait -n || true; done
  (one "$row" "$facts") >"$base/$row.log" 2>&1 &
  order+=("$row") running+=($!)
done <<<"$rows"

failed=0
for i in "${!order[@]}"; do
  row=${order[$i]}
  if ! wait "${running[$i]}"; then
    printf 'the row %s did not come to its end:\n' "$row"
    tail -n 20 "$base/$row.log"
    failed=1
  fi
  if [[ -s $base/$row/broken.txt ]]; then
    printf 'broken in %s %s: %s\n' "$name" "$row" "$(tr '\n' ';' <"$base/$row/broken.txt")"
    failed=1
  fi
  if [[ -s $base/$row/line ]]; then cat "$base/$row/line"; fi
done >"$base/said"
grep "^$name | " "$base/said" >"$base/have" || true
grep -v "^$name | " "$base/said" || true

if [[ -n $write ]]; then
  touch "$golden"
  { grep -v "^$name | " "$golden" || true; cat "$base/have"; } >"$base/golden"
  cp "$base/golden" "$golden"
elif [[ $chosen != '  ' ]]; then
  cat "$base/have"
elif ! diff <(grep "^$name | " "$golden") "$base/have"; then
  printf 'the table of %s is not that of %s (<); to accept it: restore_table.sh --write %s\n' \
    "$name" "$golden" "$name"
  failed=1
fi
printf '%s: %d rows\n' "$name" "$(wc -l <"$base/have")"
exit "$failed"
