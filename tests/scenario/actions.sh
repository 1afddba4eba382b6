#!/bin/bash
# Each action, for each record type, under subtree and exact rules; which rule
# wins; aliases of every kind that lead to a blocked name; odd names; what a
# negative answer carries (SOA, Extended DNS Error) and never carries (AD);
# and that weir-stat agrees with what was sent.  All of it twice: answers from
# auth-zones in the resolver, and from a real upstream server.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario actions

# Names with all record types below $1, as $2 names it.
records() {
	cat <<-END
		$1 A 192.0.2.7
		$1 AAAA 2001:db8::7
		$1 TXT "a text"
		$1 MX 10 mail.world.example.
		$1 HTTPS 1 . alpn=h2
		$1 SVCB 1 . alpn=h3
	END
}

write_zones() {
	local action type
	{
		for action in nxdomain nodata sinkhole refused drop truncate \
			pass shadow plain; do
			records $action
			records sub.$action
		done
		cat <<-'END'
			mail A 192.0.2.8
			exact A 192.0.2.9
			sub.exact A 192.0.2.10
			below A 192.0.2.11
			sub.below A 192.0.2.12
			cname CNAME sub.nxdomain
			chain1 CNAME chain2
			chain2 CNAME chain3
			chain3 CNAME chain4
			chain4 CNAME plain
			good CNAME plain
			to-sinkhole CNAME sinkhole
			to-truncate CNAME truncate
			to-drop CNAME drop
			to-pass CNAME pass
			to-shadow CNAME shadow
			dname DNAME nxdomain
			to-other CNAME a.other.example.
			https HTTPS 1 nxdomain ipv4hint=192.0.2.1
			https-alias HTTPS 0 nxdomain
			https-good HTTPS 1 plain ipv4hint=192.0.2.1
			https-self HTTPS 1 . ipv4hint=192.0.2.1
			svcb SVCB 1 svc.nxdomain port=853
			mx MX 10 nxdomain
			allowed.nxdomain A 192.0.2.20
			deeper.allowed.nxdomain A 192.0.2.21
			allow-alias CNAME nxdomain
			denied A 192.0.2.22
			under.denied A 192.0.2.23
			two-feeds A 192.0.2.24
			x.two-feeds A 192.0.2.25
			shadow-first A 192.0.2.26
			longest A 192.0.2.27
			a.longest A 192.0.2.28
			b.a.longest A 192.0.2.29
			notnxdomain A 192.0.2.30
			xn--bcher-kva A 192.0.2.31
			_dmarc.plain TXT "v=DMARC1"
			*.wild A 192.0.2.32
			END
		printf 'a\\.b.odd A 192.0.2.33\n'
		printf 'spa\\032ce.odd A 192.0.2.34\n'
		printf '\\000zero.odd A 192.0.2.35\n'
		printf '\\255high.odd A 192.0.2.36\n'
		printf '%s.plain A 192.0.2.37\n' "$long_label"
	} | zone world.example
	zone other.example <<-'END'
		a CNAME b
		b CNAME sub.nodata.world.example.
	END
}
long_label=$(printf 'x%.0s' {1..63})

write_lists() {
	local action
	for action in nxdomain nodata sinkhole refused drop truncate pass; do
		echo $action.world.example >"$work/lists/$action"
	done
	cat >>"$work/lists/nxdomain" <<-'END'
		two-feeds.world.example
		b.a.longest.world.example
		chain3.world.example
		bücher.world.example
		wild.world.example
	END
	cat >>"$work/lists/nodata" <<-'END'
		x.two-feeds.world.example
		a.longest.world.example
	END
	echo exact.world.example >"$work/lists/exact"
	echo '*.below.world.example' >"$work/lists/below"
	printf '%s.world.example\n' shadow shadow-first >"$work/lists/shadow"
	printf '%s.world.example\n' shadow-first two-feeds >"$work/lists/last"
}

feed() {
	printf '  - name: %s\n    file: "%s"\n    format: domains\n' \
		"$1" "$work/lists/$1"
	shift
	printf '    %s\n' "$@"
}

write_config() {
	{
		printf 'block-ttl: 17\nsinkhole:\n%s\n' "$1"
		echo feeds:
		feed shadow 'action: nxdomain' 'mode: shadow'
		feed nxdomain 'action: nxdomain' 'category: malware' \
			'confidence: 90'
		feed nodata 'action: nodata' 'ede: 16'
		feed sinkhole 'action: sinkhole'
		feed refused 'action: refused' 'ede: 17'
		feed drop 'action: drop'
		feed truncate 'action: truncate'
		feed pass 'action: pass'
		feed exact 'action: nxdomain' 'subdomains: no'
		feed below 'action: nxdomain' 'subdomains: no'
		feed last 'action: refused'
		cat <<-'END'
			allow:
			  - allowed.nxdomain.world.example
			  - allow-alias.world.example
			  - "=denied.world.example"
			deny:
			  - denied.world.example
		END
	} | config
}

# Every type that a client may ask for.
types="A AAAA HTTPS SVCB TXT MX ANY CNAME DS NS SOA TYPE65400"

every_type() {
	local wanted=$1 type
	shift
	for type in $types; do
		expect "$wanted" "$1.world.example" "$type" +notcp
		expect "$wanted" "sub.$1.world.example" "$type" +notcp
		sent=$((sent + 2))
	done
}

check_negative_actions() {
	note "nxdomain, nodata, refused"
	sent=0
	every_type "NXDOMAIN [] soa=17/17 ede=15" nxdomain
	every_type "NOERROR [] soa=17/17 ede=16" nodata
	every_type "REFUSED [] ede=17" refused
	check "queries counted as blocked by name" "$sent" \
		"$(stat_of "w['blocked_name']")"
	check "blocked by feed nxdomain" $((sent / 3)) \
		"$(stat_of "feeds['nxdomain']['blocked']")"
	check "actions refused" $((sent / 3)) \
		"$(stat_of "d['total']['actions']['refused']")"
	check "blocked MX queries" 6 \
		"$(stat_of "d['total']['types']['MX']['blocked']")"
	check "passed" 0 "$(stat_of "w['passed']")"
}

check_sinkhole_addresses() {
	local type
	note "sinkhole by address"
	expect "NOERROR [192.0.2.66] ede=4" sinkhole.world.example A
	check "its TTL" 17 "$ttl"
	expect "NOERROR [2001:db8::66] ede=4" sub.sinkhole.world.example AAAA
	for type in HTTPS SVCB TXT MX CNAME DS; do
		expect "NOERROR [] soa=17/17 ede=4" sinkhole.world.example $type
	done
	expect "NOERROR [192.0.2.66] ede=4" to-sinkhole.world.example A
	check "the owner is the name asked for" to-sinkhole.world.example./A \
		"$owners"
}

check_sinkhole_name() {
	local i
	note "sinkhole by name"
	write_config "  name: mail.world.example"
	apply
	for i in 1 2; do
		expect "NOERROR [mail.world.example. 192.0.2.8] ede=4" \
			sub.sinkhole.world.example A
		check "owners" "sub.sinkhole.world.example./CNAME \
mail.world.example./A" "$owners"
	done
	ask to-sinkhole.world.example A
	check "$asked" "NOERROR [mail.world.example. 192.0.2.8] ede=4" \
		"$(summary)"
	ask sinkhole.world.example AAAA
	check "$asked" "NOERROR [mail.world.example.] ede=4" \
		"$rcode [$rdata] ede=${ede%% *}"
	ask sinkhole.world.example CNAME
	check_match "$asked" "NOERROR.*mail.world.example" "$(summary)"
	write_config "$addresses"
	apply
	expect "NOERROR [192.0.2.66] ede=4" sub.sinkhole.world.example A
}

check_drop() {
	local type pids=() pid before after
	note "drop"
	before=$(stat_of "d['total']['actions']['drop']")
	for type in A AAAA HTTPS SVCB TXT MX ANY DS; do
		(
			dig +time=1 +tries=1 +notcp -p "$port" @127.0.0.1 \
				sub.drop.world.example $type |
				grep -q '^;; ->>HEADER' && echo "$type: answered"
		) >>"$work/drop" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	check_lines "no answer to a dropped query" "$work/drop"
	ask to-drop.world.example A +time=1
	check "$asked" TIMEOUT "$rcode"
	after=$(stat_of "d['total']['actions']['drop']")
	check "dropped queries counted" 9 $((after - before))
}

# UDP gets TC, TCP the real answer; dig does both as clients do.
check_truncate() {
	local type i
	note "truncate"
	for type in A AAAA HTTPS SVCB TXT MX ANY CNAME DS; do
		expect "NOERROR (tc) [] ede=15" truncate.world.example $type \
			+notcp +ignore
	done
	for i in 1 2; do
		answered 192.0.2.7 truncate.world.example A
		answered 192.0.2.7 sub.truncate.world.example A +tcp
		answered "10 mail.world.example." truncate.world.example MX
		expect "NOERROR (tc) [] ede=15" truncate.world.example A \
			+ignore
	done
	answered "truncate.world.example. 192.0.2.7" to-truncate.world.example A
	expect "NOERROR (tc) [] ede=15" to-truncate.world.example A +ignore
	expect "NOERROR (tc) [] ede=15" to-truncate.world.example A +ignore
}

check_pass() {
	local i before
	note "pass and shadow"
	before=$(stat_of "w['shadow']")
	for i in 1 2; do
		for name in pass shadow sub.shadow; do
			answered 192.0.2.7 $name.world.example A
			answered 2001:db8::7 $name.world.example AAAA
			answered '"a text"' $name.world.example TXT
			answered '1 . alpn="h2"' $name.world.example HTTPS
			answered '1 . alpn="h3"' $name.world.example SVCB
			ask $name.world.example DS
			check "$asked" "NOERROR []" "$rcode [$rdata]"
			ask $name.world.example ANY
			check_match "$asked" "192.0.2.7" "$rdata"
		done
		answered "shadow.world.example. 192.0.2.7" \
			to-shadow.world.example A
		answered "pass.world.example. 192.0.2.7" to-pass.world.example A
	done
	check "shadow counted" $((before + 30)) "$(stat_of "w['shadow']")"
	check "shadow counted for its feed" $((before + 30)) \
		"$(stat_of "feeds['shadow']['shadowed']")"
	check "allowed by feed pass" 16 \
		"$(stat_of "feeds['pass']['allowed']")"
}

check_scope() {
	note "scope, longest match, order"
	expect "NXDOMAIN [] soa=17/17 ede=15" exact.world.example A
	answered 192.0.2.10 sub.exact.world.example A
	answered 192.0.2.11 below.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" sub.below.world.example A
	answered 192.0.2.30 notnxdomain.world.example A
	# Inside one feed the longest; between feeds the first.
	answered 192.0.2.27 longest.world.example A
	expect "NOERROR [] soa=17/17 ede=16" a.longest.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" b.a.longest.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" two-feeds.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" x.two-feeds.world.example A
	expect "REFUSED [] ede=15" shadow-first.world.example A
	# allow > deny > feeds.
	answered 192.0.2.20 allowed.nxdomain.world.example A
	answered 192.0.2.21 deeper.allowed.nxdomain.world.example A
	answered 192.0.2.22 denied.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" under.denied.world.example A
	ask under.denied.world.example A
	check_match "EDE of a local rule" "local rule denies" "$ede"
}

check_aliases() {
	local i
	note "aliases"
	for i in 1 2; do
		for type in A AAAA TXT HTTPS; do
			expect "NXDOMAIN [] soa=17/17 ede=15" \
				cname.world.example $type
		done
		expect "NXDOMAIN [] soa=17/17 ede=15" chain1.world.example A
		expect "NXDOMAIN [] soa=17/17 ede=15" x.dname.world.example A
		expect "NXDOMAIN [] soa=17/17 ede=15" sub.dname.world.example A
		expect "NXDOMAIN [] soa=17/17 ede=15" https.world.example HTTPS
		expect "NXDOMAIN [] soa=17/17 ede=15" \
			https-alias.world.example HTTPS
		expect "NXDOMAIN [] soa=17/17 ede=15" svcb.world.example SVCB
		expect "NXDOMAIN [] soa=17/17 ede=15" cname.world.example CNAME
		expect "NOERROR [] soa=17/17 ede=16" to-other.world.example A
		answered "plain.world.example. 192.0.2.7" good.world.example A
		answered '1 plain.world.example. ipv4hint=192.0.2.1' \
			https-good.world.example HTTPS
		answered '1 . ipv4hint=192.0.2.1' https-self.world.example HTTPS
		answered "10 nxdomain.world.example." mx.world.example MX
		answered "nxdomain.world.example. 192.0.2.7" \
			allow-alias.world.example A
	done
	ask cname.world.example A
	check "EDE of an alias" "15 (Blocked): (feed nxdomain lists \
nxdomain.world.example and its subdomains (category malware, confidence 90), \
reached as an alias of cname.world.example)" "$ede"
	check "owner of the SOA" cname.world.example. "$soa_owner"
}

check_names() {
	note "odd names"
	expect "NXDOMAIN [] soa=17/17 ede=15" NxDoMaIn.WORLD.eXaMpLe A
	expect "NXDOMAIN [] soa=17/17 ede=15" SUB.nxDOMAIN.world.example TXT
	answered 192.0.2.7 PLAIN.World.Example A
	expect "NXDOMAIN [] soa=17/17 ede=15" xn--bcher-kva.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" any.wild.world.example A
	expect "NXDOMAIN [] soa=17/17 ede=15" '\000.nxdomain.world.example' A
	expect "NXDOMAIN [] soa=17/17 ede=15" '*.nxdomain.world.example' A
	expect "NXDOMAIN [] soa=17/17 ede=15" 'a\.b.nxdomain.world.example' A
	expect "NXDOMAIN [] soa=17/17 ede=15" \
		"$long_label.$long_label.nxdomain.world.example" A
	# One label that holds a dot is not two.
	ask 'x\.nxdomain.world.example' A
	check "$asked" "NXDOMAIN ede=" "$rcode ede=${ede%% *}"
	answered 192.0.2.33 'a\.b.odd.world.example' A
	answered 192.0.2.34 'spa\032ce.odd.world.example' A
	answered 192.0.2.35 '\000zero.odd.world.example' A
	answered 192.0.2.36 '\255high.odd.world.example' A
	answered 192.0.2.37 "$long_label.plain.world.example" A
	answered '"v=DMARC1"' _dmarc.plain.world.example TXT
	ask . NS
	check "$asked" "NOERROR [ns.nowhere.example.]" "$rcode [$rdata]"
	ask nowhere A
	check "$asked" "NXDOMAIN ede=" "$rcode ede=${ede%% *}"
}

check_edns() {
	note "EDE, AD, flags"
	ask nxdomain.world.example A
	check "EDE" "15 (Blocked): (feed nxdomain lists nxdomain.world.example \
and its subdomains (category malware, confidence 90))" "$ede"
	check "owner of the SOA" nxdomain.world.example. "$soa_owner"
	ask sub.nodata.world.example A
	check "EDE" "16 (Censored): (feed nodata lists nodata.world.example and \
its subdomains (confidence 100))" "$ede"
	expect "NXDOMAIN [] soa=17/17 ede=" nxdomain.world.example A +noedns
	expect "NOERROR [192.0.2.66] ede=" sinkhole.world.example A +noedns
	expect "REFUSED [] ede=" refused.world.example A +noedns
	expect "NOERROR (tc) [] ede=" truncate.world.example A +noedns +ignore
	for option in +dnssec +adflag +cdflag "+dnssec +cdflag"; do
		# shellcheck disable=SC2086 # two options
		ask nxdomain.world.example A $option
		check "$asked" "NXDOMAIN [] soa=17/17 ede=15" "$(summary)"
	done
	expect "NXDOMAIN [] soa=17/17 ede=15" nxdomain.world.example A +tcp
	answered 192.0.2.7 plain.world.example A +dnssec
	ask nxdomain.world.example CH TXT
	check_match "$asked" "^(REFUSED|NXDOMAIN|SERVFAIL|NOTIMP)" "$(summary)"
}

# Nothing is counted twice or lost, whatever way it went.
check_totals() {
	check "each query is counted by one way" \
		"$(stat_of "w['queries']")" \
		"$(stat_of "sum(w[k] for k in ('passed', 'allowed',
			'blocked_name', 'blocked_alias', 'bogus',
			'resolve_failed', 'failed_pass', 'failed_servfail'))")"
	check "the feeds' blocks are the blocks" \
		"$(stat_of "w['blocked_name'] + w['blocked_alias']")" \
		"$(stat_of "sum(f['blocked'] for f in feeds.values())")"
	check "the types' blocks are the blocks" \
		"$(stat_of "w['blocked_name'] + w['blocked_alias']")" \
		"$(stat_of "sum(t['blocked']
			for t in d['total']['types'].values())")"
	check "no failures" "0 0" "$(stat_of "w['failed_pass'],
		w['failed_servfail']" | tr -d '(),')"
}

addresses=$(printf '  ipv4: 192.0.2.66\n  ipv6: "2001:db8::66"')
write_zones
write_lists
for world in auth stub; do
	echo "== world=$world"
	write_config "$addresses"
	rm -rf "$work/db"
	mkdir "$work/db"
	apply
	upstream_start
	resolver_start
	check_negative_actions
	check_sinkhole_addresses
	check_drop
	check_truncate
	check_pass
	check_scope
	check_aliases
	check_names
	check_edns
	check_totals
	check_sinkhole_name
	resolver_stop
	upstream_stop
done
finish
