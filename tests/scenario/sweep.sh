#!/bin/bash
# The sweep of a big cache: 100,000 messages, every fourth an alias, at rest and
# under dnsperf.  Each swap looks at all of them, and removes what it blocks.
# How long it takes, and how long it holds locks that a worker may wait for, is
# printed and fails nothing.
#
# WEIR_SWEEP_MESSAGES=1000000 is a cache of the size that big resolvers have (a
# minute and 1.5 GB); WEIR_SWEEP_SWAPS the sweeps of each kind; WEIR_SHARED_DATA
# as in swap-load.sh.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario sweep
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

messages=${WEIR_SWEEP_MESSAGES:-100000}
swaps=${WEIR_SWEEP_SWAPS:-3}
rate=8000
swap_count=0

# swap DENIED: an apply, or a rollback if there was one of that name.
declare -A generation
swap() {
	local text
	if [ -n "${generation[$1]:-}" ]; then
		text=$(load --json rollback "${generation[$1]}" 2>&1)
	else
		config <<-END
			feeds:
			  - {name: big, file: "$work/lists/big", format: domains}
			deny: [$1]
		END
		text=$(load --json apply 2>&1)
		generation[$1]=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["generation"])' <<<"$text")
	fi
	check_match "swap: $text" '"result": "applied"' "$text"
}

# say_sweep WHAT: what the last one took.
say_sweep() {
	stat_of "'   $1: {looked_at} messages, {removed} removed in' \
' {us} us; a table held for {table_hold_max_us} us at most,' \
' {table_hold_running_max_us} while it ran; bins for {bins_hold_max_us},' \
' {bins_hold_running_max_us} while it ran; it lost the processor' \
' {holds_preempted} times in a hold'.format(**m['sweep'])"
}

# sweeps WHAT: some swaps, and what their sweeps took.
sweeps() {
	local i looked
	for ((i = 0; i < swaps; i++)); do
		swap_count=$((swap_count + 1))
		swap $((swap_count % 2)).denied.example
		looked=$(stat_of "m['sweep']['looked_at']")
		check_number "$1: messages looked at" $messages \
			$((messages + messages / 10 + 1000)) "$looked"
		say_sweep "$1"
	done
}

echo '* 86400 A 192.0.2.1' | zone plain
echo '* 86400 CNAME www.target.example.' | zone alias
echo '* 86400 A 192.0.2.2' | zone target.example
echo '@ 86400 A 192.0.2.3' | zone denied.example
awk -v count="$messages" 'BEGIN {
	for (i = 0; i < count; i++)
		print "www.host-" i "." (i % 4 ? "plain" : "alias")
}' >"$work/names"
head -n 2000 "$work/names" | sed 's/$/ A/' >"$work/queries"
big_list >"$work/lists/big"
echo "$(wc -l <"$work/lists/big") names in the list"
server_lines=$(printf '  msg-cache-size: 1g\n  rrset-cache-size: 1g')
threads=2
swap 0.denied.example
resolver_start
"$ask_many" -w 200 "$port" <"$work/names" >"$work/answers"
check "answers" "$messages" "$(awk '$4 == 0' "$work/answers" | wc -l)"
sweeps "at rest"
if command -v dnsperf >/dev/null; then
	dnsperf -p "$port" -s 127.0.0.1 -d "$work/queries" -c 8 -Q $rate \
		-q 200 -t 2 -l 600 >"$work/perf" 2>&1 &
	perf=$!
	started+=("$perf")
	sweeps "under load"
	kill -INT "$perf"
	wait "$perf"
	check_match "codes under load" 'NOERROR [0-9]+ \(100.00%\)' \
		"$(grep 'Response codes' "$work/perf")"
fi
# What blocks a lot removes a lot: all aliases.
swap target.example
check "removed" yes "$(stat_of "'yes' if m['sweep']['removed'] >= \
$messages // 4 else m['sweep']")"
say_sweep "aliases blocked"
expect "NXDOMAIN [] soa=60/60 ede=15" www.host-4.alias A
finish
