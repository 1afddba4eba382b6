#!/bin/bash
# Ways past the firewall, or around it, that were found once: a record that is
# replaced under a cached message, the record order of an HTTPS RRset, a DNAME
# whose own target is listed alone; a damaged database, FIFOs where files should
# be, a status folder that is removed under a running module; a module that
# stands behind the iterator and is never asked.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario bypass
world=stub
blocked="NXDOMAIN [] soa=60/60 ede=15"

# The zone with what is the HTTPS record of h just now.
write_zone() {
	zone plain.example <<-END
		good A 192.0.2.2
		h HTTPS $1
		fine A 192.0.2.6
		pair1 HTTPS 1 ok.allowed.example.
		pair1 HTTPS 2 www.evil.example.
		pair2 HTTPS 1 www.evil.example.
		pair2 HTTPS 2 ok.allowed.example.
		d DNAME new.plain.example.
		x.new A 192.0.2.7
		new A 192.0.2.8
	END
}

check_replaced() {
	note "a record is replaced under a cached message"
	answered "1 fine.plain.example." h.plain.example HTTPS
	write_zone "1 www.evil.example."
	upstream_control auth_zone_reload plain.example. >"$work/text"
	expect "$blocked" h.plain.example ANY
	expect "$blocked" h.plain.example HTTPS
}

check_order() {
	local name
	note "the records of an RRset have no order"
	for name in pair1 pair2; do
		expect "$blocked" $name.plain.example HTTPS
		expect "$blocked" $name.plain.example HTTPS
	done
}

check_dname() {
	note "a DNAME counts by the name that it leads to"
	expect "$blocked" new.plain.example A
	answered "new.plain.example. x.new.plain.example. 192.0.2.7" \
		x.d.plain.example A
}

check_status_folder() {
	note "the status folder is removed under the module"
	rm -rf "$work/status"
	mkdir "$work/status"
	wait_until 5 test -e "$work/status/$resolver_pid.module"
	check "the module's file" yes \
		"$([ -e "$work/status/$resolver_pid.module" ] && echo yes)"
	check_match "status" "module in process $resolver_pid" "$(load status)"
}

check_fifos() {
	note "FIFOs in place of files"
	mv "$work/db/current" "$work/current"
	mkfifo "$work/db/current" "$work/status/123.module"
	check "weir-load status ends" 1 \
		"$(timeout 10 "$weir_load" -c "$config_file" status \
			>"$work/text" 2>&1; echo $?)"
	expect "$blocked" www.evil.example A
	check "reload" ok "$(resolver_control reload 2>&1)"
	wait_until 20 serves "$port" "$resolver_pid"
	expect "$blocked" www.evil.example A
	rm -f "$work/db/current" "$work/status/123.module"
	mv "$work/current" "$work/db/current"
}

# Flips octets all over the newest base, so that its pages are garbage while
# its size is right.
damage() {
	local base=$work/db/$1.base size at
	size=$(stat -c %s "$base")
	for ((at = 8192 + 18; at < size; at += 512)); do
		printf '\022\022' | dd of="$base" bs=1 seek="$at" \
			conv=notrunc status=none
	done
}

check_damage() {
	local newest
	note "a damaged base of the right size"
	seq -f 'many-%.0f.evil2.example' 3000 >"$work/lists/many"
	apply
	newest=$(sed -n 's/^generation //p' "$work/db/current")
	resolver_stop
	damage "$newest"
	check "weir-load check" 1 \
		"$(load check >"$work/text" 2>&1; echo $?)"
	check_match "and says" "not the octets" "$(cat "$work/text")"
	cp "$work/db/$newest.base" "$work/damaged"
	truncate -s 400G "$work/db/$newest.base"
	check "a giant is refused without being read" 1 \
		"$(timeout 5 "$weir_load" -c "$config_file" check \
			>"$work/text" 2>&1; echo $?)"
	cp "$work/damaged" "$work/db/$newest.base"
	resolver_start
	expect "$blocked" www.evil.example A
	answered 192.0.2.2 good.plain.example A
	check_match "the module says" "damaged" "$(load status)"
	echo one-more.evil3.example >>"$work/lists/many"
	apply
	expect "$blocked" many-7.evil2.example A
	expect "$blocked" one-more.evil3.example A
}

write_zone "1 fine.plain.example."
check_module_order() {
	local warning="is not the first in module-config"
	note "the module stands behind the iterator"
	check "no warning so far" 0 "$(grep -c "$warning" "$work/resolver.log")"
	resolver_stop
	modules="iterator dynlib"
	resolver_start
	check "a warning" 1 "$(grep -c "$warning" "$work/resolver.log")"
}

zone evil.example <<<"www A 192.0.2.66"
zone allowed.example <<<"ok A 192.0.2.77"
echo first.evil2.example >"$work/lists/many"
config <<-END
	feeds:
	  - name: many
	    file: $work/lists/many
	allow: [allowed.example]
	deny: [evil.example, "=new.plain.example"]
END
apply
upstream_start
resolver_start
check_replaced
check_order
check_dname
check_status_folder
check_fifos
check_damage
check_module_order
finish
