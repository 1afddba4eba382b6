#!/bin/bash
# Validation.  A signed zone with blocked names in it, a signed child whose own
# name is listed, a zone whose signatures are broken on purpose, and an unsigned
# one.  Whatever a client asks for (DO, CD, AD): no AD on what weir made; BOGUS
# stays SERVFAIL, blocked aliases included; other names validate as before; the
# DS and DNSKEY lookups of the validator are never rewritten, not even while a
# client's own question for the same DS is blocked.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario dnssec
need ldns-keygen ldns-signzone

# sign ZONE < RECORDS: signed file in $work/ZONE.signed, DS in $work/ZONE.ds.
sign() {
	local ksk zsk
	zone "$1"
	(
		cd "$work" || exit 1
		ksk=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k "$1") &&
			zsk=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 \
				"$1") &&
			ldns-signzone -i 20200101 -e 20370101 \
				-f "$1.signed" -o "$1" "zones/$1" \
				"$zsk" "$ksk" &&
			cp "$ksk.ds" "$1.ds"
	) || die "$1 cannot be signed"
	cp "$work/$1.signed" "$work/zones/$1"
}

# break_record ZONE OWNER TYPE FROM TO: other RDATA, the old signature.
break_record() {
	awk -v owner="$2.$1." -v type="$3" -v from="$4" -v to="$5" '
		$1 == owner && $4 == type { n += sub(from, to) }
		{ print }
		END { exit n != 1 }' "$work/zones/$1" >"$work/broken" ||
		die "no $3 of $2.$1 to break"
	cp "$work/broken" "$work/zones/$1"
}

make_zones() {
	local child
	for child in child below; do
		sign $child.signed.example <<-'END'
			@ A 192.0.2.40
			www A 192.0.2.41
			other A 192.0.2.42
		END
	done
	{
		cat <<-'END'
			www A 192.0.2.1
			www TXT "validated"
			evil A 192.0.2.2
			sub.evil A 192.0.2.3
			*.wild A 192.0.2.4
			alias CNAME evil
			good CNAME www
			two CNAME alias
			to-bogus CNAME bad.bogus.example.
			to-listed-bogus CNAME listed.bogus.example.
			shadow A 192.0.2.5
			counted A 192.0.2.6
			truncated A 192.0.2.7
			svc HTTPS 1 evil
		END
		for child in child below; do
			echo "$child NS ns.$child"
			echo "ns.$child A 127.0.0.1"
			sed 's/[[:space:]]*;.*//' "$work/$child.signed.example.ds"
		done
	} | sign signed.example
	sign bogus.example <<-'END'
		bad A 192.0.2.50
		listed A 192.0.2.51
		good A 192.0.2.52
		bad-alias CNAME www.signed.example.
		blocked-alias CNAME evil.signed.example.
		first CNAME blocked-alias
		good-alias CNAME evil.signed.example.
		shadow A 192.0.2.53
		bad-svc HTTPS 1 evil.signed.example.
	END
	break_record bogus.example bad A 192.0.2.50 192.0.2.60
	break_record bogus.example listed A 192.0.2.51 192.0.2.61
	break_record bogus.example shadow A 192.0.2.53 192.0.2.63
	break_record bogus.example bad-alias CNAME www.signed ns.signed
	break_record bogus.example blocked-alias CNAME evil.signed \
		sub.evil.signed
	break_record bogus.example bad-svc HTTPS evil.signed sub.evil.signed
	zone unsigned.example <<-'END'
		www A 192.0.2.70
		alias CNAME evil.signed.example.
	END
}

write_config() {
	{
		cat <<-'END'
			block-ttl: 10
			allow:
			  - www.below.signed.example
			  - counted.signed.example
			deny:
			  - evil.signed.example
			  - listed.bogus.example
			  - "=child.signed.example"
			  - below.signed.example
			feeds:
		END
		echo shadow.signed.example >"$work/lists/shadow"
		echo shadow.bogus.example >>"$work/lists/shadow"
		echo truncated.signed.example >"$work/lists/truncate"
		printf '  - {name: s, file: "%s", mode: shadow}\n' \
			"$work/lists/shadow"
		printf '  - {name: t, file: "%s", action: truncate}\n' \
			"$work/lists/truncate"
		[ -z "${1:-}" ] || {
			echo "$1" >"$work/lists/more"
			printf '  - {name: m, file: "%s"}\n' "$work/lists/more"
		}
	} | config
}

block="NXDOMAIN [] soa=10/10 ede=15"

# secure RDATA NAME TYPE: with AD, and without it for CD.
secure() {
	local wanted=$1
	shift
	expect "NOERROR (ad) [$wanted] ede=" "$@" +adflag
	ask "$@" +dnssec
	check "$asked: AD" ad "$flags"
	check_match "$asked: a signature comes with it" "RRSIG" "$owners"
	ask "$@" +cdflag
	check_match "$asked" "NOERROR( \(ad\))? \[$wanted\]" "$(summary)"
}

every_flag() {
	local wanted=$1 option
	shift
	for option in +noadflag +adflag +dnssec +cdflag "+dnssec +cdflag" \
		+noedns +tcp; do
		# shellcheck disable=SC2086 # several options
		ask "$@" $option
		if [ "$option" = +noedns ]; then
			check "$asked" "${wanted%ede=*}ede=" "$(summary)"
		else
			check "$asked" "$wanted" "$(summary)"
		fi
	done
}

bogus() {
	local option
	for option in +adflag +dnssec +noedns +tcp; do
		ask "$@" "$option"
		check "$asked" "SERVFAIL []" "$rcode${flags:+ ($flags)} [$rdata]"
	done
}

check_blocked() {
	note "blocked names and aliases"
	every_flag "$block" evil.signed.example A
	every_flag "$block" sub.evil.signed.example TXT
	every_flag "$block" alias.signed.example A
	every_flag "$block" two.signed.example A
	every_flag "$block" svc.signed.example HTTPS
	every_flag "$block" unsigned-alias.evil.signed.example A
	every_flag "$block" alias.unsigned.example A
	every_flag "$block" good-alias.bogus.example A
}

check_bogus() {
	note "bogus"
	bogus bad.bogus.example A
	bogus bad-alias.bogus.example A
	bogus blocked-alias.bogus.example A
	bogus first.bogus.example A
	bogus bad-svc.bogus.example HTTPS
	bogus to-bogus.signed.example A
	bogus shadow.bogus.example A
	# The second time as the first: nothing of it is kept as good.
	bogus blocked-alias.bogus.example A
	bogus shadow.bogus.example A
	ask to-listed-bogus.signed.example A +adflag
	check_match "$asked: not answered" '^(NXDOMAIN|SERVFAIL) \[\]' \
		"$(summary)"
	answered "192.0.2.60" bad.bogus.example A +cdflag
	expect "$block" blocked-alias.bogus.example A +cdflag
	secure 192.0.2.52 good.bogus.example A
	expect "$block" listed.bogus.example A
}

check_secure() {
	local i
	note "other names validate"
	for i in 1 2; do
		secure 192.0.2.1 www.signed.example A
		secure '"validated"' www.signed.example TXT
		secure 192.0.2.4 x.wild.signed.example A
		secure "www.signed.example. 192.0.2.1" good.signed.example A
		expect "NOERROR [192.0.2.70] ede=" www.unsigned.example A \
			+adflag
		# Rules that let it through leave AD alone.
		secure 192.0.2.5 shadow.signed.example A
		secure 192.0.2.6 counted.signed.example A
		expect "NOERROR (tc) [] ede=15" truncated.signed.example A \
			+adflag +ignore
		expect "NOERROR (ad) [192.0.2.7] ede=" \
			truncated.signed.example A +adflag +tcp
	done
	ask nothing.signed.example A +adflag
	check "$asked" "NXDOMAIN ad" "$rcode $flags"
	ask www.signed.example MX +adflag
	check "$asked" "NOERROR ad []" "$rcode $flags [$rdata]"
}

check_child() {
	local i
	note "a child zone whose own name is listed"
	for i in 1 2; do
		secure 192.0.2.41 www.child.signed.example A
		every_flag "$block" child.signed.example DS
		every_flag "$block" child.signed.example DNSKEY
		every_flag "$block" child.signed.example A
		secure 192.0.2.42 other.child.signed.example A
		secure 192.0.2.41 www.below.signed.example A
		every_flag "$block" other.below.signed.example A
		resolver_control flush_zone signed.example >"$work/control"
	done
}

# A client's question for the DS waits in the resolver together with the
# validator's.
check_together() {
	local i pids=() pid
	note "the validator's and a client's question at once"
	for i in 1 2 3; do
		resolver_control flush_zone signed.example >"$work/control"
		upstream_pause
		pids=()
		for option in +adflag +cdflag "+dnssec +cdflag"; do
			for question in "www.child.signed.example A" \
				"child.signed.example DS" \
				"child.signed.example DNSKEY"; do
				(
					# shellcheck disable=SC2086
					ask $question $option
					echo "${question% *} $rcode [$rdata]"
				) &
				pids+=($!)
			done >>"$work/together.$i"
		done
		sleep 0.1
		upstream_resume
		for pid in "${pids[@]}"; do
			wait "$pid"
		done
		check "answers" 9 "$(wc -l <"$work/together.$i")"
		grep -vE '^child.* NXDOMAIN \[\]$|^www.* NOERROR \[192.0.2.41' \
			"$work/together.$i" >"$work/wrong"
		check_lines "asked at once" "$work/wrong"
		secure 192.0.2.41 www.child.signed.example A
	done
}

check_swap() {
	note "a swap, and back"
	secure 192.0.2.1 www.signed.example A
	write_config www.signed.example
	apply
	every_flag "$block" www.signed.example A
	every_flag "$block" good.signed.example A
	secure 192.0.2.4 x.wild.signed.example A
	write_config
	apply
	secure 192.0.2.1 www.signed.example A
	secure "www.signed.example. 192.0.2.1" good.signed.example A
}

make_zones
modules="dynlib validator iterator"
server_lines=$(
	cat "$work/signed.example.ds" "$work/bogus.example.ds" |
		sed 's/[[:space:]]*;.*//; s/[[:space:]]\{1,\}/ /g' |
		sed 's/.*/  trust-anchor: "&"/'
	echo '  val-log-level: 2'
	echo '  val-bogus-ttl: 1'
)
for world in auth stub; do
	echo "== world=$world"
	write_config
	apply
	upstream_start
	resolver_start
	check_secure
	check_blocked
	check_bogus
	check_child
	[ "$world" = auth ] || check_together
	check_swap
	check "no module failures" 0 \
		"$(stat_of "w['failed_pass'] + w['failed_servfail']")"
	resolver_stop
	upstream_stop
done
[ "$failed" = 0 ] || grep 'validation failure' "$work/resolver.log"
finish
