#!/usr/bin/env bats
# compare as proof: what the archive held and what the manager holds, name by name.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash; words of ferry's own
load helper

setup() { world; }

@test "after a restore of each format compare says equal, but for what is expected" {
  local format
  for format in legacy new; do
    made --tenants 3 --deployments 9 --agents 7 --plugins 4 --blueprints 2 --format "$format" \
      --manager-version 7.1.0
    practice --manager-version 7.1.0
    run_ 0 --json
    is '.compare.names | .missing == 0 and .more == 0 and .changed == 0' out
    is '[.compare.names.kinds[] | select(.kind == "deployments") | .archive, .manager] == [9, 9]' out
    is '.compare.names.differences | length > 0 and all(.[]; .why != null)' out
    ferry 0 status
    grep -q 'by name: 0 missing, 0 other differences' out
    practice_ends
    rm -rf manager journal.db*
    port=
  done
}

@test "an archive with one deployment taken out: compare names it" {
  made --tenants 3 --deployments 8 --agents 0 --manager-version 6.4.2
  mv a.zip without.zip
  made --tenants 3 --deployments 9 --agents 0 --manager-version 6.4.2
  practice --manager-version 6.4.2
  run_ 3 --stop-before restore
  stored=$(find manager -name snap.zip)
  cp without.zip "$stored"
  ferry 1 resume
  ferry 0 resolve upgrade-1 poll_status --as 'done'
  ferry 1 resume
  says '8 deployments for 9; missing: deployment [a-z_0-9-]+/dep-00008;'
  ferry 0 status --json
  is '[.compare.names.differences[] | select(.is == "missing") | .kind, .name]
      == ["deployment", "dep-00008"]' out
}

@test "the archive has gone: counted all the same, and the reason is told" {
  made --tenants 2 --deployments 4 --agents 0 --manager-version 6.4.2
  practice --manager-version 6.4.2
  run_ 3 --stop-before compare
  mv a.zip elsewhere.zip
  ferry 0 resume --json
  is '.compare.names.why_not | test("a.zip")' out
  is '.compare.deployments.manager == 4' out
}
