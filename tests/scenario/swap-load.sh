#!/bin/bash
# Twenty swaps of a big list while dnsperf asks for cached, allowed names: no
# query is lost and none gets SERVFAIL.  The longest answer time is printed
# beside that of a run without swaps; how long it is depends on the machine and
# fails nothing.  1 and 2 threads.
#
# The list: 200,000 names that are made here; or, with WEIR_SHARED_DATA (the
# folder of real lists), the 1.16 million names of its
# scale/maltrail-domains-merged.txt.zst.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario swap-load
need dnsperf
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

swaps=20
rate=8000 # queries/s, what leaves a small machine time for the rest

make_list() {
	local real=${WEIR_SHARED_DATA:-/nonexistent}
	real=$real/scale/maltrail-domains-merged.txt.zst
	if [ -r "$real" ] && command -v zstd >/dev/null; then
		zstd -qdc "$real"
	else
		awk 'BEGIN {
			srand(7)
			for (i = 0; i < 200000; i++)
				printf "%x-%d.listed%d.example\n",
					rand() * 1e9, i, i % 977
		}'
	fi >"$work/lists/big"
	echo "$(wc -l <"$work/lists/big") names in the list"
}

# both, with=1: one name more.
write_config() {
	{
		printf 'feeds:\n  - name: big\n    file: "%s"\n' \
			"$work/lists/big"
		printf '    format: domains\n'
		[ "$1" = 0 ] || printf 'deny:\n  - swap.plain.example\n'
	} | config
}

field() {
	sed -n "s/^ *$1: *//p" "$2"
}

# perf_result FILE: what dnsperf has seen.
perf_result() {
	local sent lost codes latency
	sent=$(field 'Queries sent' "$1")
	lost=$(field 'Queries lost' "$1")
	codes=$(field 'Response codes' "$1")
	latency=$(field 'Average Latency (s)' "$1")
	check "$2: queries lost" "0 (0.00%)" "$lost"
	check_match "$2: response codes" '^NOERROR [0-9]+ \(100.00%\)$' \
		"$codes"
	check_number "$2: queries" 1000 100000000 "$sent"
	max_ms=$(awk '{ gsub(/.*max /, ""); sub(/\).*/, "")
		printf "%.1f", $0 * 1000 }' <<<"$latency")
	seconds=$(awk -F : '/Run time/ { printf "%d", $2 + 1 }' "$1")
	echo "   $2: $sent queries, longest answer time $max_ms ms"
}

perf_start() {
	dnsperf -p "$port" -s 127.0.0.1 -d "$work/queries" -c $((4 * threads)) \
		-Q $rate -q 200 -t 2 -l "$1" >"$work/perf" 2>&1 &
	perf=$!
	started+=("$perf")
}

# The swap that block or free one name; sets generation.
swap_to() {
	local text
	if [ -n "${generation[$1]:-}" ]; then
		text=$(load --json rollback "${generation[$1]}" 2>&1)
	else
		write_config "$1"
		text=$(load --json apply 2>&1)
		generation[$1]=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["generation"])' <<<"$text")
	fi
	check_match "swap: $text" '"generation"' "$text"
	ask swap.plain.example A
	check "after a swap: $asked" "$2" "$rcode"
}

# Four are built anew, the others are rollbacks.
swap_all() {
	local i wanted=(NOERROR NXDOMAIN)
	generation=()
	for ((i = 1; i <= swaps; i++)); do
		[ $i != $((swaps / 2)) ] || generation=()
		swap_to $((i % 2)) "${wanted[i % 2]}"
	done
}

# The same work of the loader on a database that no resolver reads: what the
# machine's two other programs cost the resolver, without a swap.
beside_all() {
	local i beside=$work/beside.yaml
	sed -e "s|^database:.*|database: \"$work/beside-db\"|" \
		-e "s|^status:.*|status: \"$work/beside-status\"|" \
		"$config_file" >"$beside"
	rm -rf "$work/beside-db"
	for ((i = 1; i <= swaps; i++)); do
		sed -i '/^deny:/,$d' "$beside"
		[ $((i % 2)) = 0 ] || printf 'deny:\n  - swap.plain.example\n' \
			>>"$beside"
		if [ $i -le 2 ] || [ $i = $((swaps / 2)) ] ||
			[ $i = $((swaps / 2 + 1)) ]; then
			"$weir_load" -c "$beside" apply >"$work/text" 2>&1
		else
			"$weir_load" -c "$beside" rollback >"$work/text" 2>&1
		fi
		check "beside: $(tail -n 1 "$work/text")" 0 $?
		# And what this script itself costs with each swap.
		ask swap.plain.example A
		python3 -c 'pass'
	done
}

one_round() {
	local serial with beside
	note "$threads threads"
	write_config 0
	apply
	resolver_start
	"$ask_many" "$port" <"$work/names" >"$work/answers"
	check "names answered" 2000 \
		"$(awk '$4 == 0 && $5 == 1' "$work/answers" | wc -l)"
	serial=$(stat_of "m['serial']")
	perf_start 600
	sleep 1
	swap_all
	kill -INT "$perf"
	wait "$perf"
	perf_result "$work/perf" "$swaps swaps"
	with=$max_ms
	check "swaps" $swaps $(($(stat_of "m['serial_acknowledged']") - serial))
	perf_start 600
	sleep 1
	beside_all
	kill -INT "$perf"
	wait "$perf"
	perf_result "$work/perf" "the loader beside, no swap"
	beside=$max_ms
	perf_start "$((seconds < 20 ? seconds : 20))"
	wait "$perf"
	perf_result "$work/perf" "without swaps"
	echo "   longest answer time: $with ms with swaps, $beside ms with the" \
		"loader beside and no swap, $max_ms ms with neither"
	stat_of "'   sweep: %d looked at, %.1f ms' % (
		m['sweep']['looked_at'], m['sweep']['us'] / 1000)"
	check "queries that the module saw pass or block" ok \
		"$(stat_of "'ok' if w['failed_pass'] + w['failed_servfail'] \
== 0 else w")"
	resolver_stop
}

{
	echo "swap A 192.0.2.1"
	seq -f 'w%.0f A 192.0.2.2' 0 1999
} | zone plain.example
seq -f 'w%.0f.plain.example' 0 1999 >"$work/names"
sed 's/$/ A/' "$work/names" >"$work/queries"
make_list
for threads in 1 2; do
	one_round
done
finish
