#!/bin/bash
# An RPZ zone as a list: each action, answers of its own of all four types,
# wildcards, passthru; explain says what a client gets; a delta and an apply
# change one answer.  Then the same zone file in Unbound's own RPZ module, asked
# the same: where the two differ, the table below says why.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario rpz

write_world() {
	local name
	{
		for name in plain nx sub.nx nodata pass.nx drop tcp local \
			sub.local cname wild sub.wild deep.sub.wild pass.wild \
			exact.wild sub.exact.wild txt only-below \
			sub.only-below old alias-target pass-below \
			x.pass-below; do
			echo "$name A 192.0.2.7"
			echo "$name MX 10 mail"
			echo "$name TXT \"a text\""
		done
		echo "to-local CNAME local"
		echo "to-cname CNAME cname"
		echo "garden A 192.0.2.80"
		echo "garden AAAA 2001:db8::80"
	} | zone world.example
}

write_rpz() {
	# Lines that begin with a blank stand at the left: <<- cuts tabs off.
	cat >"$work/lists/rpz" <<-'END'
		; a policy zone
		$ORIGIN rpz.example.
		$TTL 90
		@ IN SOA localhost. root.localhost. (
			1 3600 600 ; serial, refresh, retry
			86400 60 )
  NS localhost.
		nx.world.example CNAME .
		*.nx.world.example CNAME .
		pass.nx.world.example CNAME rpz-passthru.
		nodata.world.example CNAME *.
		drop.world.example CNAME rpz-drop.
		tcp.world.example CNAME rpz-tcp-only.
		local.world.example A 192.0.2.91
		txt.world.example TXT "one; \"text\"" two
		local.world.example A 192.0.2.92
  AAAA 2001:db8::91
  TXT "walled off"
		cname.world.example 30 CNAME garden.world.example.
		*.wild.world.example A 192.0.2.93
		pass.wild.world.example CNAME rpz-passthru.
		exact.wild.world.example CNAME .
		*.only-below.world.example CNAME *.
		old.world.example CNAME old.world.example.
		*.pass-below.world.example CNAME rpz-passthru.
		pass-below.world.example CNAME .
		32.1.2.0.192.rpz-ip CNAME .
		ns.bad.rpz-nsdname CNAME .
		24.0.2.0.192.rpz-client-ip CNAME .
		star.world.example CNAME *.garden.example.
		$INCLUDE elsewhere
	END
}

write_config() {
	config <<-END
		block-ttl: 17
		feeds:
		  - name: rpz
		    file: "$work/lists/rpz"
		    format: rpz
	END
}

check_report() {
	note "what was read"
	check "names and refusals" "14 names, trigger 3, zone-data 4, action 2" \
		"$(load --json status | python3 -c '
import json, sys
feed = [f for f in json.load(sys.stdin)["feeds"] if f["name"] == "rpz"][0]
refused = {r["reason"]: r["count"] for r in feed["refused"]}
print("%d names, trigger %d, zone-data %d, action %d" % (feed["names"],
    refused.pop("trigger"), refused.pop("zone-data"), refused.pop("action")))
print(*refused)' 2>&1 | paste -sd ' ' | sed 's/ *$//')"
	check "format" rpz "$(load --json status | sed -n \
		's/.*"format": "\(.*\)",/\1/p')"
}

check_actions() {
	local block=soa=17/17
	note "actions"
	expect "NXDOMAIN [] $block ede=15" nx.world.example A
	expect "NXDOMAIN [] $block ede=15" a.b.nx.world.example MX
	answered 192.0.2.7 pass.nx.world.example A
	expect "NOERROR [] $block ede=15" nodata.world.example A
	answered 192.0.2.7 plain.world.example A
	ask drop.world.example A +time=1
	check "$asked" TIMEOUT "$rcode"
	expect "NOERROR (tc) [] ede=15" tcp.world.example A +ignore
	answered 192.0.2.7 tcp.world.example A +tcp
	answered 192.0.2.7 only-below.world.example A
	expect "NOERROR [] $block ede=15" sub.only-below.world.example A
	answered 192.0.2.7 old.world.example A
	answered 192.0.2.7 x.pass-below.world.example A
	expect "NXDOMAIN [] $block ede=15" pass-below.world.example A
}

check_answers() {
	local i
	note "answers of the list's own"
	for i in 1 2; do
		expect "NOERROR [192.0.2.91 192.0.2.92] ede=4" \
			local.world.example A
		check "TTL" 90 "$ttl"
		check "owners" "local.world.example./A local.world.example./A" \
			"$owners"
		expect "NOERROR [2001:db8::91] ede=4" local.world.example AAAA
		expect 'NOERROR ["walled off"] ede=4' local.world.example TXT
		expect "NOERROR [] soa=17/17 ede=4" local.world.example MX
		expect "NOERROR [] soa=17/17 ede=4" local.world.example HTTPS
		answered 192.0.2.7 sub.local.world.example A
		expect 'NOERROR ["one; \"text\"" "two"] ede=4' \
			txt.world.example TXT
		expect "NOERROR [] soa=17/17 ede=4" txt.world.example A
		# An alias is resolved for the client.
		expect "NOERROR [garden.world.example. 192.0.2.80] ede=4" \
			cname.world.example A
		check "TTL" 30 "$ttl"
		check "owners" \
			"cname.world.example./CNAME garden.world.example./A" \
			"$owners"
		expect "NOERROR [garden.world.example. 2001:db8::80] ede=4" \
			cname.world.example AAAA
		ask cname.world.example MX
		check "$asked" "NOERROR [garden.world.example.]" \
			"$rcode [$rdata]"
		ask cname.world.example CNAME
		check "$asked" "NOERROR [garden.world.example.]" \
			"$rcode [$rdata]"
		# Wildcards: the owner is the name asked for.
		expect "NOERROR [192.0.2.93] ede=4" sub.wild.world.example A
		check "owners" "sub.wild.world.example./A" "$owners"
		expect "NOERROR [192.0.2.93] ede=4" \
			DEEP.sub.wild.world.example A
		answered 192.0.2.7 wild.world.example A
		answered 192.0.2.7 pass.wild.world.example A
		expect "NXDOMAIN [] soa=17/17 ede=15" \
			exact.wild.world.example A
		# What leads to a listed name gets its answer, under its own
		# name.
		expect "NOERROR [192.0.2.91 192.0.2.92] ede=4" \
			to-local.world.example A
		check "owners" \
			"to-local.world.example./A to-local.world.example./A" \
			"$owners"
		expect "NOERROR [garden.world.example. 192.0.2.80] ede=4" \
			to-cname.world.example A
	done
	ask local.world.example ANY
	check_match "$asked" "192.0.2.91 192.0.2.92 .*walled off.* 2001:db8::91" \
		"$rdata"
	expect "NOERROR [192.0.2.91 192.0.2.92] ede=" local.world.example A \
		+noedns
	expect "NOERROR [192.0.2.91 192.0.2.92] ede=4" local.world.example A \
		+tcp +dnssec +cdflag
	check "their queries are counted by action" yes \
		"$(stat_of "'yes' if d['total']['actions']['local'] > 30 else d")"
}

check_explain() {
	note "explain, lookup, dump"
	check "explain" "local.world.example. 90 IN A 192.0.2.91 \
local.world.example. 90 IN A 192.0.2.92 4" \
		"$(load --json explain local.world.example | python3 -c '
import json, sys
answer = json.load(sys.stdin)["answer"]
print(*answer["answer"], answer["ede"]["code"])')"
	check_match "explain, another type" "authority: local.world.example. 17 \
IN SOA" "$(load explain local.world.example --type MX)"
	check_match "explain, an alias" "answer: cname.world.example. 30 IN \
CNAME garden.world.example.
" "$(load explain cname.world.example)"
	check_match "explain, a wildcard" \
		"answer: x.wild.world.example. 90 IN A 192.0.2.93" \
		"$(load explain x.wild.world.example)"
	check_match "lookup" "name, local \(90 IN A 192.0.2.91; 90 IN A \
192.0.2.92; 90 IN TXT \"walled off\"; 90 IN AAAA 2001:db8::91\)" \
		"$(load lookup local.world.example)"
	check "dump" '["90 IN TXT \"one; \\\"text\\\"\" \"two\""]' \
		"$(load --json dump txt.world.example | python3 -c '
import json, sys
print(json.dumps(json.loads(sys.stdin.read())["entries"][0]["answer"]))')"
	check "check" 0 "$(load check >/dev/null 2>&1; echo $?)"
}

# Numbers in the table of answers change, entries do not.
check_changes() {
	local before
	note "deltas and applies"
	before=$(load --json status | sed -n 's/.*"generation": \(.*\),/\1/p' |
		head -n 1)
	echo 'new.world.example 40 A 192.0.2.99' >"$work/lists/more"
	check_match "delta" "1 added, 0 removed, 0 changed" \
		"$(load delta rpz --add "$work/lists/more" 2>&1)"
	expect "NOERROR [192.0.2.99] ede=4" new.world.example A
	expect "NOERROR [192.0.2.91 192.0.2.92] ede=4" local.world.example A
	cat "$work/lists/more" >>"$work/lists/rpz"
	check_match "the same in the list" "nothing changed" \
		"$(load apply 2>&1)"
	sed -i 's/192\.0\.2\.93/192.0.2.94/' "$work/lists/rpz"
	apply
	expect "NOERROR [192.0.2.94] ede=4" sub.wild.world.example A
	expect "NOERROR [192.0.2.99] ede=4" new.world.example A
	check "diff" '~ wild.world.example + new.world.example' \
		"$(load diff "$before" $((before + 2)) | sed -n \
			's/^\([-+~] [^\t]*\).*/\1/p' | sort -r | paste -sd ' ')"
	# A list that is gone keeps its answers.
	mv "$work/lists/rpz" "$work/lists/gone"
	apply 3
	expect "NOERROR [192.0.2.94] ede=4" sub.wild.world.example A
	expect "NOERROR [garden.world.example. 192.0.2.80] ede=4" \
		cname.world.example A
	mv "$work/lists/gone" "$work/lists/rpz"
	apply
}

# What both say to a query, as comparable as can be: no SOA, no EDE.
say() {
	ask "$@"
	case $rcode in
	TIMEOUT) echo TIMEOUT ;;
	*) echo "$rcode${flags:+ ($flags)} [$(tr ' ' '\n' <<<"$rdata" | sort |
		paste -sd ' ')]" ;;
	esac
}

# NAME TYPE [OPTION]
queries() {
	cat <<-'END'
		plain.world.example A
		nx.world.example A
		nx.world.example MX
		a.b.nx.world.example TXT
		pass.nx.world.example A
		nodata.world.example A
		nodata.world.example MX
		tcp.world.example A +tcp
		tcp.world.example A +ignore
		drop.world.example A +time=1
		local.world.example A
		local.world.example AAAA
		local.world.example TXT
		local.world.example MX
		sub.local.world.example A
		txt.world.example TXT
		txt.world.example A
		cname.world.example A
		cname.world.example AAAA
		sub.wild.world.example A
		sub.wild.world.example MX
		deep.sub.wild.world.example A
		wild.world.example A
		pass.wild.world.example A
		exact.wild.world.example A
		only-below.world.example A
		sub.only-below.world.example A
		x.pass-below.world.example A
		pass-below.world.example A
		new.world.example A
		sub.exact.wild.world.example A
		old.world.example A
		star.world.example A
		to-local.world.example A
	END
}

# Why Unbound says something else; nothing: it has to say the same.
reason_for() {
	case $1 in
	sub.exact.wild.*)
		echo "it looks for a wildcard at the closest owner that" \
			"exists, as in a zone; weir at each name above"
		;;
	old.world.*)
		echo "an alias to itself is how passthru was written once;" \
			"it takes that for an alias"
		;;
	star.world.*)
		echo "it puts the name in the place of the star; weir has no" \
			"such action and refuses the record"
		;;
	to-local.*)
		echo "it keeps the alias that led to the listed name; weir" \
			"answers under the name asked for"
		;;
	esac
}

compare_with_unbound() {
	local name type option ours theirs why
	note "Unbound's own RPZ"
	while read -r name type option; do
		# shellcheck disable=SC2086 # none, or one
		say "$name" "$type" $option
	done < <(queries) >"$work/ours"
	resolver_stop
	modules="respip iterator"
	server_lines=$(printf '  rrset-roundrobin: no\nrpz:\n  name: rpz.example.\n  zonefile: "%s"' \
		"$work/lists/unbound")
	# It would follow the directive.
	grep -v INCLUDE "$work/lists/rpz" >"$work/lists/unbound"
	resolver_start
	while read -r name type option <&3 && read -r ours <&4; do
		# shellcheck disable=SC2086 # none, or one
		theirs=$(say "$name" "$type" $option)
		why=$(reason_for "$name")
		# Its own answers carry AA, weir's never do.
		theirs=${theirs/ (aa)/}
		theirs=${theirs/(aa /(}
		if [ -z "$why" ]; then
			check "$name $type, as Unbound's RPZ" "$theirs" "$ours"
			continue
		fi
		echo "$name $type: $ours; Unbound: $theirs: $why"
		check "$name $type, differs" yes \
			"$([ "$ours" != "$theirs" ] && echo yes || echo no)"
	done 3< <(queries) 4<"$work/ours"
}

server_lines="  rrset-roundrobin: no"
write_world
write_rpz
write_config
load --no-wait apply >/dev/null
for world in auth stub; do
	echo "== world=$world"
	upstream_start
	resolver_start
	check_report
	check_actions
	check_answers
	resolver_stop
	upstream_stop
done
world=stub
upstream_start
resolver_start
check_explain
check_changes
compare_with_unbound
finish
