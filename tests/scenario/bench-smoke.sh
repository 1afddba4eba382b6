#!/bin/bash
# The benchmark, with 2,000 names and one short round: each resolver that is
# installed gives the right answers, and table, JSON and plot come out whole.
# What it measures is worth nothing here, and fails nothing.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario bench-smoke
need dnsperf
top=${top_srcdir:-$(dirname "$0")/../..}
for program in lookup parse watch; do
	[ -x "$top_builddir/bench/$program" ] ||
		die "no bench/$program: make check builds it"
done

"$top/bench/bench.py" --smoke --build "$top_builddir" --out "$work/out" \
	>"$work/log" 2>&1
check "exit code of bench.py --smoke" 0 $? || tail -n 30 "$work/log"
sed -n 's/^left out: /   left out: /p' "$work/out/bench.txt"

# look WHAT EXPECTED: Python on the JSON, as `d`; figures as `f[setup, kind]`.
look() {
	check "JSON: $1" "$2" "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
f = {(x["setup"], x["figure"]): x["median"] for x in d["figures"]}
setups = [x for x in d["titles"] if x not in d["skipped"]]
print(eval(sys.argv[2]))' "$work/out/bench.json" "$1" 2>&1)"
}

look 'd["wrong"]' '[]'
look 'd["sizes"]' '[2000]'
look 'len(d["titles"])' 8
look '[x for x in setups if not f[x, "force_ms"] > 0]' '[]'
look '[x for x in setups if not f[x, "private_kb"] > 1000]' '[]'
look '[x for x in setups for y in ("allowed_us", "miss_us", "allowed_qps")
	if not f[x, y] > 0]' '[]'
look '[x for x in setups if x != "unbound" and not (
	f[x, "blocked_us"] > 0 and f[x, "fresh_ms"] > 0)]' '[]'
look 'f["weir", "cached_ms"] > 0' True
look 'f["with swaps", "lost"] >= 0' True
look 'f["sweep", "sweep_messages"] >= 2000' True
look 'f["micro", "hit"] > 0 and f["micro", "parse a line"] > 0' True
look '"unbound" in d["versions"] and d["machine"]["cores"] > 0' True
check "the plot is XML" svg "$(python3 -c 'import sys
import xml.etree.ElementTree as tree
print(tree.parse(sys.argv[1]).getroot().tag.split("}")[1])' \
	"$work/out/bench.svg" 2>&1)"
check_match "the table" 'Every answer that was checked was right' \
	"$(cat "$work/out/bench.txt")"
finish
