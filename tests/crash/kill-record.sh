#!/bin/bash
# weir-stat record, killed at random moments while events come in: each time the
# history is whole, what was in it stays, its tables agree with one another, and
# the gap is known.
#
# WEIR_KILLS: how often, 50 without it.
set -euo pipefail
export LC_ALL=C
top=${top_builddir:-.}
kills=${WEIR_KILLS:-50}
work=$(mktemp -d)
record=
sender=
stop() {
	[ -z "$record" ] || kill -9 "$record" 2>/dev/null || true
	[ -z "$sender" ] || kill -9 "$sender" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap stop EXIT
db=$work/history.db
socket=$work/tap.sock

fail() {
	echo "kill ${i:-0}: $*" >&2
	tail -n 5 "$work/log" >&2
	exit 1
}

# Room for all that is sent: a history that is full lets go of its oldest events,
# and then the tables need not agree.
events=20000
cat >"$work/weir.yaml" <<END
database: $work/db
status: $work/status
statistics: {dnstap: $socket, history: $db, history-size: $((64 + 4 * kills))M}
END

# The events that the tables tell of, each in its own way; and gaps.
cat >"$work/ask.py" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
one = lambda sql: db.execute(sql).fetchone()[0] or 0
if one("PRAGMA integrity_check") != "ok":
    sys.exit("the file is damaged")
counts = {
    "minutes": one("SELECT sum(blocked + shadowed) FROM minute"),
    "hours": one("SELECT sum(blocked + shadowed) FROM hour"),
    "events": one("SELECT sum(times) FROM event"),
    "types": one("SELECT sum(count) FROM open JOIN list ON id = list "
                 "WHERE kind = 5 AND span = 3600"),
}
if len(set(counts.values())) != 1:
    sys.exit("the tables do not agree: %r" % counts)
print(counts["events"], one("SELECT count(*) FROM gap WHERE is_killed"))
END

# soon COMMAND...: within a minute, which a busy machine may take.
soon() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not within a minute: $*"
		sleep 0.02
	done
}

# It began with no journal, or a short one: this is an event's doing.
writes() {
	[ "$(stat -c %s "$db-wal" 2>/dev/null || echo 0)" -gt 200000 ]
}

had=0
gaps=0
for i in $(seq 1 "$kills"); do
	rm -f "$socket"
	"$top/weir-stat" record -c "$work/weir.yaml" 2>>"$work/log" &
	record=$!
	timeout 120 "$top/tests/tools/tap_send" "$socket" $events \
		>/dev/null 2>&1 &
	sender=$!
	# It has got wherever it has; as far as to listen; as far as to write.
	case $((i % 3)) in
	1) soon test -S "$socket" ;;
	2) soon writes ;;
	esac
	sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
	kill -9 "$record"
	wait "$record" 2>/dev/null || true
	kill "$sender" 2>/dev/null || true
	wait "$sender" 2>/dev/null || true
	[ -e "$db" ] || continue
	# Killed before it had made its tables: there is nothing to ask.
	answer=$(python3 "$work/ask.py" "$db" 2>"$work/why") || {
		grep -q 'no such table' "$work/why" && [ "$had" = 0 ] && continue
		fail "$(cat "$work/why")"
	}
	read -r has gaps <<<"$answer"
	[ "$has" -ge "$had" ] || fail "$had events were there, and now $has"
	had=$has
done
[ "$had" -gt 1000 ] || fail "only $had events came through"
# Those that follow on one another within a second are one.
[ "$gaps" -ge 1 ] || fail "no gap is known"
told=$(grep -c 'the last writer was ended' "$work/log") || true
[ "$told" -ge $((kills / 4)) ] || fail "only $told were told of"

# And it ends well.
rm -f "$socket"
"$top/weir-stat" record -c "$work/weir.yaml" 2>>"$work/log" &
record=$!
soon test -S "$socket"
"$top/tests/tools/tap_send" "$socket" 1000 >"$work/sent" ||
	fail "not sent: $(cat "$work/sent")"
kill "$record"
wait "$record" || fail "SIGTERM: exit code $?"
record=
read -r has gaps <<<"$(python3 "$work/ask.py" "$db")"
[ "$has" = $((had + 1000)) ] || fail "$had and 1000 events make $has"
[ ! -e "$db-wal" ] || fail "the journal is still there"
echo "$kills kills, $told told of: $has events, $gaps gaps"
