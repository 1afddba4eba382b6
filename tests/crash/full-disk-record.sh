#!/bin/bash
# weir-stat record on a disk that fills up: it goes on, says so, counts what is
# lost, and writes again when there is room.  Needs root for a small tmpfs.
set -euo pipefail
export LC_ALL=C
top=${top_builddir:-.}
work=$(mktemp -d)
record=
stop() {
	[ -z "$record" ] || kill -9 "$record" 2>/dev/null || true
	wait 2>/dev/null || true
	umount "$work/disk" 2>/dev/null || true
	rm -rf "$work"
}
trap stop EXIT
mkdir "$work/disk"
mount -t tmpfs -o size=12m tmpfs "$work/disk" 2>/dev/null || {
	echo "skipped: no right to mount a small tmpfs"
	exit 77
}
db=$work/disk/history.db
socket=$work/tap.sock

fail() {
	echo "$*" >&2
	cat "$work/log" >&2
	df "$work/disk" >&2
	exit 1
}

# ask SQL: of a copy, since a reader needs room as well.
ask() {
	python3 - "$db" "$1" <<-'END'
	import sqlite3, sys
	print(sqlite3.connect("file:%s" % sys.argv[1], uri=True)
	      .execute(sys.argv[2]).fetchone()[0] or 0)
	END
}

send() {
	"$top/tests/tools/tap_send" "$socket" "$1" >"$work/sent" ||
		fail "the sender had to wait: $(cat "$work/sent")"
}

cat >"$work/weir.yaml" <<END
database: $work/db
status: $work/status
statistics: {dnstap: $socket, history: $db, history-size: 32M}
END
# What does not belong to weir fills most of it.
head -c 6M /dev/zero >"$work/disk/other"
"$top/weir-stat" record -c "$work/weir.yaml" 2>"$work/log" &
record=$!
for _ in $(seq 600); do
	[ ! -S "$socket" ] || break
	sleep 0.1
done
send 500
send 40000
sleep 2
for _ in $(seq 300); do
	! grep -q 'full' "$work/log" || break
	sleep 0.2
done
kill -0 "$record" 2>/dev/null || fail "it has ended"
grep -q 'full' "$work/log" || fail "no word of a full disk"
[ "$(wc -l <"$work/log")" -lt 20 ] || fail "too many words"

rm "$work/disk/other"
for _ in $(seq 300); do
	! grep -q 'written again' "$work/log" || break
	sleep 0.2
done
grep -q 'written again; [0-9]* events were lost' "$work/log" ||
	fail "it does not go on"
send 300
kill "$record"
wait "$record" || fail "SIGTERM: exit code $?"
record=
kept=$(ask "SELECT sum(blocked + shadowed) FROM minute")
lost=$(ask "SELECT sum(lost) FROM minute")
[ $((kept + lost)) = 40800 ] || fail "$kept kept, $lost lost: not 40800"
[ "$lost" -gt 0 ] || fail "nothing was lost: was the disk full?"
[ "$kept" -ge 800 ] || fail "$kept kept, $lost lost"
[ "$(ask 'PRAGMA integrity_check')" = ok ] || fail "the file is damaged"
echo "$kept events kept, $lost lost and counted"
