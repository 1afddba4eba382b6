#!/bin/bash
# Deltas and compactions under a running resolver: what a delta lists is blocked
# once `delta` has returned, out of the cache too, and what it deletes is
# answered; the database says after any number of them what a set of names kept
# beside it says; a compaction aside loses none; a large base that is damaged
# is found out and left for the generation before.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario delta

ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

base_names=600000 # over 16 MB: such a base is proven while it is in force

write_config() {
	printf 'feeds:\n  - name: big\n    file: "%s"\n' "$work/lists/big"
	printf '    format: domains\n  - name: other\n    file: "%s"\n' \
		"$work/lists/other"
	printf '    format: domains\nnever-block:\n  - safe.example\n'
	printf 'keep-generations: 50\n'
}

# delta ADDS DELS [EXIT]: lists of names, separated by blanks.
delta() {
	local text status=0
	tr ' ' '\n' <<<"$1" >"$work/lists/add"
	tr ' ' '\n' <<<"$2" >"$work/lists/del"
	text=$(load delta big --no-compact --add "$work/lists/add" \
		--del "$work/lists/del" 2>&1) || status=$?
	check "weir-load delta: $text" "exit ${3:-0}" "exit $status"
	[ "${3:-0}" != 0 ] || [ -z "$resolver_pid" ] ||
		check_match "the module has acknowledged" \
			"acknowledged by 1 of 1|nothing changed" "$text"
	delta_text=$text
}

dumped() {
	load dump plain.example | cut -f 1 | LC_ALL=C sort -u
}

{
	seq -f 'w%.0f A 192.0.2.2' 0 199
	echo "alias CNAME w5.plain.example."
} | zone plain.example
seq -f 'n%.0f.listed.example' 1 $base_names >"$work/lists/big"
echo shared.plain.example >>"$work/lists/big"
echo shared.plain.example >"$work/lists/other"
write_config | config
apply
resolver_start

note "one name, cached and not"
answered 192.0.2.2 w1.plain.example A
answered 192.0.2.2 w5.plain.example A
expect "NOERROR [w5.plain.example. 192.0.2.2] ede=" alias.plain.example A
delta "w1.plain.example w2.plain.example w5.plain.example" ""
expect "NXDOMAIN [] soa=60/60 ede=15" w1.plain.example A +edns
expect "NXDOMAIN [] soa=60/60 ede=15" www.w2.plain.example A +edns
expect "NXDOMAIN [] soa=60/60 ede=15" alias.plain.example A +edns
answered 192.0.2.2 w3.plain.example A
delta "" "w1.plain.example w5.plain.example"
answered 192.0.2.2 w1.plain.example A
expect "NOERROR [w5.plain.example. 192.0.2.2] ede=" alias.plain.example A
check "the base is the first one still" "1.base" \
	"$(awk '$1 == "base" { print $2 }' "$work/db/current")"
expect "NXDOMAIN [] soa=60/60 ede=15" "n$base_names.listed.example" A +edns

note "a name of the base goes, and comes back"
delta "" n7.listed.example
expect "NXDOMAIN [] soa=300/300 ede=" n7.listed.example A +edns # the world
delta n7.listed.example ""
expect "NXDOMAIN [] soa=60/60 ede=15" n7.listed.example A +edns

note "another feed's entry stays"
delta "" shared.plain.example
expect "NXDOMAIN [] soa=60/60 ede=15" shared.plain.example A +edns
check_match "who lists it" "feed other lists" "$ede"

check_match "status counts what deltas brought" \
	"feed big: $((base_names + 1)) names .*, and 5 deltas since" \
	"$(load status)"

note "what is refused, and what is wrong"
delta "safe.example com 192.0.2.1 w9.plain.example" "nowhere.example"
check_match "refused: never-block" "1 refused: on the never-block" "$delta_text"
check_match "not there" "1 to be deleted were not there" "$delta_text"
delta "w9.plain.example" ""
check_match "again" "nothing changed" "$delta_text"
check "no such feed" 2 "$(
	load delta nobody --add "$work/lists/add" >"$work/text" 2>&1
	echo $?
)"
check "no file" 2 "$(
	load delta big >"$work/text" 2>&1
	echo $?
)"
check "a file that is not there" 1 "$(
	load delta big --add "$work/none" >"$work/text" 2>&1
	echo $?
)"
check_match "it is named" "$work/none" "$(cat "$work/text")"
delta "<html> 192.0.2.1" "" 3
check_match "no name at all" "lists/add: holds no usable name" "$delta_text"
answered 192.0.2.2 w3.plain.example A

note "twenty deltas, two compactions beside them"
dumped >"$work/model"
compactions=()
for ((i = 0; i < 20; i++)); do
	shuf -i 10-199 -n 12 --random-source=<(yes $i) |
		sed 's/.*/w&.plain.example/' | LC_ALL=C sort >"$work/lists/add"
	shuf -i 10-199 -n 12 --random-source=<(yes x$i) |
		sed 's/.*/w&.plain.example/' | LC_ALL=C sort >"$work/lists/del"
	LC_ALL=C comm -23 "$work/model" "$work/lists/del" |
		LC_ALL=C sort -u - "$work/lists/add" >"$work/model.next"
	mv "$work/model.next" "$work/model"
	if [ $((i % 10)) = 4 ]; then
		load compact >"$work/compact.$i" 2>&1 &
		compactions+=($!)
		started+=($!)
	fi
	text=$(load delta big --no-compact --add "$work/lists/add" \
		--del "$work/lists/del" 2>&1)
	check "delta $i: $text" 0 $?
	[ $((i % 10)) != 9 ] || wait "${compactions[-1]}" ||
		check "compaction: $(cat "$work"/compact.*)" 0 1
done
check "the database says what the model says" "" \
	"$(dumped | diff - "$work/model" | head -n 5)"
check_match "compacted" "generation [0-9]+, serial" "$(cat "$work/compact.14")"
check "it is whole" 0 "$(
	load check >"$work/text" 2>&1
	echo $?
)"
"$ask_many" "$port" <"$work/model" >"$work/answers"
check "blocked, all of the model" "$(wc -l <"$work/model")" \
	"$(awk '$4 == 3' "$work/answers" | wc -l)"
name=$(seq -f 'w%.0f.plain.example' 10 199 | LC_ALL=C sort |
	LC_ALL=C comm -23 - "$work/model" | head -n 1)
answered 192.0.2.2 "$name" A
load compact >"$work/text"
check "after a compaction the same" "" \
	"$(dumped | diff - "$work/model" | head -n 5)"
check "no overlay is left" "-" \
	"$(awk '$1 == "overlay" { print $2 }' "$work/db/current")"
check_match "nothing more to do" "nothing to compact" "$(load compact)"

note "an overlay that is outgrown is compacted aside"
seq -f 'x%.0f.listed.example' 1 70000 >"$work/lists/add"
text=$(load delta big --add "$work/lists/add")
check_match "it says so" "a compaction runs aside" "$text"
compacted() {
	grep -qx "overlay -" "$work/db/current"
}
wait_until 60 compacted
check "compacted aside" yes "$(compacted && echo yes || echo no)"
expect "NXDOMAIN [] soa=60/60 ede=15" x70000.listed.example A +edns

note "a large base is damaged: the generation before it holds"
newest=$(awk '$1 == "base" { print $2 }' "$work/db/current")
before=$(sed -n 's/^\* generation \([0-9]*\):.*/\1/p' <<<"$(load status)")
resolver_stop
check "roll back, to have two bases" 0 "$(
	load rollback 1 >"$work/text" 2>&1
	echo $?
)"
load rollback "$before" >/dev/null
python3 - "$work/db/$newest" <<'END'
import sys
with open(sys.argv[1], "r+b") as base:
    base.seek(0, 2)
    middle = base.tell() // 2 // 4096 * 4096
    for at in range(middle, middle + 40 * 4096, 512):
        base.seek(at)
        base.write(b"\xff" * 64)
END
resolver_start
fell_back() {
	[ "$(stat_of "m['generation']")" != "$before" ]
}
wait_until 20 fell_back
check "the damage is found" yes "$(fell_back && echo yes || echo no)"
check_match "and said" "damaged: not the octets" "$(load status 2>&1)"
expect "NXDOMAIN [] soa=60/60 ede=15" n9.listed.example A +edns
answered 192.0.2.2 w3.plain.example A
finish
