# The managers of the table (restore_table.sh) and of the runs in real time (real_timing.sh), and
# the archive that each of them gets. Sourced, with helper.bash, outside bats.
# shellcheck shell=bash
# shellcheck disable=SC2034 # read by those who source it
bats_require_minimum_version() { :; }
BATS_TEST_DIRNAME=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/e2e/helper.bash
source "$BATS_TEST_DIRNAME/helper.bash"
skip() {
  printf 'SKIP: %s\n' "$*"
  exit 77
}

profiles=(4.6.0 5.0.5 5.1.4 5.2.7 6.0.1 6.4.2 7.0.5-legacy 7.0.5-new)

# profile NAME: sets version, practice_options and made_options. Half of them are premium, with an
# archive of a premium manager in two tenants; a community manager has but one tenant.
profile() {
  local from python=py36
  version=${1%%-*}
  practice_options=(--manager-version "$version")
  case $1 in
    4.6.0) from=4.5.5 python=py27 ;;
    5.0.5) from=4.6.0 python=py27 ;;
    5.1.4) from=5.0.5 python=py27 ;;
    5.2.7) from=5.1.4 ;;
    6.0.1) from=5.2.0 ;;
    6.4.2) from=6.0.1 ;;
    7.0.5-legacy) from=6.4.1 ;;
    7.0.5-new) from=7.0.5 python=py311 ;;
    *)
      printf 'no such profile: %s (%s)\n' "$1" "${profiles[*]}" >&2
      return 2
      ;;
  esac
  made_options=(--manager-version "$from" --deployments 4 --agents 4 --plugins 2
    --plugin-python "$python") # what the managers of that version ran
  case $1 in
    4.6.0 | 5.1.4 | 6.0.1 | 7.0.5-legacy)
      practice_options+=(--premium)
      made_options+=(--tenants 2)
      ;;
    7.0.5-new) made_options+=(--tenants 1 --format new) ;;
    *) made_options+=(--tenants 1 --community) ;;
  esac
}
