#!/bin/bash
# Lists that are documents: what an entry says of itself arrives in the
# database, and one that is cut short leaves its feed as it was.
set -euo pipefail
export LC_ALL=C
load=${WEIR_LOAD:-./weir-load}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	head -50 "$work/out" "$work/err" >&2
	exit 1
}

# run CODE ARGUMENT...: runs weir-load and wants that exit code.
run() {
	local want=$1 code=0
	shift
	"$load" -c "$work/weir.yaml" "$@" >"$work/out" 2>"$work/err" || code=$?
	[ "$code" = "$want" ] || fail "weir-load $*: exit $code, not $want"
}

says() {
	grep -qF -- "$1" "$work/out" "$work/err" || fail "does not say: $1"
}

cat >"$work/weir.yaml" <<-END
	database: $work/db
	status: $work/status
	feeds:
	  - name: json
	    file: list.json
	    fields: {name: "found[].what", confidence: sure, category: kind}
	    confidence: 10
	    min-confidence: 75
	  - name: table
	    file: list.csv
	    fields: {name: Bad, valid-until: 3}
END
cat >"$work/list.json" <<-END
	{"found": [
	{"what": "sure.example", "sure": 90, "kind": "Botnet C2"},
	{"what": "unsure.example", "sure": 50},
	{"what": "silent.example"}]}
END
printf '%s\n' 'x;bad;end' '1;old.example;2001-01-01' \
	'2;new.example;2099-01-01' >"$work/list.csv"
run 0 apply
run 0 lookup sure.example
says "category botnet-c2, confidence 90"
run 0 explain sure.example
says "NXDOMAIN"
run 0 explain unsure.example
says "is below its feed's minimum confidence"
run 0 explain silent.example
says "is below its feed's minimum confidence"
run 0 lookup new.example
says "table:"
run 0 lookup old.example
if grep -q "table:" "$work/out"; then
	fail "what has expired is there"
fi

# Cut short, at the end of a line; then broken, then whole again.
head -n 2 "$work/list.json" >"$work/part"
cp "$work/part" "$work/list.json"
run 3 apply
says "list.json:3:1: the document ends too early"
run 0 lookup silent.example
says "json:"
printf '{"found": [{"what": "other.example"}, <html>' >"$work/list.json"
run 3 apply
says "list.json:1:39: "
run 0 lookup sure.example
says "json:"
printf '{"found": [{"what": "other.example"}]}' >"$work/list.json"
run 0 apply
run 0 lookup other.example
says "json:"
run 0 lookup sure.example
if grep -q "json:" "$work/out"; then
	fail "the whole list did not take the place of the old one"
fi

# A delta reads its files in the same way.
printf '{"found": [{"what": "added.example", "sure": 80}]}' >"$work/add"
run 0 delta --add "$work/add" json
run 0 lookup added.example
says "confidence 80"
echo "documents say what they say, and whole or not at all"
