#!/bin/bash
# kill -9 of `weir-load apply` at fifty random moments, with a resolver running
# on the database: after each it answers, blocks what was blocked before or
# what the new list blocks, and never stands still; the database opens; and the
# next apply works and is acknowledged.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario kill-live
rounds=${WEIR_KILLS:-50}
blocked="NXDOMAIN [] soa=60/60 ede=15"

zone plain.example <<-'END'
	good A 192.0.2.2
END
config <<-END
	keep-generations: 2
	feeds:
	  - name: names
	    file: $work/lists/names
END
seq -f 'name-%.0f.listed.example' 100000 >"$work/many"

# Every round another list: in every second one a third of the names is new, so
# that a base is written and not an overlay.
new_list() {
	{
		cat "$work/many"
		echo "round-$1.listed.example"
		[ $((10#0${1//[a-z]/} % 2)) = 0 ] ||
			seq -f "more-$1-%.0f.listed.example" 50000
	} >"$work/lists/names"
}

new_list 0
began_us=$(now_us)
apply
whole_us=$(($(now_us) - began_us + 20000))
resolver_start
killed=0
for ((round = 1; round <= rounds; round++)); do
	new_list "$round"
	"$weir_load" -c "$config_file" apply >"$work/apply.log" 2>&1 &
	pid=$!
	delay=$((RANDOM * RANDOM % whole_us))
	sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
	# The machine may have other things to do than when it was measured.
	if kill -9 "$pid" 2>/dev/null; then
		killed=$((killed + 1))
		whole_us=$((whole_us * 9 / 8))
	else
		whole_us=$((whole_us * 7 / 8 + 5000))
	fi
	wait "$pid" 2>/dev/null
	expect "$blocked" "name-$round.listed.example" A
	answered 192.0.2.2 good.plain.example A
	check "round $round: the database is whole" 0 \
		"$(load check >"$work/check.log" 2>&1; echo $?)"
done
check_number "killed in time" $((rounds / 4)) "$rounds" "$killed"
new_list last
apply
expect "$blocked" round-last.listed.example A
check "left over" "" "$(find "$work/db" -name '*.tmp')"
note "$killed of $rounds killed"
finish
