#!/bin/bash
# The state of a signed feed, and a process that ends while it takes a payload:
# before each of its writes, renames, fsyncs and so on, one after the other, and
# in the middle of each write.  After each the state is that of before or that of
# after, all of it; taking the payload once more works; nothing is left over.  The
# same with calls that fail, as on a full disk.
#
# stdio writes with system calls of its own, which are not seen here; what it has
# written is there or not, at the rename that follows.
set -euo pipefail
export LC_ALL=C
top=${top_builddir:-.}
take=$top/tests/tools/feed_take
die=$(cd "$top/tests/tools/.libs" && pwd)/die_at.so
load=${WEIR_LOAD:-$top/weir-load}
for tool in "$take" "$die"; do
	[ -f "$tool" ] || {
		echo "no $tool: make check builds it" >&2
		exit 1
	}
done
if ldd "$take" | grep -q libasan; then
	echo "skipped: preloading does not go with AddressSanitizer"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gen=0123456789abcdef

fail() {
	echo "step ${step:-0}, ${how:-}: $*" >&2
	ls -l "$work/state" >&2
	exit 1
}

# payload KIND FROM TO < LINES
payload() {
	{
		echo "weir-feed 1 names $gen $1 $2 $3"
		sort -k 1.2
	} >"$work/$1-$3"
}

# What the state says, as the loader reads it.
names() {
	"$load" -c "$work/weir.yaml" lint --json "$work/state" |
		grep -o '"names": [0-9]*'
	grep -o '"sequence": [0-9]*' "$work/state/state.json"
}

printf 'database: %s/db\nstatus: %s/status\n' "$work" "$work" >"$work/weir.yaml"
seq -f '+name-%.0f.example' 8000 | payload full 0 1
seq -f '+other-%.0f.example' 8500 | payload full 0 30
for at in $(seq 2 13); do
	{
		echo "+new-$at.example"
		echo "-name-$at.example"
	} | payload head $((at - 1)) "$at"
done

# sweep WHAT PAYLOAD BEFORE...: dies at each step of taking the payload over a
# state that was made of those before.
sweep() {
	local what=$1 payload=$2 was is steps code
	shift 2
	rm -rf "$work/state" "$work/clean"
	mkdir "$work/state"
	[ $# = 0 ] || "$take" "$work/state" "$@" >/dev/null
	cp -a "$work/state" "$work/clean"
	was=$([ $# = 0 ] || names)
	WEIR_DIE_COUNT=$work/count LD_PRELOAD=$die \
		"$take" "$work/state" "$payload" >/dev/null
	is=$(names)
	steps=$(cat "$work/count")
	[ "$steps" -gt 5 ] || fail "only $steps steps"
	for how in die half fail; do
		for step in $(seq 1 "$steps"); do
			rm -rf "$work/state"
			cp -a "$work/clean" "$work/state"
			code=0
			LD_PRELOAD=$die WEIR_DIE_AT=$step \
				WEIR_DIE_HALF=$([ $how != half ] || echo 1) \
				WEIR_DIE_FAIL=$([ $how != fail ] || echo 1) \
				"$take" "$work/state" "$payload" \
				>/dev/null 2>&1 || code=$?
			[ "$code" = 99 ] || [ $how = fail ] ||
				fail "did not die: $code"
			if [ -f "$work/state/state.json" ]; then
				now=$(names)
			else
				now=
			fi
			[ "$now" = "$was" ] || [ "$now" = "$is" ] ||
				fail "the state is neither: $now"
			[ "$code" != 0 ] || [ "$now" = "$is" ] ||
				fail "said to be taken, and is not"
			"$take" "$work/state" "$payload" >/dev/null ||
				fail "the payload is not taken any more"
			[ "$(names)" = "$is" ] || fail "another state: $(names)"
			[ -z "$(find "$work/state" -name '*.tmp' \
				! -name state.json.tmp)" ] ||
				fail "something is left over"
			[ "$(find "$work/state" -name '*.full' -o \
				-name '*.head' -o -name '*.day' | wc -l)" = \
				"$(grep -c '"name"' "$work/state/state.json")" ] ||
				fail "files that the state does not name"
		done
	done
	echo "$what: $steps steps, three times"
}

sweep "the first" "$work/full-1"
sweep "a delta" "$work/head-2" "$work/full-1"
sweep "a full over another" "$work/full-30" "$work/full-1" "$work/head-2"
sweep "a fold" "$work/head-13" "$work/full-1" \
	"$work"/head-{2,3,4,5,6,7,8,9,10,11,12}
