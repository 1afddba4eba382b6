#!/bin/bash
# weir-stat and a module that says what no module should: markup, escape
# sequences, formulas, numbers at the end of their range.  Whatever the command,
# JSON is JSON, no terminal is moved, no spreadsheet calculates, no series is
# there twice; and a crowd of useless connections keeps nobody from the page.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario stat-hostile
crowd=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/web_crowd.py

config <<-END
	statistics: {history: "$work/history.db"}
END
"$tools/status_evil" "$work/status" >"$work/evil.out" &
started+=("$!")
wait_until 5 grep -q ready "$work/evil.out"

# stat_run OPTION...: status; what it prints lies in $work/out and $work/err.
stat_run() {
	LC_ALL=C.UTF-8 "$weir_stat" -c "$config_file" "$@" \
		>"$work/out" 2>"$work/err"
	echo $?
}

# How many octets or characters there are that move something.
moving() {
	python3 - "$work/out" "$work/err" <<-'END'
		import sys
		text = "".join(open(f, "rb").read().decode("utf-8", "surrogateescape")
		    for f in sys.argv[1:]).replace("\r\n", "\n")
		print(sum(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 or
		    0x202a <= ord(c) <= 0x202e or 0xdc80 <= ord(c) <= 0xdcff
		    for c in text))
	END
}

# json: what is wrong with the JSON in $work/out, a document or one a line.
json() {
	python3 - "$work/out" "$@" <<-'END'
		import json, sys
		def number(text):
		    if int(text) < 0:
		        raise ValueError("a number below 0")
		    return int(text)
		text = open(sys.argv[1], encoding="utf-8").read()
		for one in text.splitlines() if "lines" in sys.argv else [text]:
		    json.loads(one, parse_int=number)
		print("right")
	END
}

note "no command lets anything through"
while read -r command; do
	read -ra words <<<"$command"
	check "$command" 0 "$(stat_run "${words[@]}")"
	check "$command moves nothing" 0 "$(moving)"
	check "$command --json" 0 "$(stat_run --json "${words[@]}")"
	check "$command --json is JSON" right \
		"$(json "$([ "${words[0]}" = tail ] && echo lines)" 2>&1 | tail -n 1)"
	check "$command --json moves nothing" 0 "$(moving)"
	case $command in totals | tail*) continue ;; esac
	check "$command --csv" 0 "$(stat_run --csv "${words[@]}")"
	check "$command --csv moves nothing" 0 "$(moving)"
	check "$command --csv calculates nothing" 0 \
		"$(grep -cE '(^|,)"?[=+@]' "$work/out")"
done <<-'END'
	totals
	top names
	top domains
	top clients
	top feeds
	top categories
	top types
	top names --shadow
	top clients --shadow
	tail --once -n 100
	client 2001:db8::/32
	name example
END
check "rows that look alike are one" 1 \
	"$(stat_run top feeds >/dev/null; grep -c 'same?' "$work/out")"

note "what is wrong is said, and ends"
check "a feed that there is not" 2 "$(stat_run tail --once --feed nosuch)"
check_match "and it is said" 'no such feed is known' \
	"$(cat "$work/err")"
check "no feed at all" 2 "$(stat_run tail --once --feed '')"
check "a feed that there is" 0 "$(stat_run tail --once --feed 'a,b;c')"
odd=$work/$'odd\xff\x9b'
mkdir "$odd"
check "a folder that is no UTF-8" 1 "$(stat_run -s "$odd" --json)"
check "its JSON is whole" right "$(json 2>&1 | tail -n 1)"

note "metrics"
check "metrics" 0 "$(stat_run metrics)"
check "move nothing" 0 "$(moving)"
check "no series is there twice" "" \
	"$(grep -v '^#' "$work/out" | sed 's/ [^ ]*$//' | sort | uniq -d)"
check "one end" 1 "$(grep -cx '# EOF' "$work/out")"

note "a crowd at the door"
for server in serve metrics; do
	"$weir_stat" -c "$config_file" "$server" --listen 127.0.0.1:0 \
		>"$work/$server.out" 2>"$work/$server.err" &
	web_pid=$!
	started+=("$web_pid")
	wait_until 10 grep -q 'http://' "$work/$server.out"
	web_port=$(sed -n 's/.*:\([0-9]*\)\/$/\1/p' "$work/$server.out")
	path=/api/feeds
	[ "$server" = serve ] || path=/metrics
	before=$(find "/proc/$web_pid/fd" | wc -l)
	for kind in idle drip refused slow; do
		check_match "$server, $kind" '^answered [1-9][0-9]*, not answered 0$' \
			"$(python3 "$crowd" "$web_port" "$path" "$kind" 100 1)"
	done
	is_empty() {
		[ "$(find "/proc/$web_pid/fd" | wc -l)" -le "$((before + 1))" ]
	}
	wait_until 5 is_empty
	check "$server: no descriptor stays" yes "$(is_empty && echo yes)"
	kill_and_wait "$web_pid"
done
finish
