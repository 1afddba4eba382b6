#!/bin/bash
# A signed feed's state under a running resolver: `apply` reads the folder, a
# delta blocks as soon as it has returned; one that does not lead on from what is
# in force is refused and `apply` heals it; one that changes too much waits; what
# the guard rails protect stays out; after a rollback the feed stands still.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario feed-load

take=$tools/feed_take
[ -x "$take" ] || die "no $take: make check builds it"
gen=0123456789abcdef
state=$work/lists/malware

# payload KIND FROM TO < LINES: into the state.
payload() {
	{
		echo "weir-feed 1 malware $gen $1 $2 $3"
		sort -k 1.2
	} >"$work/lists/payload"
	"$take" "$state" "$work/lists/payload" >"$work/lists/taken" ||
		die "the state does not take $1 $2-$3"
}

# delta FROM TO EXIT TEXT [OPTION...]: hands the last changes to the loader.
delta() {
	local text status=0 from=$1 to=$2 exit=$3 expected=$4
	shift 4
	text=$(load delta malware --no-compact --gen "$gen" --from "$from" \
		--to "$to" --add "$state/changes.add" \
		--del "$state/changes.del" "$@" 2>&1) || status=$?
	check "weir-load delta $from-$to: $text" "exit $exit" "exit $status"
	check_match "what it says of $from-$to" "$expected" "$text"
}

# blocked NAME, free NAME
blocked() {
	expect "NXDOMAIN [] soa=60/60 ede=15" "$1" A +edns
}
free() {
	answered 192.0.2.2 "$1" A
}

sequence() {
	load status --json | python3 -c 'import json, sys
for feed in json.load(sys.stdin)["signed"]:
    print(feed["feed"], feed["sequence"], feed["names"])'
}

seq -f 'w%.0f A 192.0.2.2' 0 99 | zone plain.example
mkdir "$state"
seq -f '+n%.0f.listed.example' 1 5000 | payload full 0 1
printf 'feeds:\n  - name: malware\n    file: "%s"\n    lifetime: 1d\n' \
	"$state" | config
apply
check "what is in force" "malware 1 5000" "$(sequence)"
resolver_start

note "a delta"
free w1.plain.example
free w2.plain.example
printf '+%s\n' w1.plain.example w2.plain.example | payload head 1 2
delta 1 2 0 "2 added, 0 removed"
blocked w1.plain.example
blocked w2.plain.example
check "what is in force" "malware 2 5002" "$(sequence)"
delta 1 2 0 "nothing changed" # once more
printf -- '-w1.plain.example\n+w2.plain.example scope=subdomains\n' |
	payload head 2 3
delta 2 3 0 "0 added, 1 removed, 1 changed"
free w1.plain.example
free w2.plain.example
blocked a.w2.plain.example

note "one that changes nothing moves the sequence number all the same"
echo '-never.plain.example' | payload head 3 4
delta 3 4 0 "generation .* 0 added, 0 removed, 0 changed"
check "what is in force" "malware 4 5001" "$(sequence)"
delta 3 4 0 "nothing changed"
load compact >/dev/null || die "compact fails"
check "a compaction keeps it" "malware 4 5001" "$(sequence)"

note "deltas that do not lead on"
echo '+w3.plain.example' | payload head 4 5
delta 3 5 1 "leads from 3 to 5: weir-load apply"
echo '+w4.plain.example' | payload head 5 6
delta 5 6 1 "has sequence 4 of feed malware, .*: weir-load apply"
free w3.plain.example
gen=1111111111111111 delta 4 6 1 "beginning \(gen\) 0123456789abcdef"
check_match "a delta without its span" "exit 1" "$(load delta malware \
	--add "$state/changes.add" 2>&1; echo "exit $?")"
check_match "half a span" "belong together" "$(load delta malware --from 4 \
	--add "$state/changes.add" 2>&1; echo "exit $?")"
apply
check "apply has healed it" "malware 6 5003" "$(sequence)"
blocked w3.plain.example
blocked w4.plain.example

note "another file than the span says"
echo '+w5.plain.example' | payload head 6 7
delta 6 8 1 "not what --gen, --from and --to say"
delta 6 7 0 "1 added"
blocked w5.plain.example

note "what the guard rails protect"
printf '+%s\n' co.uk localhost.localdomain w6.plain.example windowsupdate.com |
	payload head 7 8
delta 7 8 0 "malware: 1 added"
blocked w6.plain.example
check "only one came in" "malware 8 5005" "$(sequence)"

note "explain and lint"
check_match "explain" "feed malware, sequence 8" \
	"$(load explain w6.plain.example)"
check_match "explain --json" '"sequence": 8' \
	"$(load explain --json w6.plain.example)"
check_match "a name that was refused" \
	"refused: feed malware has co.uk at sequence 8" \
	"$(load explain co.uk)"
check_match "lint" "format +feed" "$(load lint "$state")"

note "a delta that removes too much waits"
seq -f '-n%.0f.listed.example' 1 2000 | payload head 8 9
delta 8 9 3 "0 names more and 2000 less,.*weir-load accept malware"
blocked n1.listed.example
check "nothing has moved" "malware 8 5005" "$(sequence)"
check_match "status shows it" "feed malware waits: .* 3005 names, 5005 are" \
	"$(load status)"
echo '+w7.plain.example' | payload head 9 10
delta 9 10 3 "waits for weir-load accept"
free w7.plain.example
load apply >/dev/null 2>&1
check "apply leaves it waiting" "exit 3" "exit $?"
check "nothing has moved" "malware 8 5005" "$(sequence)"
delta 9 10 3 "waits for weir-load accept"
load accept malware >/dev/null || die "accept fails"
echo '+w8.plain.example' | payload head 10 11
delta 10 11 1 "accepted: weir-load apply"
apply
check "what was accepted is in force" "malware 11 3007" "$(sequence)"
blocked w8.plain.example
free w0.plain.example
check_match "nothing waits any more" '"held": \[\]' "$(load status --json)"

note "what is accepted is not any size"
seq -f '-n%.0f.listed.example' 2001 3000 | payload head 11 12
delta 11 12 3 "1000 less, where"
load accept malware >/dev/null || die "accept fails"
seq -f '-n%.0f.listed.example' 3001 5000 | payload head 12 13
load apply >/dev/null 2>&1
check "a set that has moved far from what was accepted" "exit 3" "exit $?"
check "nothing has moved" "malware 11 3007" "$(sequence)"
seq -f '+n%.0f.listed.example' 2001 5000 | payload head 13 14
apply
check "when it is as before it needs nobody" "malware 14 3007" "$(sequence)"

note "a rollback"
echo '+w9.plain.example' | payload head 14 15
delta 14 15 0 "1 added"
blocked w9.plain.example
load rollback >"$work/rollback" 2>&1 || die "rollback fails"
check_match "it says so" "signed feeds stand still" "$(cat "$work/rollback")"
free w9.plain.example
echo '+w10.plain.example' | payload head 15 16
delta 15 16 3 "rolled back by hand"
load apply --unless-rolled-back >/dev/null 2>&1
check "apply by others" "exit 3" "exit $?"
load deny w11.plain.example >/dev/null
blocked w11.plain.example
delta 15 16 3 "rolled back by hand" # a rule of one's own does not end it
check_match "status" "rolled back by hand" "$(load status)"
free w10.plain.example
apply
blocked w10.plain.example
blocked w9.plain.example
check_match "it has ended" '"rolled_back": false' "$(load status --json)"
echo '+w12.plain.example' | payload head 16 17
delta 16 17 0 "1 added"
blocked w12.plain.example

note "many small steps are a large one"
for i in 0 1 2; do
	seq -f '-n%.0f.listed.example' $((2001 + 250 * i)) $((2250 + 250 * i)) |
		payload head $((17 + i)) $((18 + i))
	if [ $i -lt 2 ]; then
		delta $((17 + i)) $((18 + i)) 0 "250 removed"
	else
		delta $((17 + i)) $((18 + i)) 3 "250 less, .* in a day"
	fi
done
check "the third has waited" "malware 19 2510" "$(sequence)"
seq -f '+n%.0f.listed.example' 2001 2750 | payload head 20 21
apply

note "a state that is damaged"
printf junk >"$state/state.json"
load apply >/dev/null 2>&1
check "the feed keeps what it had" "exit 3" "exit $?"
check "what is in force" "malware 21 3010" "$(sequence)"
blocked w12.plain.example

note "a publisher that has begun anew, with few names"
rm -r "$state"
mkdir "$state"
gen=2222222222222222
seq -f '+n%.0f.listed.example' 1 100 | payload full 0 1
load apply >/dev/null 2>&1
check "apply waits" "exit 3" "exit $?"
check "what is in force" "malware 21 3010" "$(sequence)"
echo '+w13.plain.example' | payload head 1 2
delta 1 2 3 "waits for weir-load accept"
load accept malware >/dev/null || die "accept fails"
apply
check "what is in force" "malware 2 101" "$(sequence)"
blocked w13.plain.example
free w12.plain.example

finish
