#!/bin/bash
# kill -9 of weir-load at fifty random moments: of an `apply` that writes a base,
# of one that writes an overlay, of a `delta`, of a `compact`.  After each,
# `current` names a whole generation; at the end an apply works and nothing is
# left over.
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

# A hundred thousand names, all others each time, and one more.
new_base() {
	seq -f "name-%.0f.$1.example" 100000 >"$work/list"
	echo "round-$1.test" >>"$work/list"
}

# The same list but for its last name.
new_overlay() {
	sed -i "\$s/.*/round-$1.test/" "$work/list"
}

# Five hundred names for as many of those that are there.
new_delta() {
	"$load" -c "$conf" dump | sed -n '1,500s/\t.*//p' >"$work/del"
	seq -f "delta-$1-%.0f.example" 500 >"$work/add"
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# prepare KIND ROUND; then run it, and it ends with 100,001 names.
prepare() {
	case $1 in
	base) new_base "$2" ;;
	overlay) new_overlay "$2" ;;
	delta | compact) ;;
	esac
}

run() {
	case $1 in
	delta)
		exec "$load" -c "$conf" delta names --no-compact \
			--add "$work/add" --del "$work/del"
		;;
	compact) exec "$load" -c "$conf" compact ;;
	*) exec "$load" -c "$conf" apply ;;
	esac
}

kinds=(base overlay delta compact)
declare -A whole_ms
for i in 1 2; do # the first one has nothing to compare with
	for kind in "${kinds[@]}"; do
		prepare "$kind" "first$i"
		[ "$kind" != delta ] || new_delta "first$i"
		start=$(now_ms)
		(run "$kind") >/dev/null || fail "the first $kind"
		whole_ms[$kind]=$(($(now_ms) - start + 5))
	done
done

killed=0 swapped=0
for ((round = 1; round <= rounds; round++)); do
	kind=${kinds[round % 4]}
	prepare "$kind" "$round"
	# What is added takes the place of what is deleted: the sum stays.
	[ "$kind" != delta ] || new_delta "$round"
	before=$(cat "$work/db/current")
	(run "$kind") >/dev/null 2>&1 &
	pid=$!
	delay=$((RANDOM % whole_ms[$kind]))
	sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
	# The machine may have other things to do than when it was measured.
	if kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1))
		whole_ms[$kind]=$((whole_ms[$kind] * 9 / 8))
	else
		whole_ms[$kind]=$((whole_ms[$kind] * 7 / 8 + 1))
	fi
	wait "$pid" 2>/dev/null || true
	[ "$(cat "$work/db/current")" = "$before" ] || swapped=$((swapped + 1))
	"$load" -c "$conf" check >/dev/null ||
		fail "the current generation is not whole"
	# Either the list before or the new one, nothing in between.
	names=$("$load" -c "$conf" check --json | sed -n 's/.*"names": //p')
	[ "${names%,}" = 100001 ] || fail "$names names after $kind"
	"$load" -c "$conf" status >/dev/null || fail "status"
done
[ "$killed" -gt $((rounds / 4)) ] || fail "only $killed were killed in time"

round=last
new_base last
"$load" -c "$conf" apply >/dev/null || fail "the apply after all"
"$load" -c "$conf" lookup --json round-last.test |
	grep -q '"listed": true' || fail "the new name is not there"
"$load" -c "$conf" compact >/dev/null || fail "the compact after all"
left=$(find "$work/db" -name '*.tmp' -o -name 'compact.base')
[ -z "$left" ] || fail "left over: $left"
bases=$(find "$work/db" -name '*.base' | wc -l)
[ "$bases" -le 2 ] || fail "$bases base files where 2 are kept"
echo "$killed of $rounds killed, $swapped swapped before that"
