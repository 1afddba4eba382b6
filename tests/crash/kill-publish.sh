#!/bin/bash
# weir-feed publish and rotate, ended: before each of their writes, renames,
# fsyncs and so on, one after the other, in the middle of writes, and by kill -9 at
# fifty random moments.  After each the repository is whole for a client, what was
# published before or what was to be published; the next publish works and comes
# out at the right set; no version and no sequence number goes back, and none
# comes with other content.
set -euo pipefail
export LC_ALL=C
top=${top_builddir:-.}
feed=$top/weir-feed
die=$(cd "$top/tests/tools/.libs" && pwd)/die_at.so
rounds=${WEIR_KILLS:-50}
[ -f "$die" ] || {
	echo "no $die: make check builds it" >&2
	exit 1
}
asan=$(ldd "$feed" | grep -c libasan || true)
# What fsync does is counted here, not waited for.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/dir

fail() {
	echo "${what:-}, step ${step:-0}: $*" >&2
	cat "$work/out" >&2 || true
	ls -lR "$dir" >&2
	exit 1
}

run() {
	"$feed" "$@" >"$work/out" 2>&1 || fail "weir-feed $*"
}

# Versions and the sequence number, one a line, as a client sees them, whose clock
# is that of before (nothing has expired then); nothing before the first publish.
seen() {
	[ -f "$dir/public/metadata/timestamp.json" ] || return 0
	WEIR_FEED_NOW=$view run verify "$dir" --json
	sed -nE 's/^ *"(sequence|names|root|targets|snapshot|timestamp)": ([0-9]+),?$/\1 \2/p' \
		"$work/out" | sort
}

# The very files of the metadata that are current.
digest() {
	(cd "$dir/public/metadata" &&
		sha256sum timestamp.json 2>/dev/null) || true
}

value() {
	sed -n "s/^$1 //p" <<<"$2"
}

# not_back BEFORE AFTER
not_back() {
	local key
	[ -n "$1" ] || return 0
	for key in sequence root targets snapshot timestamp; do
		[ "$(value $key "$2")" -ge "$(value $key "$1")" ] ||
			fail "$key goes back: $1 / $2"
	done
}

# The names of the set, by way of all payloads: full and what lies over it.
printf 'geheim, und lang genug\n' >"$work/pass"
export WEIR_FEED_NOW=1800000000
view=$WEIR_FEED_NOW
run init "$dir" --feed crash --keys "$work/keys" --passphrase-file "$work/pass"
seq -f 'name-%.0f.example' 300 >"$work/list"

# What a step of the feed's life does; with others of its kind before it.
# One a second, so that at a certain time cuts are due.
declare -A later=([first]=1 [delta]=1 [whole]=1 [minute]=61 [hour]=3700
	[day]=90000 [sign]=30 [rotate]=5)

preload=
arguments_of() {
	case $1 in
	first | whole | minute | hour | day)
		arguments=(publish "$dir" "$work/list")
		;;
	delta) arguments=(publish "$dir" --add "$work/add" --del "$work/del") ;;
	sign) arguments=(publish "$dir") ;;
	rotate)
		arguments=(rotate "$dir" online --with "$work/keys/root-1.key"
			--with "$work/keys/root-2.key"
			--passphrase-file "$work/pass")
		;;
	esac
}

act() {
	arguments_of "$1"
	LD_PRELOAD=$preload "$feed" "${arguments[@]}"
}

prepare() {
	view=$WEIR_FEED_NOW
	WEIR_FEED_NOW=$((WEIR_FEED_NOW + later[$1]))
	case $1 in
	first) ;;
	whole | minute | hour | day)
		echo "$1-$RANDOM-$RANDOM.example" >>"$work/list"
		sed -i 1d "$work/list"
		;;
	delta)
		echo "delta-$RANDOM-$RANDOM.example" >"$work/add"
		head -n 1 "$work/list" >"$work/del"
		;;
	esac
}

# After an end: whole, and what it should be; then a publish that works.
check() {
	local before=$1 planned=$2 digest_before=$3 after last now_names
	after=$(seen)
	not_back "$before" "$after"
	if [ -n "$before" ] && [ "$(value timestamp "$after")" = \
		"$(value timestamp "$before")" ] && [ "$(digest)" != \
		"$digest_before" ]; then
		fail "one version of timestamp.json, two contents"
	fi
	[ "$after" = "$before" ] || [ -z "$planned" ] ||
		[ "$(value names "$after")" = "$(value names "$planned")" ] ||
		fail "neither before nor after: $after"
	cp "$work/list" "$work/next"
	echo "next-$step-$RANDOM.example" >>"$work/next"
	run publish "$dir" "$work/next"
	last=$(seen)
	not_back "$after" "$last"
	[ -z "$after" ] || {
		[ "$(value timestamp "$last")" -gt \
			"$(value timestamp "$after")" ] ||
			fail "the timestamp stands still"
		[ "$(value sequence "$last")" -gt \
			"$(value sequence "$after")" ] ||
			fail "the sequence stands still"
	}
	now_names=$(wc -l <"$work/next")
	[ "$(value names "$last")" = "$now_names" ] ||
		fail "$(value names "$last") names, not $now_names"
	[ -z "$(find "$dir/private" -name '*.tmp' -o -name next.json)" ] ||
		fail "something is left over"
	[ "$(find "$dir/private" -name '*.run' | wc -l)" = "$(grep -c \
		'"number": [1-9]' "$dir/private/state.json")" ] ||
		fail "runs that the state does not name"
}

sweep() {
	local steps before planned digest_before code
	what=$1
	prepare "$what"
	rm -rf "$work/clean"
	cp -a "$dir" "$work/clean"
	before=$(seen)
	digest_before=$(digest)
	preload=$die
	WEIR_DIE_COUNT=$work/count act "$what" >"$work/out" 2>&1 ||
		fail "without an end"
	preload=
	planned=$(seen)
	steps=$(cat "$work/count")
	[ "$steps" -gt 5 ] || fail "only $steps steps"
	# WEIR_SWEEP=1: all steps of each kind, which takes its time.
	stride=${WEIR_SWEEP:-$2}
	for ((step = 1; step <= steps; step += stride)); do
		rm -rf "$dir"
		cp -a "$work/clean" "$dir"
		code=0
		preload=$die
		WEIR_DIE_AT=$step WEIR_DIE_HALF=$((step % 2)) \
			act "$what" >"$work/out" 2>&1 || code=$?
		preload=
		[ "$code" = 99 ] || fail "did not die: $code"
		check "$before" "$planned" "$digest_before"
	done
	step=0
	rm -rf "$dir"
	cp -a "$work/clean" "$dir"
	act "$what" >"$work/out" 2>&1 || fail "after all"
	echo "$what: $steps steps"
}

if [ "$asan" = 0 ]; then
	sweep first 3
	sweep delta 1
	sweep whole 5
	sweep minute 5
	sweep hour 5
	sweep day 2
	sweep sign 3
	# Opening root keys takes its time, as it should.
	sweep rotate 8
else
	echo "no sweep: preloading does not go with AddressSanitizer"
	run publish "$dir" "$work/list"
fi

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

what=random
# Long enough to be hit.
seq -f 'more-%.0f.example' 20000 >>"$work/list"
run publish "$dir" "$work/list"
start=$(now_ms)
prepare whole
run publish "$dir" "$work/list"
whole_ms=$(($(now_ms) - start + 5))
kinds=(delta whole minute hour delta day)
killed=0
for ((step = 1; step <= rounds; step++)); do
	kind=${kinds[step % 6]}
	prepare "$kind"
	before=$(seen)
	digest_before=$(digest)
	arguments_of "$kind"
	# Not in a shell of its own, which would be what is killed.
	"$feed" "${arguments[@]}" >"$work/out" 2>&1 &
	pid=$!
	delay=$((RANDOM % whole_ms))
	sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
	# The kinds differ, and the machine may have other things to do by now.
	if kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1))
		whole_ms=$((whole_ms * 9 / 8))
	else
		whole_ms=$((whole_ms * 7 / 8 + 1))
	fi
	wait "$pid" 2>/dev/null || true
	check "$before" "" "$digest_before"
done
[ "$killed" -gt $((rounds / 8)) ] || fail "only $killed were killed in time"
echo "$killed of $rounds killed"
