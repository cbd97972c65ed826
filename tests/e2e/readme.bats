#!/usr/bin/env bats
# README.md is run: its upgrade.yaml, and every command in a fence "sh run", in the order in which
# they stand there. Only where things lie is replaced: the manager's address, the files. At the end
# scripts/check-readme looks whether any promised command was left out.
# shellcheck disable=SC2154,SC2034,SC2016 # variables of helper.bash; of jq and nginx
load helper

setup() { world; }

# The YAML block of README.md, with the places of this test.
its_yaml() {
  awk '/^```yaml/ && !seen++ { inside = 1; next } /^```/ { inside = 0 } inside' "$source_dir/README.md" |
    sed "s|https://new.example:443|$url|; s|/run/secrets|$PWD/secrets|; s|/etc/ferry/ca.pem|$PWD/ca.pem|
      s|/backup|$PWD/backup|"
}

# The same for its backup.yaml: the block in which backup: has lines of its own.
its_backup_yaml() {
  awk '/^```yaml/ { inside = 1; text = ""; next }
    /^```/ { if (inside && text ~ /\nbackup:\n/) printf "%s", text; inside = 0 }
    inside { text = text $0 "\n" }' "$source_dir/README.md" |
    sed "s|https://old.example:443|$url|; s|/run/secrets|$PWD/secrets|; s|/etc/ferry/ca.pem|$PWD/ca.pem|
      s|/backup|$PWD/backup|"
}

# scripts/demo is a test of its own (e2e_demo), which leaves its mark when it has passed;
# scripts/test is what runs this file in CI: from inside itself it is only looked at.
by_others() {
  case $1 in
  scripts/demo)
    if [[ -z ${FERRY_DEMO_PASSED:-} ]]; then return 0; fi
    [[ -e $FERRY_DEMO_PASSED ]]
    ;;
  scripts/test)
    "$source_dir/scripts/test" --help >help.out
    grep -q -- '--quick' help.out
    grep -q 'scripts/test' "$source_dir/.ci/run"
    ;;
  scripts/package)
    # tests/package does so, and installs what comes of it.
    "$source_dir/scripts/package" --help >help.out
    grep -q 'scripts/package" "$made_dir"' "$source_dir/tests/package/package.bats"
    ;;
  *)
    return 1
    ;;
  esac
  printf '%s\n' "$1" >>ran
}

@test "every command of README.md works, in its order" {
  mkdir -p bin secrets backup/plugins
  ln -s "$FERRY" bin/ferry
  PATH=$PWD/bin:$PATH
  printf admin >secrets/new
  printf oldpw >secrets/old
  chmod 600 secrets/*
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --manager-version 7.1.0
  mv a.zip backup/prod.zip
  ln -s backup/prod.zip prod.zip
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  printf '%s\n' 'plugins:' '  p:' '    executor: central_deployment_agent' \
    '    package_name: cloudify-practice01-plugin' "    package_version: '2.0.0'" >plugin.yaml
  cmake -E tar cf backup/plugins/plugin.zip --format=zip plugin.yaml plugin.wgn
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=practice \
    -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out ca.pem 2>/dev/null
  ca=$PWD/ca.pem
  practice --tls-cert ca.pem --tls-key key.pem --time-scale 0.02
  its_yaml >upgrade.yaml
  cat upgrade.yaml
  grep -q "url: $url" upgrade.yaml
  # without intervals of its own it follows the manager at the pace for real ones: shortened here
  printf '%s\n' 'restore: {quiet: 100ms, poll: 50ms}' 'maintenance: {poll: 50ms}' \
    'limits: {requests_per_second: 200, settle: 500ms}' >>upgrade.yaml
  sed -i 's/^agents: {/agents: {poll: 50ms, /; s/^plugins: {/plugins: {poll: 50ms, /' upgrade.yaml

  mkdir backup/kept
  its_backup_yaml >backup.yaml
  grep -q "directory: $PWD/backup/kept" backup.yaml
  sed -i 's/^backup:/backup:\n  poll: 50ms/' backup.yaml
  printf '%s\n' 'limits: {requests_per_second: 200, settle: 500ms}' >>backup.yaml

  mapfile -t commands < <("$source_dir/scripts/check-readme" --list)
  [[ ${#commands[@]} -gt 5 ]]
  local command code want
  for command in "${commands[@]}"; do
    if [[ $command == scripts/* ]]; then
      by_others "$command"
      continue
    fi
    [[ $command == ferry\ * ]]
    want=0
    if [[ $command == *--stop-before* ]]; then want=3; fi
    code=0
    timeout 60 bash -c "$command" >out 2>err 3>&- </dev/null || code=$?
    if [[ $code -ne $want ]]; then
      printf '%s: exit code %d, not %d\n' "$command" "$code" "$want"
      cat out err
      return 1
    fi
    printf '%s\n' "$command" >>ran
  done
  # what they did is what README.md says
  ledger '.restores | length == 1 and .[0].status == "terminated"'
  ledger '.plugins == {"cloudify-practice01-plugin-2.0.0": 1}'
  status '.state == "done" and .exit == 0'
  (cd backup/kept && sha256sum --quiet -c -- *.sha256)
  if [[ -z ${FERRY_DEMO_PASSED:-} ]]; then
    skip "scripts/demo has not been run: ctest -R e2e_readme does that first"
  fi
  "$source_dir/scripts/check-readme" --ran ran
}

# The shell blocks of the section "Try it", as somebody pastes them.
its_try() {
  awk '/^## / { here = ($0 == "## Try it") } !here { next }
    /^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$source_dir/README.md"
}

@test "Try it: a practice upgrade by README.md alone, killed on the way, comes to its end" {
  free=$(free_port)
  mkdir -p clone/build/release/src/practice
  ln -s "$FERRY" clone/build/release/ferry
  ln -s "$FERRY_PRACTICE" clone/build/release/src/practice/ferry-practice
  # smaller and sooner, on a port that is free; and it must be those lines that are made so
  its_try | sed "s/127\.0\.0\.1:8080/127.0.0.1:$free/; s/ --deployments 40 --agents 40 / --deployments 8 --agents 8 /
    s/ --time-scale 0\.05 / --time-scale 0.02 /; s/ KILL 16 / KILL 3 /
    s|^limits: .*|limits: {requests_per_second: 200, settle: 500ms}|
    s|^ferry plan .*|until curl -s http://127.0.0.1:$free/practice/ledger >/dev/null; do sleep 0.1; done\n&|
    s/^kill %1$/kill -0 %1 || echo gone >>try.failed; jobs -p >practice.pid/" >try.sh
  grep -q -- '--deployments 8 .*' try.sh
  grep -q -- '-s KILL 3 ferry run' try.sh
  grep -q 'practice.pid' try.sh
  (cd clone && timeout 100 bash ../try.sh >../try.out 2>../try.err 3>&- </dev/null) || true
  cat try.out try.err
  cat clone/build/try/practice.pid >>pids
  [[ ! -e clone/build/try/try.failed ]]
  # the plan, the status, and last of all the ledger
  grep -q '^READY: ' try.out
  grep -q '^run upgrade-1: done$' try.out
  sed -n '/^{$/,/^}$/p' try.out >counted.json
  is '.uploads == {"prod-2026-11-20": 1} and .activations == 1 and (.restores | length) == 1' counted.json
  is '.agents.new == 8 and .agents.doubled == 0 and .agents.missing == 0' counted.json
  grep -q '<h1>Run <bdi>upgrade-1</bdi></h1>' clone/build/try/report.html
  # it was killed on the way: it began twice
  [[ $(grep -c 'run upgrade-1 started' try.err) -eq 2 ]]
}

@test "the exit codes of README.md are those of ferry --help" {
  ferry 0 --help
  awk -F'|' '/^\| exit \|/ { inside = 1; next } inside && !/^\|/ { inside = 0 }
    inside && $2 ~ /[0-9]/ { gsub(/ /, "", $2); print $2 }' "$source_dir/README.md" | sort -n >in_readme
  sed -n '/^exit codes:/,$p' out | grep -oE '(^  |   )(10|[0-9]) [a-z]' | grep -oE '[0-9]+' | sort -n >in_help
  [[ $(wc -l <in_readme) -ge 9 ]]
  diff in_readme in_help
}

@test "the states of README.md are those of the workflow, in their order" {
  made --deployments 1
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --json
  jq -r '.steps[].name' out >of_ferry
  awk -F'|' '/^\| step \|/ && !seen++ { inside = 1; next } inside && !/^\|/ { inside = 0 }
    inside && $2 !~ /---/ { gsub(/ /, "", $2); print $2 }' "$source_dir/README.md" >in_readme
  diff of_ferry in_readme
}
