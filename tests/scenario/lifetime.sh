#!/bin/bash
# What ends, ends at its second, and nothing runs for that: an entry with an end
# of its own (CSV, JSON, STIX), one of a feed with a lifetime (names, RPZ, AdBlock
# with its exceptions), a local rule.  So it is for names that were asked before
# and for those that were not, through aliases, with serve-expired and prefetch;
# and whoever comes next in the order of rules takes over.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario lifetime
threads=2
server_lines='server:
  serve-expired: yes
  serve-expired-ttl: 0
  prefetch: yes'

blocked="NXDOMAIN [] soa=60/60 ede=15"
nodata="NOERROR [] soa=60/60 ede=15"
plain="NOERROR [192.0.2.9] ede="

# The names that all have one end: NAME BEFORE AFTER, by a bar.
rows=()
row() {
	rows+=("$1|$2|$3")
}

# watch_rows END FRESH...: asks for all names again and again until behind the
# second END.  In a second before it the answer has to be BEFORE, from END on
# AFTER.  (Unbound's clock is read once for each turn of its loop, so what was
# asked in one second may be judged in the next.)  FRESH are asked for only then:
# NAME AFTER.
watch_rows() {
	local end=$1 one name before after began ended wrong=0 early=0 late=0
	local last=
	shift
	while [ "$(date +%s)" -le "$((end + 1))" ]; do
		for one in "${rows[@]}"; do
			IFS='|' read -r name before after <<<"$one"
			began=$(date +%s)
			ask "$name" A +edns
			ended=$(date +%s)
			if [ "$ended" -lt "$end" ]; then
				early=$((early + 1))
				[ "$(summary)" = "$before" ] && continue
			elif [ "$began" -ge "$end" ]; then
				late=$((late + 1))
				[ "$(summary)" = "$after" ] && continue
			else
				continue
			fi
			wrong=$((wrong + 1))
			last="$name at $((began - end)) s: $(summary)"
		done
	done
	check "wrong answers (the last: $last)" 0 "$wrong"
	check_number "asked before the end" "${#rows[@]}" 100000 "$early"
	check_number "asked after the end" "${#rows[@]}" 100000 "$late"
	while [ $# -gt 0 ]; do
		expect "$2" "$1" A +edns
		shift 2
	done
}

# A file as if it had been written so that its feed's lifetime of an hour is
# over at the second END.
ends_at() {
	touch -d "@$(($1 - 3600))" "$2"
}

write_config() {
	cat <<-END
		feeds:
		  - {name: table, file: lists/table, format: csv}
		  - {name: bundle, file: lists/bundle, format: stix}
		  - name: document
		    file: lists/document
		    format: json
		    fields: {name: "[].d", valid-until: end}
		  - {name: zone, file: lists/zone, format: rpz, lifetime: 1h}
		  - name: excepts
		    file: lists/excepts
		    format: adblock
		    lifetime: 1h
		  - name: passes
		    file: lists/passes
		    format: domains
		    action: pass
		    lifetime: 1h
		  - name: shadow
		    file: lists/shadow
		    format: domains
		    mode: shadow
		  - name: last
		    file: lists/last
		    format: domains
		    action: nodata
	END
}

# write_lists END
write_lists() {
	local lists=$work/lists iso
	iso=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%S)
	printf '%s\n' domain,valid_until "table.plain.example,$1" \
		"deep.plain.example,${1}000" "seen.plain.example,${iso}Z" \
		"fresh.plain.example,${iso}Z" "next.plain.example,$1" \
		"target.other.example,$1" "mine.plain.example,$1" \
		"stays.plain.example,$(($1 + 3600))" >"$lists/table"
	cat >"$lists/bundle" <<-END
		{"type": "bundle", "objects": [
		{"type": "indicator", "pattern_type": "stix",
		 "valid_from": "2020-01-01T00:00:00Z",
		 "valid_until": "$iso.000Z",
		 "pattern": "[domain-name:value = 'bundle.plain.example']"}]}
	END
	printf '[{"d": "document.plain.example", "end": "%s"}]' \
		"$iso+00:00" >"$lists/document"
	printf '%s\n' '@ SOA a. b. 1 1 1 1 1' 'zone.plain.example CNAME .' \
		'*.zone.plain.example CNAME .' \
		'local.plain.example A 192.0.2.77' >"$lists/zone"
	ends_at "$1" "$lists/zone"
	echo '@@||www.half.example^' >"$lists/excepts"
	ends_at "$1" "$lists/excepts"
	echo passes.plain.example >"$lists/passes"
	ends_at "$1" "$lists/passes"
	echo seen.plain.example >"$lists/shadow"
	printf '%s\n' next.plain.example passes.plain.example >"$lists/last"
}

for zone in plain other half; do
	{
		echo "* A 192.0.2.9"
		echo "alias CNAME target.other.example."
		echo "short 1 A 192.0.2.9"
		echo "zone A 192.0.2.9"
		echo "*.zone A 192.0.2.9"
		echo "deep A 192.0.2.9"
		echo "*.deep A 192.0.2.9"
	} | zone "$zone.example"
done
write_config | config
write_lists "$(($(date +%s) + 1000))"
apply
resolver_start

note "before there is anything with an end soon, all is in the cache"
expect "$plain" passes.plain.example A +edns
expect "$plain" www.half.example A +edns
expect "$plain" free.plain.example A +edns

note "ends of all kinds, at one second"
end=$(($(date +%s) + 8))
write_lists "$end"
apply
# A block that outlives the exception from it: its file is younger.
echo '||half.example^' >"$work/add"
check_match "delta" "excepts: 1 added" "$(load delta excepts --add "$work/add")"
check_match "deny" "deny free.plain" "$(load deny free.plain.example \
	--for "$((end - $(date +%s)))s")"
mine_end=$(load status --json | python3 -c "
import json, sys
print(json.load(sys.stdin)['local_rules'][0]['until_unix'])")
row table.plain.example "$blocked" "$plain"
row deep.plain.example "$blocked" "$plain"
row www.deep.plain.example "$blocked" "$plain"
row seen.plain.example "$blocked" "$plain"
row bundle.plain.example "$blocked" "$plain"
row document.plain.example "$blocked" "$plain"
row zone.plain.example "$blocked" "$plain"
row www.zone.plain.example "$blocked" "$plain"
row local.plain.example "NOERROR [192.0.2.77] ede=4" "$plain"
row next.plain.example "$blocked" "$nodata"
row passes.plain.example "$plain" "$nodata"
row www.half.example "$plain" "$blocked"
row stays.plain.example "$blocked" "$blocked"
row alias.plain.example "$blocked" \
	"NOERROR [target.other.example. 192.0.2.9] ede="
[ "$mine_end" != "$end" ] || row free.plain.example "$blocked" "$plain"
expect "$blocked" half.example A +edns
watch_rows "$end" fresh.plain.example "$plain" target.other.example "$plain" \
	alias.half.example "$blocked" \
	alias.other.example "NOERROR [target.other.example. 192.0.2.9] ede="
check_match "explain" "is past its valid" "$(load explain table.plain.example)"

note "the same answers once they are cached, and after a swap and a restart"
again() {
	local one name before after
	for one in "${rows[@]}"; do
		IFS='|' read -r name before after <<<"$one"
		expect "$after" "$name" A +edns
	done
}
again
echo some.other.example >>"$work/lists/last"
apply 3 # of two lists nothing is left: that may be a fault, and is told
expect "NOERROR [] soa=60/60 ede=15" some.other.example A +edns
rows=("${rows[@]/www.half.example|*/www.half.example||$plain}") # no delta
again
check_match "what has ended is not taken" "skipped: past its end" \
	"$(load status)"
resolver_stop
resolver_start
again

note "an allow rule ends over a block that ends later"
rows=()
end=$(($(date +%s) + 9))
write_lists "$end"
apply
check_match "allow" "allow mine.plain" \
	"$(load allow mine.plain.example --for 4s)"
mine_end=$(load status --json | python3 -c "
import json, sys
print([r['until_unix'] for r in json.load(sys.stdin)['local_rules']
       if r['name'] == 'mine.plain.example'][0])")
row mine.plain.example "$plain" "$blocked"
watch_rows "$mine_end"
rows=()
row mine.plain.example "$blocked" "$plain"
watch_rows "$end"
finish
