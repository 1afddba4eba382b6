#!/bin/bash
# `unbound-control fast_reload` while clients ask and lists are swapped: Unbound
# takes a new configuration and keeps its cache and its modules.  The module is
# not loaded anew, its housekeeper and counters go on, a swap before, beside and
# behind it is in force when it is acknowledged, and no client gets a wrong
# answer or none.  Then `unbound-control reload`, which loads the module anew.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario fast-reload
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"
[[ $("$unbound_control" -h 2>&1) == *fast_reload* ]] ||
	skip "this Unbound knows no fast_reload"

reloads=40
blocked="NXDOMAIN [] soa=60/60 ede=15"

process_threads() {
	sed -n 's/^Threads:[[:space:]]*//p' "/proc/$resolver_pid/status"
}

# write_config NAME: denied besides the feed.
write_config() {
	{
		printf 'feeds:\n  - {name: f, file: "%s"}\n' "$work/lists/f"
		printf '  - {name: s, file: "%s", mode: shadow}\n' \
			"$work/lists/s"
		echo "deny: [ $1.plain.example ]"
	} | config
}

# fast_reload OPTION: with another size of the cache, which is adjusted, and
# with another local-data.
fast_reload() {
	number=$((number + 1))
	sed -i -e "s/msg-cache-size: .*/msg-cache-size: $((30 + number))m/" \
		-e "s/^  local-data: .*/  local-data: \"n A 192.0.2.$number\"/" \
		"$work/resolver.conf"
	# shellcheck disable=SC2086 # none is no argument
	check_match "fast_reload $1" '(^|[[:space:]])ok$' \
		"$(resolver_control fast_reload $1 2>&1)"
	expect "NOERROR (aa) [192.0.2.$number] ede=" n A
}

# The name that was free is blocked, the one that was blocked is free.
check_swapped() {
	expect "$blocked" "$1.plain.example" A
	answered 192.0.2.4 "$2.plain.example" A
}

# swap_beside BLOCKED FREE: the apply runs while the reload does.
swap_beside() {
	local loader
	write_config "$1"
	load apply >"$work/text" 2>&1 &
	loader=$!
	fast_reload "$3"
	wait "$loader"
	check "apply beside: $(tail -n 1 "$work/text")" 0 $?
	check_match "the module has acknowledged" "acknowledged by 1 of 1" \
		"$(cat "$work/text")"
	check_swapped "$1" "$2"
}

judge() {
	awk '$3 ~ /^swap/ { next }
		$3 ~ /^evil/ ? $4 != 3 || $5 != 0 : $4 != 0 || $5 < 1' "$1"
}

check_load() {
	local clients i thread_count option number=0
	local options=("" +p +d +dp) swapped=(swap-a swap-b)
	note "$threads threads, $reloads fast reloads"
	write_config swap-b
	apply
	resolver_start
	fast_reload ""
	thread_count=$(process_threads)
	"$ask_many" -l -w 8 -x 500 "$port" <"$work/names" >"$work/answers" &
	clients=$!
	started+=("$clients")
	for ((i = 0; i < reloads; i++)); do
		option=${options[i % 4]}
		if [ $((i % 3)) = 0 ]; then
			swap_beside "${swapped[i % 2]}" \
				"${swapped[(i + 1) % 2]}" "$option"
		else
			fast_reload "$option"
		fi
		expect "$blocked" evil1.plain.example A
		answered 192.0.2.2 good1.plain.example A
	done
	kill_and_wait "$clients"
	sed -i '$d' "$work/answers"
	judge "$work/answers" >"$work/wrong"
	check_lines "wrong answers meanwhile" "$work/wrong"
	check_number "answers meanwhile" 1000 100000000 \
		"$(wc -l <"$work/answers")"
	check "threads" "$thread_count" "$(process_threads)"
	check "loads of the module" 1 "$(stat_of "m['inits']")"
	check "failures" 0 "$(stat_of "w['failed_pass'] + w['failed_servfail']")"
	check_after
	resolver_stop
}

# Another weir.yaml is not taken by a fast reload, but by a reload.
check_after() {
	cp "$config_file" "$work/other.yaml"
	sed -i "s|^deny:.*|deny: [ good1.plain.example ]|; \
		s|^database:.*|database: \"$work/other\"|" "$work/other.yaml"
	"$weir_load" -c "$work/other.yaml" apply >"$work/text" 2>&1
	sed -i "s|dynlib-file: .*weir\.yaml.*|dynlib-file: \"$work/other.yaml\"|" \
		"$work/resolver.conf"
	check_match "fast_reload" '(^|[[:space:]])ok$' \
		"$(resolver_control fast_reload 2>&1)"
	answered 192.0.2.2 good1.plain.example A
	check "reload" ok "$(resolver_control reload 2>&1)"
	wait_until 20 serves "$port" "$resolver_pid"
	expect "$blocked" good1.plain.example A
	check "loads of the module" 2 "$(stat_of "m['inits']")"
	rm -rf "$work/other"
}

{
	seq -f 'evil%.0f A 192.0.2.1' 1 100
	seq -f 'good%.0f A 192.0.2.2' 1 100
	echo 'to-evil CNAME evil7'
	echo 'evil-alias CNAME evil8'
	seq -f 'shadow%.0f A 192.0.2.3' 1 20
	echo 'swap-a A 192.0.2.4'
	echo 'swap-b A 192.0.2.4'
} | zone plain.example
sed -n 's/^\([a-z0-9-]*\) A .*/\1.plain.example/p' \
	"$work/zones/plain.example" | grep -v '^ns' >"$work/names"
echo evil-alias.plain.example >>"$work/names"
seq -f 'evil%.0f.plain.example' 1 100 >"$work/lists/f"
seq -f 'shadow%.0f.plain.example' 1 20 >"$work/lists/s"
server_lines='  local-data: "n A 192.0.2.250"'
for threads in 1 2; do
	check_load
done
finish
