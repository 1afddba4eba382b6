#!/bin/bash
# Drives every command of weir-load, without Unbound: exit codes, texts, JSON.
set -euo pipefail
export LC_ALL=C
load=${WEIR_LOAD:-./weir-load}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
conf=$work/weir.yaml
out=$work/out err=$work/err

fail() {
	echo "$*" >&2
	echo "--- stdout" >&2
	head -50 "$out" >&2
	echo "--- stderr" >&2
	head -50 "$err" >&2
	exit 1
}

# run CODE ARGUMENT...: runs weir-load and wants that exit code.
run() {
	local want=$1 code=0
	shift
	what="weir-load $*"
	"$load" -c "$conf" "$@" >"$out" 2>"$err" || code=$?
	[ "$code" = "$want" ] || fail "$what: exit $code, not $want"
}

says() {
	grep -qF -- "$1" "$out" || fail "$what: does not say: $1"
}

complains() {
	grep -qF -- "$1" "$err" || fail "$what: does not complain: $1"
}

is_json() {
	if command -v python3 >/dev/null; then
		python3 -c 'import json,sys; json.load(sys.stdin)' <"$out" ||
			fail "$what: not JSON"
	elif command -v jq >/dev/null; then
		jq . <"$out" >/dev/null || fail "$what: not JSON"
	fi
}

cat >"$conf" <<-END
	database: $work/state/db
	status: $work/status
	keep-generations: 3
	feeds:
	  - name: alpha
	    file: alpha.txt
	    format: domains
	    category: malware
	    confidence: 90
	    subdomains: yes
	  - name: hosts
	    file: hosts.txt
	    format: hosts
	    action: sinkhole
	    subdomains: no
	  - name: trial
	    file: trial.txt
	    mode: shadow
	    format: domains
	allow: [ good.evil.example ]
	deny: [ "*.denied.example", "=one.example" ]
	never-block: [ www.bank.example ]
END
printf '%s\n' evil.example bad.test 10.0.0.1 not..name bank.example \
	$'b\303\274cher.example' >"$work/alpha.txt"
printf '0.0.0.0 ads.example evil.example\n' >"$work/hosts.txt"
printf 'shadowed.example\n' >"$work/trial.txt"

# The command line.
"$load" --help >"$out" 2>"$err" || fail "--help"
what=--help
says "usage: weir-load"
for command in config apply rollback lookup explain dump diff check status; do
	says "  $command"
done
"$load" --version >"$out" || fail "--version"
grep -qE '^weir-load [0-9]+\.' "$out" || fail "--version"
run 2
run 2 nonsense
complains "nonsense: no such command"
run 2 lookup
run 2 apply --type A
complains "does not take --type"
run 2 explain --type NOTHING evil.example
run 2 apply --timeout soon
run 2 diff 1
run 2 check zero
run 2 lookup "a..b"
complains "not a domain name"
run 2 lookup evil.example http://evil.example/page
complains "http://evil.example/page: a URL"
run 2 explain 192.0.2.1
complains "192.0.2.1: an address"
run 2 delta alpha --add one --add two
complains "--add: given twice"
run 2 delta deny --add one
complains "deny: your own list, no feed"
run 2 status --nonsense
complains "--nonsense: no such option"
run 2 -c
complains "-c: its value is missing"

# Where else to look for a configuration, if none was named.
code=0
WEIR_CONFIG=$work/none "$load" status >"$out" 2>"$err" || code=$?
[ "$code" = 2 ] || fail "without weir.yaml: exit $code, not 2"
complains "$work/none: No such file or directory (-c FILE or WEIR_CONFIG"

# With --json each of these is an object too, wherever --json stands.
fails_as_json() {
	run 2 "$@"
	is_json
	says '"result": "failed"'
	says '"problem": "'
}
fails_as_json --json
fails_as_json --json nonsense
fails_as_json apply --timeout soon --json
fails_as_json status -x --json
fails_as_json lookup "a..b" --json
fails_as_json diff 1 --json
fails_as_json check zero --json
fails_as_json -c "$work/missing.yaml" status --json

# What comes from the command line does not colour the terminal.
for argument in $'\033[31mred' $'--\033[31mred' $'-\033' $'red\302\233'; do
	run 2 "$argument"
	! grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2\x9b' "$err" ||
		fail "$what: control characters"
done
run 2 -c $'\033[31mred' status
! grep -q $'\033' "$err" || fail "$what: control characters"

# No database yet.
run 1 lookup evil.example
complains "no database yet"
run 1 check
run 1 rollback
run 0 status
says "no generation is current"
run 0 status --json
is_json
says '"current": null'

# Configuration.
run 0 config
says 'name: "alpha"'
run 0 --json config
is_json
says '"name": "alpha"'
says '"keep_generations": 3'
says '"never_block": ['
! grep -q '"[a-z]*-[a-z-]*":' "$out" || fail "$what: a key with a hyphen"
cp "$conf" "$work/good.yaml"
sed 's/action: sinkhole/action: explode/' "$work/good.yaml" >"$conf"
run 2 apply
grep -qE "^$conf:[0-9]+: " "$err" || fail "no FILE:LINE: reason"
[ ! -e "$work/state/db/current" ] || fail "a broken configuration made a database"
sed 's/format: hosts/format: spoken/' "$work/good.yaml" >"$conf"
run 2 config
grep -qE "^$conf:[0-9]+: " "$err" || fail "no FILE:LINE: reason"
cp "$work/good.yaml" "$conf"

mv "$work/trial.txt" "$work/away.txt"
run 0 config
complains "$conf:$(grep -n 'name: trial' "$conf" | cut -d: -f1): feed trial: $work/trial.txt: No such"
mv "$work/away.txt" "$work/trial.txt"
run 0 config
[ ! -s "$err" ] || fail "$what: complains though all is there"

# The first generation.
run 0 apply
says "generation 1, serial 1: 8 names, 8 added, 0 removed, 0 changed"
says "local allow: 1 name "
says "feed alpha: 3 names (3 added, 0 removed, 0 changed)"
says "1 refused: "
says "as in $work/alpha.txt:3:1: 10.0.0.1"
says "$work/alpha.txt:5:1: bank.example"
says "compiled in "
says "no module is running"
run 0 apply
says "nothing changed: generation 1 stays"
! grep -q "days old" "$out" || fail "$what: takes a new list for old"
touch -d "9 days ago" "$work/hosts.txt"
run 0 apply
says "feed hosts: 2 names (0 added, 0 removed, 0 changed), its list is 9 days old"
run 0 status
says ", its list is 9 days old"
[ ! -e "$work/state/db/2.base" ] || fail "nothing changed, yet generation 2"
run 0 apply --json
is_json
says '"result": "unchanged"'
says '"reason": "never-block"'
! grep -qE '[0-9]\.[0-9]{7}' "$out" || fail "$what: more than microseconds"

# Looking up.
run 0 lookup x.evil.example nothing.example
says "alpha: name and subdomains, nxdomain, category malware, confidence 90"
says "nothing.example: neither it nor a name above it is listed"
run 0 lookup --json evil.example nothing.example
is_json
says '"listed": false'
run 0 lookup $'B\303\234CHER.example'
says "xn--bcher-kva.example: alpha"

# Explaining.
run 0 explain www.evil.example
says "www.evil.example A: blocked"
says "a client gets: NXDOMAIN"
says "decided: feed alpha lists evil.example and its subdomains"
says "authority: evil.example. 60 IN SOA"
says "extended error 15: feed alpha"
run 0 explain good.evil.example
says "allowed"
says "decided: local rule allows good.evil.example"
run 0 explain ads.example --type AAAA
says "answer: ads.example. 60 IN AAAA ::"
says "extended error 4:"
run 0 explain --type mx ads.example
says "authority: ads.example. 60 IN SOA"
run 0 explain www.ads.example
says "www.ads.example A: not blocked"
says "holds for that name only"
run 0 explain shadowed.example
says "shadowed.example A: shadowed"
says "in shadow mode: feed trial lists shadowed.example"
run 0 explain nothing.example
says "nothing.example A: not listed"
! grep -q "never-block" "$out" || fail "$what: names never-block"
run 0 explain www.bank.example
says "never-block has it"
run 0 explain www.bank.example --json
says '"never_block": true'
run 0 explain www.evil.example
says "alpha: name and subdomains, nxdomain, category malware, confidence 90:"
! grep -q ' $' "$out" || fail "$what: a blank at the end of a line"
run 0 explain denied.example
says "holds for subdomains only"
run 0 explain --json www.evil.example --type TYPE65
is_json
says '"type": "HTTPS"'
says '"rcode": "NXDOMAIN"'
says '"verdict": "decides"'

# All names, and a subtree.
run 0 dump
[ "$(wc -l <"$out")" = 9 ] || fail "dump: not 9 lines"
run 0 dump evil.example
[ "$(cut -f1 "$out" | sort -u | tr '\n' ' ')" = \
	"evil.example good.evil.example " ] || fail "dump evil.example"
run 0 --json dump
[ "$(grep -c '^{"name":".*}$' "$out")" = 8 ] || fail "dump --json"

# A second generation, and what differs.
printf '%s\n' evil.example new.test >"$work/alpha.txt"
run 0 apply --json --no-wait
is_json
says '"result": "applied"'
says '"generation": 2'
run 0 diff 1 2
says "+ new.test"
says "- bad.test"
says "generation 1 to 2: 1 added, 2 removed, 0 changed, 7 names"
run 0 diff 2 1 --json
is_json
says '{"change":"added","name":"bad.test","feeds":{"alpha":"added"}}'
run 1 diff 1 7
complains "no generation 7"
run 0 diff 2 2 --json
is_json
says '"changes":[]'

# A change of the policy alone is a change.
sed -i 's/confidence: 90/confidence: 90\n    action: refused/' "$conf"
run 0 apply
says "generation 3, serial 3: 7 names, 0 added, 0 removed, 0 changed"
run 0 explain evil.example
says "a client gets: REFUSED"

# Back and forth.
run 0 rollback
says "rolled back to generation 2, serial 4"
says "until the next weir-load apply"
run 0 rollback 1 --json
is_json
says '"generation": 1'
says '"serial": 5'
run 0 lookup bad.test
says "bad.test: alpha"
run 0 rollback 1
says "is the current one already"
! grep -q "until the next" "$out" || fail "$what: nothing was rolled back"
run 1 rollback
complains "no generation before the current one"
run 1 rollback 99
complains "there is no generation 99"

# A list that is gone: its names stay, and weir-load says so.
rm "$work/alpha.txt"
run 3 apply
complains "feed alpha: "
complains "its 3 names of the generation before stay"
says "kept from before"
run 0 lookup bad.test
says "bad.test: alpha"
run 0 status
says "* generation "
says "last apply, at "
says "kept from before"
run 0 status --json
is_json
says '"state": "kept"'

# A list that is there and holds nothing: the same.
for text in "" "# moved" "<html><h1>503</h1></html>"; do
	printf '%s\n' "$text" >"$work/hosts.txt"
	run 3 apply
	complains "feed hosts: $work/hosts.txt: holds no usable name; its 2 names"
	says "kept from before: its list cannot be used"
	run 0 lookup ads.example
	says "ads.example: hosts"
done
: >"$work/hosts.txt"
run 3 apply --json
is_json
says 'hosts.txt: holds no usable name"'
run 0 lookup ads.example
says "ads.example: hosts"
printf '0.0.0.0 ads.example evil.example\n' >"$work/hosts.txt"

# Only keep-generations stay.
[ "$(find "$work/state/db" -name '*.base' | wc -l)" -le 3 ] ||
	fail "more than three generations"

# Nothing at all can be read: the old generation stays.
cat >"$work/none.yaml" <<-END
	database: $work/state/none
	status: $work/status
	feeds:
	  - name: alpha
	    file: alpha.txt
END
code=0
"$load" apply -c "$work/none.yaml" --json >"$out" 2>"$err" || code=$?
what="apply without lists"
[ "$code" = 1 ] || fail "$what: exit $code, not 1"
is_json
says '"result": "failed"'
[ ! -e "$work/state/none/current" ] || fail "$what: swapped"

# A list that never held a name is empty, and that is said.
cat >"$work/empty.yaml" <<-END
	database: $work/state/empty
	status: $work/status
	feeds:
	  - name: nothing
	    file: nothing.txt
END
: >"$work/nothing.txt"
code=0
(
	umask 077
	"$load" -c "$work/empty.yaml" apply >"$out" 2>"$err"
) || code=$?
what="apply of an empty list"
[ "$code" = 0 ] || fail "$what: exit $code, not 0"
complains "feed nothing: $work/nothing.txt: holds no usable name"
says "feed nothing: 0 names"
[ "$(stat -c %a "$work/state/empty")" = 755 ] || fail "umask: not 0755"

# What cannot be printed was not done.
if [ -w /dev/full ]; then
	for command in status "status --json" dump "dump --json" config \
		"config --json" "lookup a.example" "explain a.example" \
		check --help --version; do
		what="weir-load $command to a full disk"
		code=0
		# shellcheck disable=SC2086
		"$load" -c "$conf" $command >/dev/full 2>"$err" || code=$?
		[ "$code" = 1 ] || fail "$what: exit $code, not 1"
		# config also notes the list that is gone.
		[ "$(grep -vc ': feed [a-z]*: ' "$err")" = 1 ] ||
			fail "$what: not one sentence"
	done
fi

# Two at once: the second one says who is at work.
current=$(cat "$work/state/db/current")
(
	flock -n 9 || exit 1
	code=0
	"$load" -c "$conf" apply >"$out" 2>"$err" || code=$?
	[ "$code" = 1 ]
) 9<"$work/state/db/lock" || fail "apply with the lock taken"
what="apply with the lock taken"
complains "another weir-load is at work"
[ "$(cat "$work/state/db/current")" = "$current" ] || fail "$what: swapped"

# A damaged file.
run 0 check
says " is whole: "
run 0 check --json
is_json
base=$work/state/db/$(sed -n 's/^base \([^ ]*\) .*/\1/p' \
	"$work/state/db/current")
cp "$base" "$work/whole"
size=$(stat -c %s "$base")
truncate -s $((size - 4096)) "$base"
run 1 check
run 1 lookup evil.example
# The next apply replaces it; names cannot be taken over from it.
printf '%s\n' evil.example >"$work/alpha.txt"
run 0 apply
run 0 check

# Of one feed the most specific name decides.
printf '%s\n' evil.example www.evil.example >"$work/alpha.txt"
run 0 apply
run 0 explain www.evil.example
says "decided: feed alpha lists www.evil.example and its subdomains"
says "refused, category malware, confidence 90: a more specific name"

# A rollback does not lead to what was rolled back from.
for name in good.test wrong.test; do
	printf '%s\n' evil.example $name >"$work/alpha.txt"
	run 0 apply
done
run 0 rollback
run 0 lookup good.test
says "good.test: alpha"
printf '%s\n' evil.example worse.test >"$work/alpha.txt"
run 0 apply
run 0 rollback
run 0 lookup good.test wrong.test
says "good.test: alpha"
says "wrong.test: neither"

# Nor to the same lists, after rules of one's own and a compact; and the time of
# the last apply is that of the lists.
for name in fine.lists.test bad.lists.test; do
	printf '%s\n' evil.example $name >"$work/alpha.txt"
	run 0 apply
done
applied=$(grep applied_unix "$work/state/db/"*.report.json | sort -t: -k3n |
	tail -n 1 | grep -o '[0-9]*,$')
sleep 1.1
run 0 allow helps.not.test
run 0 compact
run 0 status --json
says "\"applied_unix\": $applied"
run 0 status
says ", lists of $(sed -n 's/^generation //p' "$work/state/db/current" | awk '{ print $1 - 2 }')"
run 0 rollback
run 0 lookup fine.lists.test bad.lists.test helps.not.test
says "fine.lists.test: alpha"
says "bad.lists.test: neither"
says "helps.not.test: allow"
# What was rolled back from is none either, whatever comes behind it.
run 0 allow helps.still.not.test
run 0 rollback
run 0 lookup fine.lists.test bad.lists.test
says "fine.lists.test: neither"
says "bad.lists.test: neither"
run 0 forget helps.not.test helps.still.not.test

# Nothing blocked for a while, as weir-load(8) has it.
grep -E '^(database|status):' "$conf" >"$work/off.yaml"
what="apply without feeds"
"$load" -c "$work/off.yaml" apply >"$out" 2>"$err" || fail "$what"
run 0 lookup evil.example
says "evil.example: neither"
run 0 rollback
run 0 lookup evil.example
says "evil.example: alpha"

# Feeds in an overlay keep their names when others come in before them.
conf=$work/feeds.yaml
feeds() {
	local feed
	printf 'database: %s/feeds\nstatus: %s/status\nfeeds:\n' \
		"$work" "$work"
	for feed in "$@"; do
		printf '  - name: %s\n    file: %s\n    format: domains\n' \
			"$feed" "$feed.txt"
		[ "$feed" != late ] || printf '    mode: shadow\n'
	done
}
seq -f 'n%.0f.listed.example' 1 2000 >"$work/base.txt"
echo both.example >"$work/early.txt"
echo both.example >"$work/other.txt"
echo late.example >"$work/late.txt"
feeds base >"$conf"
run 0 apply
feeds base early >"$conf"
run 0 apply
feeds base late early >"$conf"
run 0 apply
run 0 lookup both.example
says "both.example: early:"
run 0 apply
says "nothing changed"

# A compaction that has read feeds which hold no more when it is done.
run 0 rollback 2
exec 9<"$work/feeds/lock"
flock 9
"$load" -c "$conf" compact >"$work/compacted" 2>&1 9<&- &
compact=$!
until [ -s "$work/feeds/compact.base" ]; do
	sleep 0.1
done
sleep 1 # now it waits for the lock
kill -STOP "$compact"
exec 9<&-
run 0 rollback 1
feeds base other >"$conf"
run 0 apply
kill -CONT "$compact"
wait "$compact" || fail "compact: $(cat "$work/compacted")"
run 0 check
run 0 lookup both.example
says "both.example: other:"
# Why a compaction aside has failed, status tells.
echo more.example >"$work/more"
run 0 delta --add "$work/more" --no-compact base
mkdir "$work/feeds/compact.base"
run 1 compact
run 0 status
says "the last compaction has failed: "
rmdir "$work/feeds/compact.base"
run 0 compact
run 0 --json status
says '"compact_problem": null'
# A rule of one's own is taken once by apply (and freed, as the sanitizers see).
run 0 deny mine.example
run 0 apply
run 0 forget mine.example
echo "all commands do as weir-load(8) says"
