#!/bin/bash
# weir-stat record beside a real Unbound: each event of a flood is in the history,
# or counted there as lost; a recorder that is stopped (SIGSTOP) or killed costs
# no answer.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
flood=${WEIR_RECORD_QUERIES:-10000}
scenario record

zone world.example <<-'END'
	*.flood A 192.0.2.11
END
echo flood.world.example >"$work/lists/block"
for ((i = 0; i < flood; i++)); do
	echo "n$i.flood.world.example"
done >"$work/names"
config <<-END
	block-ttl: 10
	statistics:
	  dnstap: tap.sock
	  history: "$work/history.db"
	  history-size: 16M
	feeds:
	  - name: block
	    file: "$work/lists/block"
	    format: domains
	    subdomains: true
END

recorder_start() {
	"$top_builddir/weir-stat" record -c "$work/weir.yaml" \
		2>>"$work/record.log" &
	recorder=$!
	started+=("$recorder")
}

is_connected() {
	[ "$(stat_of "m['dnstap']['reader']")" = connected ]
}

# What the history knows of: events, and lost ones.
known() {
	python3 - "$work/history.db" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		print(db.execute("SELECT sum(blocked) + sum(lost) FROM minute")
		      .fetchone()[0] or 0)
	END
}

is_known() {
	[ "$(known)" = "$1" ]
}

# All of it is answered NXDOMAIN, each at the first try.
flood_all() {
	"$tools/ask_many" -n 1 -x 5000 "$port" <"$work/names" >"$work/answers"
	check "$1: answers" "$flood" \
		"$(awk '$4 == 3' "$work/answers" | wc -l)"
}

resolver_start
apply
recorder_start
wait_until 10 is_connected
check "the recorder is found" 0 $?
flood_all "a recorder"
wait_until 20 is_known "$flood"
check "the history has" "$flood" "$(known)"

kill -STOP "$recorder"
flood_all "a recorder that is stopped"
flood_all "a recorder that is still stopped"
kill -CONT "$recorder"
sleep 1
# One more tells of what did not come before it.
expect 'NXDOMAIN [] soa=10/10 ede=15' more.flood.world.example A
wait_until 20 is_known "$((3 * flood + 1))"
check "the history has, or knows to be lost" "$((3 * flood + 1))" "$(known)"

kill -9 "$recorder"
wait "$recorder" 2>/dev/null
flood_all "a recorder that was killed"
recorder_start
wait_until 10 is_connected
check "the next one is found" 0 $?
expect 'NXDOMAIN [] soa=10/10 ede=15' more.flood.world.example A
sleep 2
kill "$recorder"
wait "$recorder"
check "it ends well" 0 $?
check "it says that one was killed" 1 \
	"$(grep -c 'the last writer was ended' "$work/record.log")"
check "nothing is there twice" yes \
	"$([ "$(known)" -le "$((4 * flood + 2))" ] && echo yes)"
finish
