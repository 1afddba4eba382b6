#!/bin/bash
# weir-stat serve: the page in a real browser (Chromium): numbers, an event within
# a second of its answer, the search, hostile names, widths and colours, nothing
# from elsewhere; and by plain HTTP: its headers, its JSON, who asks wrongly.
#
# Screenshots are left in tests/page/ of the build folder.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario page
need curl
browse=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/tools/browse.py

# get PATH [OPTION]...: status, and the text in $work/text, headers beside it.
get() {
	local path=$1
	shift
	curl -s --max-time 15 -D "$work/headers" -o "$work/text" \
		-w '%{http_code}' "$@" "http://127.0.0.1:$web_port$path"
}

json_of() {
	python3 -c "
import json
d = json.load(open('$work/text'))
print($1)" 2>&1 | tail -n 1
}

web_start() {
	"$weir_stat" -c "$config_file" serve --listen 127.0.0.1:0 \
		>"$work/web.out" 2>"$work/web.err" &
	web_pid=$!
	started+=("$web_pid")
	wait_until 10 grep -q '^page: http://' "$work/web.out" ||
		die "weir-stat serve says: $(cat "$work/web.err")"
	web_port=$(sed -n 's/.*:\([0-9]*\)\/$/\1/p' "$work/web.out")
}

has_event() {
	get '/api/events?after=' >"$work/status.text"
	[ "$(json_of "len(d['events'])")" -ge "$1" ]
}

zone plain.example <<-'END'
	* A 192.0.2.1
END
echo bad.example >"$work/lists/block"
echo "shadow.plain.example" >"$work/lists/shadow"
config <<-END
	sync: {state: "$work/sync"}
	statistics: {history: "$work/history.db"}
	feeds:
	- {name: threats, file: "$work/lists/block", category: malware}
	- {name: trial, file: "$work/lists/shadow", mode: shadow}
END
apply
mkdir "$work/sync"
cat >"$work/sync/status.json" <<-END
	{"v": 1, "written": 1, "feeds": [{"name": "threats", "kind": "signed",
	 "state": "fresh", "names": 1234567, "newer": $(date +%s),
	 "failures": 0, "url": "https://user:secret@feeds.example/"}]}
END

note "without a resolver"
web_start
check "the page" 200 "$(get /)"
check "totals" 200 "$(get /api/totals)"
check "no module" 0 "$(json_of "len(d['modules'])")"
check "events" 200 "$(get '/api/events?after=')"
check "time" 200 "$(get /api/time)"

note "headers, and who asks wrongly"
get / >"$work/status.text"
check_match "policy" "default-src 'none'.*script-src 'self'" \
	"$(grep -i '^content-security-policy' "$work/headers")"
check "nothing inline" 0 "$(grep -c '<style\|style=\|<script>\|onclick' \
	"$work/text")"
check_match "no sniffing" nosniff "$(cat "$work/headers")"
check "another site's name" 403 "$(get /api/totals -H 'Host: evil.example')"
check "POST" 405 "$(get /api/totals -X POST)"
check "a body" 000 "$(get /api/totals -d x=1)"
check "no such page" 404 "$(get /../../etc/passwd --path-as-is)"
check "no such kind" 400 "$(get '/api/top?kind=x')"
check "no name" 400 "$(get /api/explain)"
check "no secret" 0 "$(get /api/feeds >"$work/status.text"
	grep -c 'secret\|https' "$work/text")"
check "a long request" 000,414,431,400,413 \
	"$(case $(get "/$(seq 1 9000 | tr '\n' x)") in
	000 | 414 | 431 | 400 | 413) echo 000,414,431,400,413 ;;
	*) echo taken ;;
	esac)"

note "events and top lists"
resolver_start
for name in a b c d e; do
	ask "$name.bad.example" A
	ask "often.bad.example" A
	ask "$name.plain.example" A
done
ask shadow.plain.example A
wait_until 5 has_event 11 || check "events" 11 "$(json_of "len(d['events'])")"
check "the last one" "shadowed shadow.plain.example trial" \
	"$(json_of "'%s %s %s' % tuple(d['events'][-1][k]
		for k in ('outcome', 'name', 'shadow_feed'))")"
next=$(json_of "d['next']")
ask new.bad.example A
wait_until 5 has_event 12
get "/api/events?after=$next" >"$work/status.text"
check "what came since" "new.bad.example" \
	"$(json_of "' '.join(e['name'] for e in d['events'])")"
get '/api/events?after=x:y,1:2:3,,:' >"$work/status.text"
check "a place that is none: all" 12 "$(json_of "len(d['events'])")"
# shellcheck disable=SC2317 # for wait_until
is_listed() {
	get '/api/top?kind=names' >"$work/status.text"
	[ "$(json_of "len(d['rows'])")" = 7 ]
}
wait_until 5 is_listed
check "the most frequent" "often.bad.example 5" \
	"$(json_of "'%s %d' % (d['rows'][0]['key'], d['rows'][0]['count'])")"
get /api/time >"$work/status.text"
check "over time, without a history" "False 11" \
	"$(json_of "'%s %d' % (d['history'],
		sum(r['blocked'] for r in d['rows']))")"
if [ -x "$tools/history_year" ]; then
	"$tools/history_year" "$work/history.db" 2 600 64 >"$work/year" ||
		check "a history is made: $(tail -n 1 "$work/year")" yes no
	get /api/time >"$work/status.text"
	check "with a history: a day in quarters of an hour" "True 900" \
		"$(json_of "'%s %d' % (d['history'], d['step'])")"
fi
check "explain" 200 "$(get '/api/explain?name=www.bad.example')"
check_match "why" threats "$(cat "$work/text")"
check "an option" 200 "$(get '/api/explain?name=--help')"
check "is a name" "not listed" "$(json_of "d['result']")"

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
	note "Chromium"
	mkdir -p "$top_builddir/tests/page"
	HOME=$work timeout 120 python3 "$browse" \
		"http://127.0.0.1:$web_port/" "$top_builddir/tests/page" \
		"$port" >"$work/browse" 2>&1
	status=$?
	check "browse.py: $(grep -v '^ok' "$work/browse")" 0 $status
	checked=$((checked + $(grep -c '^ok' "$work/browse")))
else
	note "no chromium, no chromedriver: not looked at with a browser"
fi
kill "$web_pid"
wait "$web_pid"
check "exit status of weir-stat" 0 $?
check_lines "what weir-stat said" "$work/web.err"
finish
