#!/usr/bin/env bash
# A run against each manager of the table in real time: the manager's delays as they were recorded,
# ferry with its own defaults. Takes minutes; the label is "real", and scripts/test leaves it out.
#
#   FERRY=... FERRY_PRACTICE=... FERRY_MAKE_WAGON=... real_timing.sh FOLDER [PROFILE...]
#
# All at once. FOLDER/PROFILE keeps events, status, ledger and what ferry printed. Prints a line for
# each: how long the restore was followed, and what was asked while it ran. Fails when a run does not
# end well, asks within its quiet period, or more than once in an interval of 5 s.
set -euo pipefail
# shellcheck source=tests/e2e/profiles.bash
source "$(dirname "$0")/profiles.bash"

if [[ $# -lt 1 ]]; then
  printf 'usage: real_timing.sh FOLDER [PROFILE...]\n' >&2
  exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
if [[ $# -eq 0 ]]; then set -- "${profiles[@]}"; fi

# What a run in real time must not set: intervals, quiet period and limits are ferry's own.
write_plain_yaml() {
  cat >upgrade.yaml <<END
manager:
  url: $url
  username: admin
  password: {file: new.pw}
  after_restore: {username: admin, password: {file: old.pw}}
snapshot: {file: a.zip, id: snap}
plugins: {accept_data_loss: ["6.0.1"]}
END
}

# summary PROFILE QUIET_MS: a line from the ledger and the events; false when a promise is broken.
summary() {
  jq -rn --arg profile "$1" --argjson quiet "$2" \
    --slurpfile ledger ledger.json --slurpfile events events.json --slurpfile exit exit.json '
    ([$events[0].events[] | select(.step == "poll_status" and (.kind | test("^step_")))
        | .at | sub("\\.[0-9]+Z$"; "Z") | fromdate]
      | if length < 2 then 0 else last - first end) as $followed
    | [$ledger[0].during_restore[] | .at_ms] as $at
    | [range(1; $at | length) | $at[.] - $at[. - 1]] as $gaps
    | [ (if $exit[0] == 0 then empty else "exit code \($exit[0])" end),
        (if all($at[]; . >= $quiet - 50) then empty else "asked in the quiet period" end),
        (if all($gaps[]; . >= 4900) then empty else "asked more than once in 5 s" end) ] as $broken
    | "\($profile): poll_status \($followed) s, \($at | length) requests during the restore, "
      + "first after \(($at[0] // 0) / 1000) s, least gap \(($gaps | min // 0) / 1000) s, "
      + "wrong passwords in a row \([$ledger[0].wrong_passwords[].most_in_a_row] | max // 0)"
      + (if $broken == [] then "" else ": " + ($broken | join(", ")) end),
    ($broken == [])' >summary
  head -n 1 summary
  [[ $(tail -n 1 summary) == true ]]
}

# in_real_time PROFILE: one run in FOLDER/PROFILE.
in_real_time() {
  local code=0 quiet=60000
  BATS_TEST_TMPDIR=$folder/$1
  rm -rf "$BATS_TEST_TMPDIR"
  mkdir -p "$BATS_TEST_TMPDIR"
  world
  trap teardown EXIT
  profile "$1"
  made "${made_options[@]}"
  practice "${practice_options[@]}" --time-scale 1
  tell '{"settings": {"seconds.migration": "120"}}' # a data base that is worth following
  write_plain_yaml
  "$FERRY" run upgrade.yaml -v >out 2>err 3>&- || code=$?
  printf '%d\n' "$code" >exit.json
  "$FERRY" events --json >events.json
  "$FERRY" status --json >status.json
  ask ledger >ledger.json
  case $version in 6.4.2 | 7.0.5) quiet=30000 ;; esac
  summary "$1" "$quiet"
}

pids=()
for name in "$@"; do
  (in_real_time "$name") &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit "$failed"
