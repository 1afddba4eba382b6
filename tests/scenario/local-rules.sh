#!/bin/bash
# Rules of one's own: allow, deny and forget hold once the command has returned,
# out of the cache too; one with an end ends at its second without a command, with
# serve-expired, prefetch and a cached answer against it; they outlast apply,
# delta, compaction, rollback and a restart; and what explain says is what
# clients are told.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario local-rules
server_lines='server:
  serve-expired: yes
  serve-expired-ttl: 0
  prefetch: yes'

blocked="NXDOMAIN [] soa=60/60 ede=15"

write_config() {
	printf 'feeds:\n  - name: big\n    file: "%s"\n' "$work/lists/big"
	printf '    format: domains\n    category: malware\n'
	printf '    confidence: 90\n'
	printf 'keep-generations: 50\n'
	printf 'never-block:\n  - safe.plain.example\n'
	printf 'allow:\n  - yes.plain.example\n'
}

# run COMMAND...: weir-load, which has to end with 0; sets text.
run() {
	local status=0
	text=$(load "$@" 2>&1) || status=$?
	check "weir-load $*: $text" "exit 0" "exit $status"
}

# fails EXIT WORDS COMMAND...
fails() {
	local status=0 wanted=$1 words=$2
	shift 2
	text=$(load "$@" 2>&1) || status=$?
	check "weir-load $*" "exit $wanted" "exit $status"
	check_match "weir-load $*" "$words" "$text"
}

# second_of RULE: when it ends, as status tells.
end_of() {
	load status --json | python3 -c "
import json, sys
print([r['until_unix'] for r in json.load(sys.stdin)['local_rules']
       if r['name'] == '$1'][0])"
}

# watch NAME END BEFORE AFTER: asks until well behind the second END; in a
# second before it the answer has to be BEFORE, from END on AFTER.  (Unbound's
# clock is read once for each turn of its loop, so a query that was sent in one
# second may be judged in the next.)
watch() {
	local began ended wrong=0 seen_before=0 seen_after=0
	while :; do
		began=$(date +%s)
		ask "$1" A +edns
		ended=$(date +%s)
		if [ "$ended" -lt "$2" ]; then
			seen_before=$((seen_before + 1))
			[ "$(summary)" = "$3" ] || wrong=$((wrong + 1))
		elif [ "$began" -ge "$2" ]; then
			seen_after=$((seen_after + 1))
			[ "$(summary)" = "$4" ] || {
				wrong=$((wrong + 1))
				late=$(date +%s.%N)
			}
		fi
		[ "$began" -le "$(($2 + 1))" ] || break
		sleep 0.02
	done
	check "$1: wrong answers (the last: $(summary), ${late:-})" 0 "$wrong"
	check_number "$1: asked before its end" 3 100000 "$seen_before"
	check_number "$1: asked after its end" 3 100000 "$seen_after"
}

# told NAME: what the client is told is what explain says.
told() {
	ask "$1" A +edns
	run explain "$1"
	check "$1: explain and EDE" \
		"$(sed -n 's/^  extended error [0-9]*: //p' <<<"$text")" \
		"$(sed 's/^[0-9]* ([A-Za-z ]*): (\(.*\))$/\1/' <<<"$ede")"
}

{
	seq -f 'w%.0f A 192.0.2.2' 0 99
	seq -f 'www.w%.0f A 192.0.2.3' 0 99
	echo "yes A 192.0.2.4"
	echo "short 1 A 192.0.2.5"
	echo "alias CNAME w1.plain.example."
} | zone plain.example
seq -f 'n%.0f.listed.example' 1 1000 >"$work/lists/big"
printf '%s\n' w{1..9}.plain.example short.plain.example \
	safe.plain.example >>"$work/lists/big"
write_config | config
fails 1 "no database yet" allow w1.plain.example
apply
resolver_start

note "allow for a while: resolved, and blocked again at its second"
expect "$blocked" w1.plain.example A +edns
expect "$blocked" alias.plain.example A +edns
run allow w1.plain.example --for 5s --why "a test of Alice's"
check_match "acknowledged" "acknowledged by 1 of 1" "$text"
end=$(end_of w1.plain.example)
answered 192.0.2.2 w1.plain.example A
answered 192.0.2.3 www.w1.plain.example A
expect "NOERROR [w1.plain.example. 192.0.2.2] ede=" alias.plain.example A
run explain www.w1.plain.example
check_match "why it is allowed" \
	"decided: local rule allows .*, why: a test of Alice's" "$text"
check_match "what it wins against" "big: .*: a rule that ranks" "$text"
watch w1.plain.example "$end" "NOERROR [192.0.2.2] ede=" "$blocked"
expect "$blocked" www.w1.plain.example A +edns
expect "$blocked" alias.plain.example A +edns
check_match "status says that it has ended" \
	"allow w1.plain.example.*, ended .*why: a test" "$(load status)"
told w1.plain.example
check_match "explain has the ended rule" "allow: .*: is past its valid" "$text"
check_match "explain names the line" "/lists/big:1001" "$text"

note "the same with a TTL of a second: serve-expired brings nothing back"
run allow short.plain.example --for 5s
end=$(end_of short.plain.example)
watch short.plain.example "$end" "NOERROR [192.0.2.5] ede=" "$blocked"

note "deny for a while: blocked at once though cached, then resolved"
answered 192.0.2.2 w50.plain.example A
answered 192.0.2.2 w50.plain.example A
run deny w50.plain.example --for 5s --why spam
end=$(end_of w50.plain.example)
told w50.plain.example
check_match "what the client is told" "local rule denies w50.plain" "$ede"
watch w50.plain.example "$end" "$blocked" "NOERROR [192.0.2.2] ede="

note "forms, and forget at once"
run deny =w60.plain.example '*.w61.plain.example'
expect "$blocked" w60.plain.example A +edns
answered 192.0.2.3 www.w60.plain.example A
answered 192.0.2.2 w61.plain.example A
expect "$blocked" www.w61.plain.example A +edns
run allow =w60.plain.example
check_match "one in place of the other" "in place of: deny =w60" "$text"
answered 192.0.2.2 w60.plain.example A
run forget w60.plain.example w61.plain.example
check_match "said" "forgotten: deny .*\.w61" "$text"
answered 192.0.2.3 www.w61.plain.example A
run allow w2.plain.example
answered 192.0.2.2 w2.plain.example A
run forget w2.plain.example
expect "$blocked" w2.plain.example A +edns

note "what is refused"
fails 1 "no such local rule" forget w2.plain.example
fails 1 "weir.yaml:[0-9]+: allow: has yes.plain" allow yes.plain.example
fails 1 "one of .*weir.yaml:[0-9]+; take it out there" \
	forget yes.plain.example
fails 2 "no domain name" deny 192.0.2.1
fails 2 "not a time" deny a.example --for 2
fails 2 "text of one line" deny a.example --why $'a\nb'
fails 2 "not an IP address" explain a.example --client nobody
run deny yes.plain.example
check_match "a deny against weir.yaml's allow" "it does not decide" "$text"
answered 192.0.2.4 yes.plain.example A
run forget yes.plain.example

note "they outlast apply, delta, compaction and a restart"
before=$(awk '$1 == "generation" { print $2 }' "$work/db/current")
run allow w3.plain.example --for 1h --why "kept"
run deny w70.plain.example
echo n2000.listed.example >>"$work/lists/big"
apply
answered 192.0.2.2 w3.plain.example A
expect "$blocked" w70.plain.example A +edns
check_match "those that have ended are gone" "^[^w]*$" \
	"$(load status | grep 'local rule: allow w1\.' || echo none)"
echo w71.plain.example >"$work/lists/add"
run delta big --no-compact --add "$work/lists/add"
run compact
check "no overlay is left" "-" \
	"$(awk '$1 == "overlay" { print $2 }' "$work/db/current")"
answered 192.0.2.2 w3.plain.example A
expect "$blocked" w70.plain.example A +edns
resolver_stop
resolver_start
answered 192.0.2.2 w3.plain.example A
expect "$blocked" w70.plain.example A +edns

note "a rollback neither loses a rule nor brings one back"
run deny w72.plain.example
middle=$(awk '$1 == "generation" { print $2 }' "$work/db/current")
run forget w72.plain.example
expect "$blocked" w71.plain.example A +edns
run rollback "$before" # had neither w3, nor w70, nor the delta's w71
check_match "said" "rolled back to generation $before,.*others: those of now" \
	"$(tr '\n' ' ' <<<"$text")"
answered 192.0.2.2 w71.plain.example A
answered 192.0.2.2 w3.plain.example A
expect "$blocked" w70.plain.example A +edns
run check
run rollback "$middle" # had w72
answered 192.0.2.2 w72.plain.example A
expect "$blocked" w70.plain.example A +edns
expect "$blocked" w71.plain.example A +edns
run rollback "$before"
check "the second time nothing differs" "" "$(grep others <<<"$text")"
run deny w73.plain.example
expect "$blocked" w73.plain.example A +edns
run apply
expect "$blocked" w73.plain.example A +edns
answered 192.0.2.2 w3.plain.example A
run check

note "a killed command is made good by the next one"
cp "$work/db/local.rules" "$work/rules"
run deny w74.plain.example
mv "$work/rules" "$work/db/local.rules" # as if forget had died half-way
run deny w75.plain.example
answered 192.0.2.2 w74.plain.example A
expect "$blocked" w75.plain.example A +edns

note "explain: why not"
run explain safe.plain.example
check_match "refused by a guard rail" \
	"refused: feed big has safe.plain.example at .*big:[0-9]+, which" "$text"
run explain other.listed.example --client 192.0.2.7
check_match "near it" "near it:.*n1.listed.example: big:" "$text"
check_match "client" "client 192.0.2.7: gets what all" "$text"
run explain w4.plain.example
check "the list is the one that was applied" "" "$(grep changed <<<"$text")"
sed -i '1i # a line more' "$work/lists/big"
run explain w4.plain.example
check_match "the list has changed" "big has changed since" "$text"

note "counted"
check "by the rules" yes "$(stat_of "'yes' if feeds['allow']['allowed'] == 3 \
and feeds['deny']['blocked'] == 6 else str(feeds)")"
check "each query once" yes "$(stat_of "'yes' if w['queries'] == sum(w[k] \
for k in ('passed', 'allowed', 'blocked_name', 'blocked_alias')) else str(w)")"
finish
