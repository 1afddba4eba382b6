#!/bin/bash
# weir-stat metrics: numbers are those of weir-stat --json; promtool finds nothing
# to say; a real Prometheus scrapes it as OpenMetrics and knows the numbers; the
# example's alerts are right; feeds of weir-sync are there as its status.json says,
# whatever stands in it; who asks wrongly gets nothing.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario metrics
need prometheus promtool
examples=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/examples
rules_test=$examples/../tests/data/weir-alerts.test.yml

# metric SERIES: its value in the last text.
metric() {
	awk -v series="$1" '$1 == series { print $2 }' "$work/metrics"
}

# http PATH [HEADER: VALUE]...: status, then headers, then the text.
http() {
	python3 - "$web_port" "$@" <<-'END'
		import http.client, sys
		conn = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), 10)
		fields = dict(f.split(": ", 1) for f in sys.argv[3:])
		method = fields.pop("METHOD", "GET")
		conn.putrequest(method, sys.argv[2], skip_host="Host" in fields,
		    skip_accept_encoding=True)
		for name, value in fields.items():
		    conn.putheader(name, value)
		conn.endheaders()
		answer = conn.getresponse()
		print(answer.status)
		for name, value in answer.getheaders():
		    print("%s: %s" % (name.lower(), value))
		print()
		sys.stdout.write(answer.read().decode())
	END
}

http_status() {
	http "$@" | sed -n 1p
}

web_start() {
	"$weir_stat" -c "$config_file" metrics --listen 127.0.0.1:0 \
		>"$work/web.out" 2>"$work/web.err" &
	web_pid=$!
	started+=("$web_pid")
	wait_until 10 grep -q '^metrics: http://' "$work/web.out" ||
		die "weir-stat metrics --listen says: $(cat "$work/web.err")"
	web_port=$(sed -n 's/.*:\([0-9]*\)\/$/\1/p' "$work/web.out")
}

# The recorder has taken out so many events.
is_recorded() {
	[ "$("$weir_stat" -c "$config_file" metrics |
		awk '/^weir_events_recorded_total/ { print $2 }')" = "$1" ]
}

prometheus_start() {
	prometheus_port=$(free_port)
	cat >"$work/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$examples/weir-alerts.yml"]
		scrape_configs:
		- job_name: weir
		  static_configs: [{targets: ["127.0.0.1:$web_port"]}]
	END
	prometheus --config.file="$work/prometheus.yml" --log.level=warn \
		--storage.tsdb.path="$work/tsdb" \
		--web.listen-address="127.0.0.1:$prometheus_port" \
		>"$work/prometheus.log" 2>&1 &
	started+=("$!")
}

# prometheus_asks QUERY: "LABELS VALUE" for each series, or an error.
prometheus_asks() {
	python3 - "$prometheus_port" "$1" <<-'END'
		import json, sys, urllib.parse, urllib.request
		url = "http://127.0.0.1:%s/api/v1/query?query=%s" % (
		    sys.argv[1], urllib.parse.quote(sys.argv[2]))
		try:
		    text = urllib.request.urlopen(url, timeout=5).read()
		except OSError as error:
		    sys.exit("no answer: %s" % error)
		for series in json.loads(text)["data"]["result"]:
		    print(series["value"][1])
	END
}

prometheus_says() {
	[ "$(prometheus_asks "$1" 2>/dev/null)" = "$2" ]
}

zone plain.example <<-'END'
	* A 192.0.2.1
	alias CNAME x.bad.example.
END
zone bad.example <<-'END'
	* A 192.0.2.9
END
echo bad.example >"$work/lists/block"
echo shadow.plain.example >"$work/lists/shadow"
config <<-END
	sync: {state: "$work/sync"}
	feeds:
	- {name: b, file: "$work/lists/block", category: malware}
	- {name: s, file: "$work/lists/shadow", mode: shadow}
END
apply

note "without a resolver"
"$weir_stat" -c "$config_file" metrics >"$work/metrics"
check "exit status" 0 $?
check "no module" 0 "$(metric weir_modules)"
check "the last line" "# EOF" "$(tail -n 1 "$work/metrics")"

note "counters"
resolver_start
for name in a b c; do
	ask "$name.bad.example" A
done
ask alias.plain.example A
ask b.bad.example AAAA +tcp
ask shadow.plain.example A
ask ok.plain.example A
wait_until 5 is_recorded 6
"$weir_stat" -c "$config_file" metrics >"$work/metrics"
module=module=\"$resolver_pid\"
check "queries" 7 "$(metric "weir_received_queries_total{$module}")"
check "blocked by name" 4 \
	"$(metric "weir_queries_total{$module,way=\"blocked-name\"}")"
check "blocked by alias" 1 \
	"$(metric "weir_queries_total{$module,way=\"blocked-alias\"}")"
check "all ways" 7 "$(awk '/^weir_queries_total/ { sum += $2 }
	END { print sum }' "$work/metrics")"
check "all outcomes" 7 "$(awk '/^weir_outcome_queries_total/ { sum += $2 }
	END { print sum }' "$work/metrics")"
check "feed" 5 \
	"$(metric "weir_feed_queries_total{$module,feed=\"b\",outcome=\"blocked\"}")"
check "feed in shadow mode" 1 \
	"$(metric "weir_feed_queries_total{$module,feed=\"s\",outcome=\"shadowed\"}")"
check "category" 5 "$(metric \
	"weir_category_queries_total{$module,category=\"malware\",outcome=\"blocked\"}")"
check "TCP" 1 \
	"$(metric "weir_transport_queries_total{$module,transport=\"tcp\"}")"
check "AAAA, blocked" 1 \
	"$(metric "weir_blocked_type_queries_total{$module,type=\"AAAA\"}")"
check "weir's own time" 7 "$(metric "weir_work_seconds_count{$module}")"
check "in the last bucket" 7 \
	"$(metric "weir_work_seconds_bucket{$module,le=\"+Inf\"}")"
check "events lost" 0 "$(metric "weir_events_lost_total{$module}")"
check "acknowledged" 1 "$(metric "weir_acknowledged{$module}")"
check "generation" "$(stat_of "m['generation']")" \
	"$(metric "weir_generation{$module}")"
check "no feed of weir-sync, which has not run" 0 \
	"$(grep -c weir_sync "$work/metrics")"
check "no name and no client" 0 \
	"$(grep -c 'example\|127\.0\.0' "$work/metrics")"

note "over HTTP, with feeds of weir-sync"
mkdir "$work/sync"
now=$(date +%s)
cat >"$work/sync/status.json" <<-END
	{"v": 1, "written": $now, "feeds": [
	{"name": "b", "kind": "signed", "state": "refused", "names": 12,
	 "newer": $((now - 100)), "published_ms": ${now}500, "failures": 2,
	 "polls": 9, "moved": 4096,
	 "loader": {"exit": 0, "in_force": true, "held": false},
	 "to_force": {"p50_ms": 250, "p99_ms": 1500, "max_ms": 2000}},
	{"name": "b", "state": "fresh"}, {"name": "", "state": "fresh"}, 7,
	{"name": "x\"y\\\\z\\nq", "state": "fresh", "loader": null}]}
END
web_start
http /metrics >"$work/metrics"
check "status" 200 "$(head -n 1 "$work/metrics")"
check "feed is refused" 1 \
	"$(metric 'weir_sync_feed_state{feed="b",state="refused"}')"
check "and nothing else" 0 \
	"$(metric 'weir_sync_feed_state{feed="b",state="fresh"}')"
check_number "its age" 100 160 "$(metric 'weir_sync_feed_age_seconds{feed="b"}')"
check "time to protect" 1.5 "$(metric \
	'weir_sync_feed_time_to_protect_seconds{feed="b",percentile="99"}')"
check "a hostile name stays a label" 1 "$(grep -cF \
	'weir_sync_feed_state{feed="x\"y\\z?q",state="fresh"} 1' \
	"$work/metrics")"
sed '1,/^$/d' "$work/metrics" >"$work/text"
promtool check metrics <"$work/text" >"$work/lint" 2>&1
check "promtool check metrics" 0 $?
check_lines "what promtool says" "$work/lint"
http /metrics "Accept: application/openmetrics-text; version=1.0.0" \
	>"$work/metrics"
check_match "OpenMetrics" 'application/openmetrics-text; version=1.0.0' \
	"$(grep '^content-type' "$work/metrics")"
check "the last line" "# EOF" "$(tail -n 1 "$work/metrics")"

note "who asks wrongly"
check "another path" 404 "$(http_status /)"
check "another site's name" 403 "$(http_status /metrics "Host: evil.example")"
check "no Host" 403 "$(http_status /metrics "Host: ")"
check "localhost" 200 "$(http_status /metrics "Host: localhost:$web_port")"
check "POST" 405 "$(http_status /metrics "METHOD: POST")"
check_match "no sniffing" nosniff "$(http /metrics)"
timeout 10 "$weir_stat" -c "$config_file" metrics --listen nowhere 2>/dev/null
check "--listen nowhere" 2 $?
timeout 10 "$weir_stat" -c "$config_file" metrics --listen "127.0.0.1:$web_port" \
	2>"$work/text"
check "a port that is taken" 1 $?
check_match "which is said" 'cannot listen at' "$(cat "$work/text")"

note "Prometheus"
check "rules" 0 "$(promtool check rules "$examples/weir-alerts.yml" \
	>"$work/text" 2>&1; echo $?)"
check "tests of rules: $(promtool test rules "$rules_test" 2>&1)" 0 \
	"$(promtool test rules "$rules_test" >/dev/null 2>&1; echo $?)"
prometheus_start
wait_until 30 prometheus_says 'up' 1 ||
	check "Prometheus scrapes" 1 "$(prometheus_asks up 2>&1)"
check "queries" 7 "$(prometheus_asks 'sum(weir_queries_total)')"
check "a type is known" counter "$(python3 -c "
import json, urllib.request
text = urllib.request.urlopen(
    'http://127.0.0.1:$prometheus_port/api/v1/metadata').read()
print(json.loads(text)['data']['weir_queries'][0]['type'])" 2>&1 | tail -n 1)"
ask d.bad.example A
wait_until 10 prometheus_says 'sum(weir_queries_total)' 8 ||
	check "one more" 8 "$(prometheus_asks 'sum(weir_queries_total)')"
check_match "an alert is on its way" WeirFeedRefused "$(python3 -c "
import urllib.request
print(urllib.request.urlopen(
    'http://127.0.0.1:$prometheus_port/api/v1/alerts').read())" 2>&1)"
check "the dashboard's questions are understood, and of metrics that exist" \
	"11 asked, 0 wrong" "$(python3 - "$prometheus_port" \
	"$examples/weir-dashboard.json" "$work/metrics" <<-'END' 2>&1
		import json, re, sys, urllib.parse, urllib.request
		text = open(sys.argv[3]).read()
		asked = wrong = 0
		for panel in json.load(open(sys.argv[2]))["panels"]:
		    for target in panel["targets"]:
		        query = target["expr"].replace("$instance", ".*")
		        asked += 1
		        wrong += not all(name in text for name in
		                         re.findall(r"weir_[a-z_]+(?={)", query))
		        url = "http://127.0.0.1:%s/api/v1/query?query=%s" % (
		            sys.argv[1], urllib.parse.quote(query))
		        try:
		            urllib.request.urlopen(url, timeout=5).read()
		        except OSError:
		            wrong += 1
		print("%d asked, %d wrong" % (asked, wrong))
	END
	)"
resolver_stop
wait_until 10 prometheus_says weir_modules 0 ||
	check "the resolver is gone" 0 "$(prometheus_asks weir_modules)"
kill "$web_pid"
wait "$web_pid"
check "exit status of weir-stat" 0 $?
check_lines "what weir-stat said" "$work/web.err"
finish
