#!/bin/bash
# kill -9 of `weir-load apply` at fifty random moments.  After each, `current`
# names a whole generation; at the end an apply works and nothing is left over.
set -euo pipefail
export LC_ALL=C
load=${WEIR_LOAD:-./weir-load}
rounds=${WEIR_KILLS:-50}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
conf=$work/weir.yaml

fail() {
	echo "round ${round:-0}: $*" >&2
	ls -l "$work/db" >&2
	exit 1
}

cat >"$conf" <<-END
	database: $work/db
	status: $work/status
	keep-generations: 2
	feeds:
	  - name: names
	    file: $work/list
	    format: domains
END
seq -f 'name-%.0f.example' 100000 >"$work/names"

# Every round another list, so that every apply has to build.
new_list() {
	{
		cat "$work/names"
		echo "round-$1.test"
	} >"$work/list"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

new_list 0
start=$(now_ms)
"$load" -c "$conf" apply >/dev/null || fail "the first apply"
whole_ms=$(($(now_ms) - start + 20))

killed=0 swapped=0
for ((round = 1; round <= rounds; round++)); do
	before=$(cat "$work/db/current")
	new_list "$round"
	"$load" -c "$conf" apply >/dev/null 2>&1 &
	pid=$!
	delay=$((RANDOM % whole_ms))
	sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
	if kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1))
	fi
	wait "$pid" 2>/dev/null || true
	[ "$(cat "$work/db/current")" = "$before" ] || swapped=$((swapped + 1))
	"$load" -c "$conf" check >/dev/null ||
		fail "the current generation is not whole"
	# Either the list before or the new one, nothing in between.
	names=$("$load" -c "$conf" check --json | sed -n 's/.*"names": //p')
	[ "${names%,}" = 100001 ] || fail "$names names"
	"$load" -c "$conf" status >/dev/null || fail "status"
done
[ "$killed" -gt $((rounds / 4)) ] || fail "only $killed were killed in time"

round=last
new_list last
"$load" -c "$conf" apply >/dev/null || fail "the apply after all"
"$load" -c "$conf" lookup --json round-last.test |
	grep -q '"listed": true' || fail "the new name is not there"
left=$(find "$work/db" -name '*.tmp')
[ -z "$left" ] || fail "left over: $left"
bases=$(find "$work/db" -name '*.base' | wc -l)
[ "$bases" -le 2 ] || fail "$bases base files where 2 are kept"
echo "$killed of $rounds killed, $swapped swapped before that"
