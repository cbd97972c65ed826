#!/usr/bin/env bash
# A mutant is ferry with one safeguard taken out. The test named for it must fail, or the test
# proves nothing. usage: mutant.sh SOURCE BUILD MUTANT TARGET COMMAND [ARGS...]; COMMAND is run
# in BUILD.
set -u
source=$1 build=$2 mutant=$3 target=$4
shift 4
log=$build.log
mkdir -p "$(dirname "$build")"
launcher=$(command -v ccache) || launcher=
if ! cmake -S "$source" -B "$build" -G Ninja -DFERRY_MUTANT="$mutant" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS_DEBUG=-O1 -DCMAKE_C_COMPILER_LAUNCHER="$launcher" >"$log" 2>&1 ||
    ! ninja -C "$build" "$target" >>"$log" 2>&1; then
    tail -n 30 "$log"
    echo "mutant $mutant does not build"
    exit 1
fi
cd "$build" || exit 1
"$@" >"$log" 2>&1
code=$?
tail -n 4 "$log"
# 1: the test found something wrong; 134, 139: it died of it. Anything else (not found, wrong
# usage, a time limit) is no finding.
case $code in
1 | 134 | 139) echo "mutant $mutant: caught by $target" ;;
0)
    echo "mutant $mutant lives: $target passes without this safeguard"
    exit 1
    ;;
*)
    # cmocka returns the number of failed tests
    if grep -q 'FAILED TEST' "$log"; then
        echo "mutant $mutant: caught by $target"
    else
        echo "mutant $mutant: $target ended with $code, which is no finding"
        exit 1
    fi
    ;;
esac
