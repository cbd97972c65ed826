#!/usr/bin/env bats
# What a person sees while a run goes on: in tmux, in a pipe, on a terminal that can do nothing.
# shellcheck disable=SC2154,SC2016 # variables of helper.bash; of the shell in the window
load helper

setup() {
  world
  made --tenants 1 --deployments 16 --agents 16
}

# --- terminals ---

tmux_() { tmux -S "$PWD/tmux" -f /dev/null "$@"; }
# terminal NAME COLUMNS ROWS: a shell in a window of that size.
terminal() {
  type -P tmux >/dev/null || skip "tmux is not installed"
  tmux_ new-session -d -s "$1" -x "$2" -y "$3" \
    "env PS1='\$ ' FERRY_JOURNAL='$FERRY_JOURNAL' HOME='$PWD' bash --norc --noprofile" 3>&-
  tmux_ display-message -p '#{pid}' >>pids
  until_true 10 screen_has "$1" '^\$'
}
type_() { tmux_ send-keys -t "$1" "${@:2}"; }
screen() { tmux_ capture-pane -p -t "$1"; }
# With what has gone out of sight above.
all_of() { tmux_ capture-pane -p -S -500 -t "$1"; }
screen_has() { screen "$1" | grep -qE -- "$2"; }
# Steps and their states, without times: what is compared.
steps_of() { screen "$1" | grep -E '^ (done|running|waiting|skipped|stopped) ' | awk '{print $1, $2}' | tr -d ,:; }
# The cursor can be seen.
cursor() { [[ $(tmux_ display-message -p -t "$1" '#{cursor_flag}') -eq 1 ]]; }
columns_of() { screen "$1" | awk -v most=0 '{ if (length > most) most = length } END { print most }'; }

same_steps() { [[ $(steps_of near) == "$(steps_of far)" && $(steps_of far | wc -l) -eq 11 ]]; }

@test "80x24, and from another terminal 120x40: the same steps; resized in the middle" {
  practice --time-scale 0.15
  terminal near 80 24
  terminal far 120 40
  type_ near "$FERRY run upgrade.yaml --manager $url" Enter
  until_true 20 screen_has near '^ running +poll_status '
  type_ far "$FERRY status --watch" Enter
  until_true 20 same_steps
  screen near >near.txt
  screen near | grep -qE '^run upgrade-1 of http://127.0.0.1:[0-9]+: running +[0-9]+ s$'
  [[ $(columns_of near) -eq 79 && $(columns_of far) -eq 119 ]]
  until_true 20 screen_has near '^ running +install_new_agents '
  until_true 20 screen_has near '^ +\[[#-]+\] [0-9]+%  [0-9]+ of 16, [0-9]+ running$'
  # narrower, then wider: one view, and nothing left of the one before
  tmux_ resize-window -t near -x 50 -y 18
  until_true 20 screen_has near '^ +[0-9]+%  [0-9]+ of 16, [0-9]+ running$'
  [[ $(screen near | grep -c '^run upgrade-1 of') -eq 1 ]]
  [[ $(columns_of near) -le 50 ]]
  tmux_ resize-window -t near -x 100 -y 40
  until_true 20 screen_has near '^run upgrade-1 of .{60,}[0-9]+ s$'
  [[ $(screen near | grep -c '^ .* install_new_agents ') -eq 1 ]]
  cursor near
  # the end: every step stays, then the result, then the shell
  until_true 30 screen_has near '^run upgrade-1: done$'
  until_true 10 screen_has far '^run upgrade-1: done$'
  screen near | sed -nE 's/ +[0-9.]+ (ms|s)$/ D/; /^run upgrade-1 of/,/^run upgrade-1: done/p' >end.txt
  diff end.txt - <<END
run upgrade-1 of $url: done D
 done      upload D
 done      maintenance_activate D
 done      verify D
 done      restore D
 done      poll_status D
 done      maintenance_deactivate D
 done      install_new_agents, 16 units D
 skipped   validate_agents: it is not asked for (agents.validate)
 skipped   upload_plugins: plugins.upload names no file
 done      plugins_update D
 done      compare D
run upgrade-1: done
END
}

@test "Ctrl-Z and Ctrl-C leave the terminal as it was, and fg draws anew below" {
  practice --time-scale 0.15
  terminal near 80 24
  type_ near "$FERRY run upgrade.yaml --manager $url" Enter
  until_true 20 screen_has near '^ running +poll_status '
  type_ near C-z
  until_true 10 screen_has near 'Stopped'
  cursor near
  type_ near 'echo "it is $((40 + 2))"' Enter
  until_true 10 screen_has near '^it is 42$'
  type_ near fg Enter
  until_true 20 screen_has near '^ running +install_new_agents '
  screen_has near '^it is 42$' || all_of near | grep -q '^it is 42$'
  type_ near C-c
  until_true 20 screen_has near '^ferry: stopped by a signal$'
  type_ near 'echo "exit $?"' Enter
  until_true 10 screen_has near '^exit 3$'
  cursor near
  all_of near | grep -qE '^ stopped +install_new_agents, 16 units'
  ferry 0 resume
  carried
}

# frames FILE: what strace saw of the writes to the terminal: seconds, and whether it is a frame.
frames() {
  sed -nE 's/^([0-9]+\.[0-9]+) write\(2, "(.*)", [0-9]+\) += [0-9]+$/\1 \2/p' "$1"
}

@test "a frame is one write, and there are four a second at most" {
  type -P strace script >/dev/null || skip "strace or script is not installed"
  practice --time-scale 0.1
  TERM=xterm script -qec "stty cols 80 rows 24; strace -o trace -ttt -s 20000 -e trace=write \
    '$FERRY' run upgrade.yaml --manager $url" raw >/dev/null </dev/null
  frames trace | grep -F '[?2026h' >shown
  [[ $(wc -l <shown) -gt 10 ]]
  # every frame begins and ends in the same write, and all that goes to the terminal are frames
  awk '!/^[0-9.]+ \\33\[\?2026h.*\\33\[\?2026l$/' shown >parts
  diff parts /dev/null
  # from any frame to the fourth after it: a second, less what a clock and a scheduler may differ
  awk '{ at[NR] = $1 } END { for (i = 5; i <= NR - 1; i++) if (at[i] - at[i - 4] < 0.9) {
    printf "5 frames in %.3f s\n", at[i] - at[i - 4]; exit 1 } }' shown
  # no screen is cleared, no cursor is hidden, no other screen is opened
  if grep -aqE $'\033\\[(2J|\\?25l|\\?1049h)' raw; then return 1; fi
  # most frames redraw some lines only: they are short beside the first whole one
  awk '{ print length($0) }' shown | sort -n >lengths
  [[ $(sed -n "$(($(wc -l <lengths) / 2))p" lengths) -lt $(($(tail -n 1 lengths) / 2)) ]]
}

@test "without a terminal, with NO_COLOR and with TERM=dumb there are plain lines" {
  practice
  run_ 0
  if grep -q $'\033' err out; then return 1; fi
  if grep -vE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z |^  ' err; then return 1; fi
  grep -qE 'Z restore done in ' err
  type -P script >/dev/null || skip "script is not installed"
  local surroundings
  for surroundings in TERM=dumb 'TERM=xterm NO_COLOR=1'; do
    practice_ends
    rm -rf manager journal.db*
    practice
    script -qec "env $surroundings '$FERRY' run upgrade.yaml --manager $url" raw >/dev/null </dev/null
    if grep -aq $'\033' raw; then return 1; fi
    grep -aqE 'Z restore done in ' raw
  done
}

@test "who looks on through a pipe gets the status and then a line for each event" {
  practice --time-scale 0.05
  start run upgrade.yaml --manager "$url" -q
  until_true 20 "$FERRY" status
  "$FERRY" status --watch >watched 2>watch.err 3>&-
  ended 0
  [[ ! -s watch.err ]]
  if grep -q $'\033' watched; then return 1; fi
  grep -q '^run upgrade-1: running$' watched
  grep -qE '^[0-9T:.-]+Z install_new_agents done in ' watched
  grep -q '^run upgrade-1: done$' watched
}
