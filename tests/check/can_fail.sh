#!/usr/bin/env bash
# A check that cannot fail is a defect. Lays out a small sound tree, sees each check pass on it, then
# plants one fault at a time and sees the check fail and name the file.
#   can_fail.sh SCRIPTS CHECK
set -euo pipefail
scripts=$(cd "$1" && pwd)
check=$2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cases=0

lay_out() {
  rm -rf "${tree:?}"/* "$tree/.ci"
  mkdir -p "$tree"/{.ci,include/ferry,src/{base,http,engine,cli,practice},states,tests,scripts,build/release}
  printf '#include <stddef.h>\n\nint ferry_nothing(void);\n' >"$tree/include/ferry/ferry.h"
  printf 'int base_one(void);\n' >"$tree/src/base/one.h"
  cat >"$tree/src/base/one.c" <<'C'
#include "base/one.h"

/* strcpy( in a comment is no call, "time(" in a string neither. */
int base_one(void)
{
    return (int)sizeof("strcpy(a, b) // gets(c)");
}
C
  printf '#include "base/one.h"\n' >"$tree/states/fine.c"
  printf 'project(x)\n' >"$tree/CMakeLists.txt"
  cat >"$tree/README.md" <<'M'
x

```sh run
scripts/demo
scripts/test \
  --quick
```
M
  for name in scripts/demo scripts/test .ci/run; do
    printf '#!/bin/sh\n# calls scripts/test\ntrue\n' >"$tree/$name"
    chmod +x "$tree/$name"
  done
  cat >"$tree/build/release/compile_commands.json" <<J
[{"directory": "$tree", "command": "cc -std=c11 -Isrc -c src/base/one.c", "file": "$tree/src/base/one.c"},
 {"directory": "$tree", "command": "cc -std=c11 -Isrc -c states/fine.c", "file": "$tree/states/fine.c"}]
J
}

# passes: the check finds nothing.
passes() {
  local said code=0
  said=$("$scripts/check-$check" "$@" "$tree" 2>&1) || code=$?
  if [[ $code -eq 77 ]]; then
    printf '%s\n' "$said"
    exit 77
  fi
  if [[ $code -ne 0 ]]; then
    printf 'a sound tree did not pass %s: exit %s\n%s\n' "$check" "$code" "$said"
    exit 1
  fi
  cases=$((cases + 1))
}

# fails TEXT: the check ends with 1 and says TEXT. The tree is laid out anew afterwards.
fails() {
  local text=$1 said code=0
  shift
  said=$("$scripts/check-$check" "$@" "$tree" 2>&1) || code=$?
  if [[ $code -ne 1 || $said != *"$text"* ]]; then
    printf '%s did not find the planted fault: exit %s, wanted "%s" in:\n%s\n' \
      "$check" "$code" "$text" "$said"
    exit 1
  fi
  cases=$((cases + 1))
  lay_out
}

# bad FILE TEXT...: writes a file of the tree.
bad() {
  local file=$tree/$1
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >"$file"
}

plant_layers() {
  bad states/wrong.c '#include <curl/curl.h>' && fails 'states/wrong.c:1'
  bad states/wrong.c '#include <sqlite3.h>' && fails 'states/wrong.c:1'
  bad src/base/http.h '#include <curl/curl.h>'
  bad states/wrong.c '#include "base/http.h"' && fails 'states/wrong.c:1: curl/curl.h reaches it'
  bad src/engine/wrong.c '#include "cloudify/reply.h"' && fails 'src/engine/wrong.c:1'
  bad src/engine/wrong.c '/* why */ #  include "http/client.h"' && fails 'src/engine/wrong.c:1'
  bad src/practice/wrong.c '#include "cloudify/reply.h"' && fails 'src/practice/wrong.c:1'
  bad src/cli/wrong.c '' '#include "engine/engine.h"' && fails 'src/cli/wrong.c:2'
  bad src/base/wrong.h '#include "http/message.h"' && fails 'src/base/wrong.h:1'
  bad src/base/wrong.c '#include "../http/message.h"' && fails 'src/base/wrong.c:1'
  bad src/new/wrong.c '#include "base/one.h"' && fails 'src/new/wrong.c:1'
  bad include/ferry/wrong.h '#include <talloc.h>' && fails 'include/ferry/wrong.h:1'
  bad include/ferry/wrong.h '#include <unistd.h>' && fails 'include/ferry/wrong.h:1'
  bad src/cli/wrong.c '#include HEADER' && fails 'src/cli/wrong.c: cannot read'
}

plant_length() {
  local lines
  lines=$(seq 58 | sed 's/.*/    x += 1;/')
  bad src/base/long.c 'int f(int x)' '{' "$lines" '    x++;' '    return x;' '}' &&
    fails 'src/base/long.c:1: f has 63 lines'
  lines=$(seq 15 | sed 's/.*/    if (x == &) { return &; }/')
  bad src/base/maze.c 'int f(int x)' '{' "$lines" '    return x;' '}' &&
    fails 'src/base/maze.c:1: f has McCabe 16'
  bad src/base/two.c '#if A' 'int f(int x)' '{' '    return x;' '}' '#else' 'int f(int x)' '{' \
    "$lines" '    return x;' '}' '#endif' && fails 'src/base/two.c:7: f has McCabe 16'
  bad src/base/huge.c "$(seq 601 | sed 's,.*,/* & */,')" && fails 'src/base/huge.c:601'
  bad states/huge.c "$(seq 401 | sed 's,.*,/* & */,')" && fails 'states/huge.c:401'
  bad src/base/huge.h "$(seq 251 | sed 's,.*,/* & */,')" && fails 'src/base/huge.h:251'
  bad src/base/huge.h "$(seq 151 | sed 's/.*/int f&(void);/')" && fails 'src/base/huge.h:1: 151 lines'
  bad src/base/broken.c 'int f(int x)' '{' '    if (x {{' '    return x;' '}' &&
    fails 'src/base/broken.c:1'
  bad src/base/unseen.c 'int f(int x)' '{' '    return x;' '}' 'OPENS_A_FUNCTION' '{' '}' &&
    fails 'src/base/unseen.c:1'
}

plant_banned() {
  bad src/base/copy.c 'void f(char *a)' '{' '    strcpy(a, "x");' '}' && fails 'src/base/copy.c:3'
  bad tests/copy.c 'int f = atoi ("1");' && fails 'tests/copy.c:1'
  bad src/base/both.c '/* fine */ int f = system("x"); /* fine */' && fails 'src/base/both.c:1'
  bad src/engine/clock.c 'long f = time(NULL);' && fails 'src/engine/clock.c:1'
  bad src/engine/memory.c 'void *f = malloc(1);' && fails 'src/engine/memory.c:1'
  bad states/layer.c 'int f = curl_easy_perform(x);' && fails 'states/layer.c:1'
  bad src/cli/layer.c 'int f = sqlite3_open(x);' && fails 'src/cli/layer.c:1'
  bad src/base/quote.c "char c = '\"'; int f = atoi(\"1\");" && fails 'src/base/quote.c:1'
}

plant_top-level() {
  bad docs/page.md 'x' && rm -f "$tree/docs/page.md" && fails 'docs:1' && rm -rf "$tree/docs"
  bad Makefile 'x' && fails 'Makefile:1'
  rm "$tree/scripts/demo" && fails 'scripts/demo:1'
  chmod -x "$tree/scripts/test" && fails 'scripts/test:1'
  bad .ci/run 'true' && chmod +x "$tree/.ci/run" && fails '.ci/run:1'
}

plant_words() {
  local slash=/
  bad src/base/path.c "const char *f = \"${slash}root${slash}x\";" && fails 'src/base/path.c:1'
  bad tests/path.sh 'true' "cd ${slash}work${slash}main" && fails 'tests/path.sh:2'
  bad scripts/get "curl https:${slash}${slash}pypi.""org${slash}x" && fails 'scripts/get:1'
  bad states/later.c "/* TO""DO: later */" && fails 'states/later.c:1'
  bad tests/later.c "/* FIX""ME */" && fails 'tests/later.c:1'
  bad src/base/later.c "/* not imple""mented */" && fails 'src/base/later.c:1'
}

plant_cppcheck() {
  bad src/base/over.c 'int f(void)' '{' '    int a[2] = {0, 1};' '    return a[2];' '}' &&
    fails 'src/base/over.c:4'
  bad states/leak.c '#include <stdio.h>' 'int f(void)' '{' '    FILE *a = fopen("x", "r");' \
    '    return a == 0;' '}' && fails 'states/leak.c:5'
}

plant_format() {
  bad src/base/ugly.c 'int f(void) { return 1; }' && fails 'src/base/ugly.c:1'
}

plant_shell() {
  # shellcheck disable=SC2016
  bad scripts/quote '#!/bin/bash' 'rm -rf $1/x' && fails 'scripts/quote:2'
  # shellcheck disable=SC2016
  bad tests/a.bats '#!/usr/bin/env bats' '@test "x" {' '  cd $HOME/x' '}' && fails 'tests/a.bats:3'
}

plant_spelling() {
  bad src/base/spell.c "/* rece""ive, but reci""eve */" && fails 'src/base/spell.c:1'
  bad src/base/spell.c "char c[] = \"reci""eve\";" && fails 'src/base/spell.c:1'
  bad tests/spell.c "/* reci""eve */ char c[] = \"reci""eve\";" && fails 'tests/spell.c:1'
  bad tests/spell.c "char c[] = \"reci""eve\";" && passes
}

plant_readme() {
  bad README.md 'scripts/demo and scripts/test' && fails 'no block of commands'
  bad README.md 'scripts/demo scripts/test' '```sh run' 'x' && fails 'not closed'
  bad README.md 'scripts/demo scripts/test' '```shell run' 'x' '```' && fails 'README.md:2'
  bad README.md '```sh run' 'scripts/demo' '```' && fails 'does not name scripts/test'
  printf 'scripts/demo\nscripts/test --quick\n' >"$tree/build/ran" && passes --ran "$tree/build/ran"
  printf 'scripts/demo\n' >"$tree/build/ran" &&
    fails 'no test has run: scripts/test --quick' --ran "$tree/build/ran"
}

# Adds a file to the data base of compile commands, as a target would.
compiled() {
  local database=$tree/build/release/compile_commands.json
  sed -i "s|^\[|[{\"directory\": \"$tree\", \"command\": \"cc -std=c11 -Isrc -c $1\", \"file\": \"$tree/$1\"},|" "$database"
}

plant_tidy() {
  bad src/base/null.c 'int f(int x)' '{' '    int *p = 0;' '    if (x == 1) {' '        return *p;' \
    '    }' '    return x;' '}' && compiled src/base/null.c && fails 'src/base/null.c:5'
  bad src/base/many.c 'int f(int a, int b, int c, int d, int e, int g, int h)' '{' \
    '    return a + b + c + d + e + g + h;' '}' && compiled src/base/many.c &&
    fails 'src/base/many.c:1'
  bad src/base/alone.c 'int alone;' && fails 'src/base/alone.c:1: no target compiles it'
  rm "$tree/build/release/compile_commands.json" && fails 'configure with CMake first'
}

lay_out
passes
"plant_$check"
lay_out
passes
printf '%s: %s cases\n' "$check" "$cases"
