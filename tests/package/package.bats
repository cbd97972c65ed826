#!/usr/bin/env bats
# What users are handed: the installed tree, the packages, the tarball, and the library in a program
# of somebody else.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash
load ../e2e/helper

# scripts/package takes a while: once for all tests of this file.
setup_file() {
  export made_dir=$BATS_FILE_TMPDIR/made
  "$BATS_TEST_DIRNAME/../../scripts/package" "$made_dir" >&2 3>&-
  "$BATS_TEST_DIRNAME/../../scripts/package" --version 0.1.99 "$made_dir" >&2 3>&-
}

setup() { world; }

# The version without the one above it.
deb() { find "$made_dir" -name "$1_*.deb" ! -name '*0.1.99*'; }

@test "cmake --install puts program, library, headers and pkg-config file where pkg-config finds them" {
  cmake -C "$source_dir/scripts/cmake/release.cmake" -S "$source_dir" -B build -G Ninja -DFERRY_TESTS=OFF \
    -DCMAKE_INSTALL_PREFIX="$PWD/usr" -DCMAKE_INSTALL_LIBDIR=lib >cmake.out
  cmake --build build -- --quiet
  cmake --install build >/dev/null
  export PKG_CONFIG_PATH=$PWD/usr/lib/pkgconfig LD_LIBRARY_PATH=$PWD/usr/lib
  run pkg-config --modversion ferry
  [ "$output" = "$(usr/bin/ferry version --json | jq -r .version)" ]
  # The example, as its own head says; the newest C and C++ take the headers too.
  # shellcheck disable=SC2046
  cc -std=c11 -Wall -Wextra -Werror usr/share/doc/ferry/examples/embed.c \
    $(pkg-config --cflags --libs ferry) -o embed
  printf '#include <ferry/ferry.h>\nint main() { return ferry_version() == nullptr; }\n' >embed.cc
  # shellcheck disable=SC2046
  c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror embed.cc $(pkg-config --cflags --libs ferry) -o embed-cc
  ./embed-cc

  made --tenants 2 --deployments 6 --agents 6
  practice --manager-version 7.0.5
  write_yaml
  run ./embed upgrade.yaml nonsense
  [ "$status" -eq 2 ]
  ./embed upgrade.yaml plan >plan.json
  is '.blocked == false' plan.json
  ledger '.restores == []'
  ./embed upgrade.yaml run >run.json 2>events
  is '.state == "done"' run.json
  grep -q '^run_started' events
  carried
}

@test "only what the public headers name can be seen of the library" {
  dpkg-deb -x "$(deb libferry-dev)" root
  library=$(find root -name 'libferry.so.*' -type f)
  nm -D --defined-only "$library" | awk '{print $3}' | sort >seen
  cat root/usr/include/ferry/*.h | grep -o '\bferry_[a-z_]*(' | tr -d '(' | sort -u >named
  run comm -23 seen named
  [ -z "$output" ] || { echo "not in the headers: $output" && false; }
  run comm -13 seen named
  [ -z "$output" ] || { echo "not in the library: $output" && false; }
  grep -q '^ferry_run$' seen
}

@test "the Debian packages name what they need, and hold what they say" {
  run dpkg-deb -f "$(deb ferry)" Depends
  for need in libc6 libcurl4 libsqlite3-0; do [[ $output == *"$need"* ]]; done
  dpkg-deb -x "$(deb ferry)" root
  [ -x root/usr/bin/ferry ]
  root/usr/bin/ferry version
  run dpkg-deb -c "$(deb ferry)"
  [[ $output != *practice* ]]
  # Nothing belongs to whoever has built it.
  run bash -c "dpkg-deb -c '$(deb ferry)' | awk '\$2 != \"root/root\"'"
  [ -z "$output" ]
}

@test "two runs of scripts/package give the same bytes" {
  "$source_dir/scripts/package" "$PWD/again" >/dev/null
  for file in again/*; do cmp "$file" "$made_dir/${file#again/}"; done
  [ "$(find again -type f | wc -l)" -eq 3 ]
}

@test "the tarball runs from anywhere, with its own libraries" {
  mkdir -p "some where"
  tar -C "some where" -xzf "$(find "$made_dir" -name '*.tar.gz' ! -name '*0.1.99*')"
  ferry=$(echo "$PWD/some where"/ferry-*/bin/ferry)
  env -i "$ferry" version
  # What is not beside it is the C library and its kin.
  run bash -c "ldd '$ferry' | sed -n 's/.* => \(.*\) (0x.*/\1/p' | grep -v '^$PWD/some where/'"
  [ -n "$output" ]
  while read -r file; do
    [[ $file =~ /(libc|libm|libdl|libpthread|librt|libresolv)\.so ]]
  done <<<"$output"
}

# install_there PACKAGE: dpkg unpacks it into the tree "root" and touches nothing of this machine.
install_there() {
  mkdir -p root/var/lib/dpkg/{info,updates,triggers}
  touch root/var/lib/dpkg/status
  dpkg --root="$PWD/root" --force-depends --force-not-root --force-script-chrootless \
    --log="$PWD/dpkg.log" -i "$1" >dpkg.out 2>&1 3>&- || {
    cat dpkg.out
    return 1
  }
}

@test "a package over an older one with a run in flight: the new one goes on where the old was killed" {
  install_there "$(deb ferry)"
  FERRY=$(find "$PWD/root" -name ferry -type f -perm -1)
  ferry 0 version
  run ! grep '0\.1\.99' out
  made --tenants 2 --deployments 30 --agents 30
  practice --manager-version 7.0.5
  write_yaml 'agents: {poll: 10ms, concurrency: 1}'
  faults '[{"do": "delay", "delay_ms": 150, "method": "POST", "path": "/executions$"}]'
  start run upgrade.yaml --manager "$url"
  until_true 30 status "$(step_state install_new_agents running)"
  install_there "$(echo "$made_dir"/ferry_0.1.99_*.deb)"
  status "$(step_state install_new_agents running)"
  killed
  faults '[]'
  ferry 0 version
  grep -q '0\.1\.99' out
  ferry 0 resume
  status '.state == "done"'
  carried
}

@test "a package over an older one with a run in flight: the old program ends its run" {
  install_there "$(deb ferry)"
  FERRY=$(find "$PWD/root" -name ferry -type f -perm -1)
  made --tenants 2 --deployments 10 --agents 10
  practice --manager-version 7.0.5
  write_yaml 'agents: {poll: 10ms, concurrency: 1}'
  faults '[{"do": "delay", "delay_ms": 150, "method": "POST", "path": "/executions$"}]'
  start run upgrade.yaml --manager "$url"
  until_true 30 status "$(step_state install_new_agents running)"
  install_there "$(echo "$made_dir"/ferry_0.1.99_*.deb)"
  ended 0
  carried
}
