#!/bin/bash
# Guard rails and size limits as a user meets them, without Unbound: what no
# list may block is refused by name, the rest loads; a list that shrinks or grows
# too much waits for `weir-load accept`.
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
	head -60 "$out" >&2
	echo "--- stderr" >&2
	head -30 "$err" >&2
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

says_not() {
	! grep -qF -- "$1" "$out" || fail "$what: says: $1"
}

complains() {
	grep -qF -- "$1" "$err" || fail "$what: does not complain: $1"
}

names() {
	seq -f "n%g.$1.test" "$2"
}

# --- refused by name -------------------------------------------------------

cat >"$work/suffixes.dat" <<-END
	// ===BEGIN ICANN DOMAINS===
	com
	uk
	co.uk
	*.ck
	!www.ck
	// ===END ICANN DOMAINS===
	// ===BEGIN PRIVATE DOMAINS===
	hosting.test
	// ===END PRIVATE DOMAINS===
END
printf '%s\n' rank,domain 1,search.test 2,video.test >"$work/popular.csv"
cat >"$conf" <<-END
	database: $work/db
	status: $work/status
	guard:
	  suffix-file: suffixes.dat
	  popular-file: popular.csv
	never-block: [ www.bank.test ]
	feeds:
	  - name: bad
	    file: bad.txt
	    format: domains
	  - name: large
	    file: large.txt
	    format: domains
END
printf '%s\n' com co.uk . localhost in-addr.arpa google.com ocsp.digicert.com \
	time.google.com '*.co.uk' foo.ck search.test evil.search.test \
	hosting.test evil.hosting.test printer.local x.onion example.com \
	bank.test evil.test a.local b.local >"$work/bad.txt"
names a 5000 >"$work/large.txt"
run 0 apply
says "feed bad: 3 names"
bad=$work/bad.txt
for refused in "1 refused: a name of the machine itself, as in $bad:4:1: localhost" \
	"refused: a top-level name, as in $bad:1:1: com" \
	"and $bad:3:1: ." \
	"refused: a public suffix, as in $bad:2:1: co.uk" \
	"and $bad:9:1: *.co.uk" "and $bad:10:1: foo.ck" \
	"refused: a public suffix of the private section, as in $bad:13:1: hosting.test" \
	"refused: a special-use name, as in $bad:5:1: in-addr.arpa" \
	"and $bad:15:1: printer.local" "and $bad:16:1: x.onion" \
	"      and 3 more" \
	"3 refused: a well-known name, or above one, as in $bad:6:1: google.com" \
	"and $bad:7:1: ocsp.digicert.com" "and $bad:8:1: time.google.com" \
	"1 refused: on the never-block list, or above such a name, as in $bad:18:1: bank.test" \
	"1 refused: a popular domain, as in $bad:11:1: search.test"; do
	says "$refused"
done
says_not "and $bad:17:1: example.com"
cp "$out" "$work/applied"
run 0 status
for refused in "as in $bad:1:1: com" "and $bad:3:1: ." "$bad:2:1: co.uk" \
	"$bad:4:1: localhost" "$bad:5:1: in-addr.arpa" "$bad:6:1: google.com" \
	"$bad:7:1: ocsp.digicert.com"; do
	says "$refused"
done
run 0 explain localhost
says "refused: feed bad has localhost at $bad:4, which is a name of the machine itself"
run 0 explain www.bank.test
says "refused: feed bad has bank.test at $bad:18, which is on the never-block list"

# What no feed could block, deny does; and says so.
cp "$conf" "$work/before.yaml"
printf 'deny:\n  - com\n  - "=ocsp.digicert.com"\n  - evil.test\n' >>"$conf"
run 0 config
complains "$conf:15: warning: deny: com is a top-level name; no feed could block it, deny does"
complains "$conf:16: warning: deny: ocsp.digicert.com is a well-known name"
! grep -q evil.test "$err" || fail "config warns of what is fine"
run 0 apply
complains "$conf:15: warning: deny: com is a top-level name"
! grep -q digicert "$err" || fail "apply warns of more than whole domains"
run 0 apply
! grep -q warning "$err" || fail "apply warns though nothing has changed"
cp "$work/before.yaml" "$conf"
run 0 apply
run 0 deny uk --for 30s
complains "warning: uk is a top-level name; no feed could block it, deny does (weir-load forget uk takes it back)"
run 0 forget uk
run 0 deny fine.test --for 30s
! grep -q warning "$err" || fail "deny warns of what is fine"
run 0 forget fine.test
run 0 apply
run 0 dump
for loaded in evil.test evil.search.test evil.hosting.test n1.a.test; do
	says "$loaded"
done
run 0 status --json
says '"refused_count": 18'
says '"skipped_count": 0'
says '"skipped": false'
says '"reason": "public-suffix"'

# A guard that is not there is not taken for one that has nothing to say.
mv "$work/popular.csv" "$work/moved"
run 1 apply
complains "guard in weir.yaml: $work/popular.csv: No such file"
mv "$work/moved" "$work/popular.csv"

# A list that is away is not one that has changed its mind.
mv "$bad" "$work/moved"
run 0 explain evil.test
says "its list cannot be read now"
mv "$work/moved" "$bad"
run 0 explain evil.test
says "bad.txt:19"

# What is guarded from now on goes, though its list is not read.
printf '3,a.test\n4,evil.test\n' >>"$work/popular.csv"
mv "$bad" "$work/moved"
run 3 apply
says "feed bad: 2 names"
says "refused: a popular domain, as in $bad: evil.test"
mv "$work/moved" "$bad"
run 0 apply

# A feed that lets names through may have them: it protects them from those
# behind it.
printf '%s\n' search.test google.com co.uk com >"$work/good.txt"
cp "$conf" "$work/without-good.yaml"
cat >>"$conf" <<-END
	  - name: good
	    file: good.txt
	    action: pass
END
run 0 apply
says "feed good: 3 names"
run 0 explain www.search.test
says "feed good lists search.test"
echo www.google.com >"$work/add"
run 0 delta good --add "$work/add"
says "good: 1 added"
run 3 delta bad --add "$work/add"
says "as in $work/add:1:1: www.google.com"
# But not if it begins to block, though its list is not read.
sed -i 's/action: pass/action: nxdomain/' "$conf"
mv "$work/good.txt" "$work/moved"
run 0 delta bad --del "$work/add" # not yet
run 3 apply
says "feed good: 0 names"
mv "$work/moved" "$work/good.txt"
cp "$work/without-good.yaml" "$conf"
run 0 apply

# --- too few, too many -----------------------------------------------------

names a 2400 >"$work/large.txt"
run 3 apply
complains "feed large: $work/large.txt: holds 2400 names where 5000 are in \
force, too few for max-shrink; its 5000 names of the generation before stay \
until weir-load accept large"
says "feed large: 5000 names"
says "its list has to be accepted"
run 3 apply --json
says '"state": "held"'
says '"held": 2400'
run 0 status
says "feed large waits: a list with 2400 names, 5000 are in force; weir-load \
accept large takes it"
run 0 status --json
says '"accepted": false'
run 2 accept
run 2 accept nothing
run 1 accept bad
complains "feed bad: no list of it waits"

# Only the very file that was held.
names a 2300 >"$work/large.txt"
run 1 accept large
complains "has changed since it was held"
run 3 apply
run 0 accept large
says "its list with 2300 names (5000 are in force) is accepted"
run 0 status
says "accepted, weir-load apply takes it"
names a 2299 >"$work/large.txt"
run 3 apply
says "feed large: 5000 names"
names a 2300 >"$work/large.txt"
run 3 apply
run 0 accept large --json
says '"result": "accepted"'
run 0 apply
says "feed large: 2300 names"
run 0 status
says_not "waits"

# Another file in between: the acceptance does not hold for it.
names a 9000 >"$work/large.txt"
run 3 apply
complains "holds 9000 names where 2300 are in force, too many for max-grow"
run 0 accept large
run 0 apply
says "feed large: 9000 names"
names a 9001 >"$work/large.txt"
run 0 apply

# Back to what is in force: nothing waits any more.
names a 20 >"$work/large.txt"
run 3 apply
names a 9001 >"$work/large.txt"
run 0 apply
run 0 status
says_not "waits"

# A file that is replaced while it is read: what is held is not the new one, and
# what was accepted is not what was read.  Much packed text takes long enough.
names a 9001 >"$work/large.txt"
run 0 apply
names a 30 >"$work/few"
names a 40 >"$work/other"
nothing() {
	awk 'BEGIN { for (i = 0; i < 40000000; i++) print "# nothing" }'
}
long_list() {
	{
		cat "$work/few"
		nothing
	} | gzip -1 >"$1"
}
# Not while its digest is taken, which the main thread does alone.
is_read() {
	[ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ] &&
		[ -n "$(find "/proc/$1/fd" -lname "$work/large.txt")" ]
}
# replaced_while_read BY: an apply, in the middle of which large.txt is replaced.
replaced_while_read() {
	local pid code=0
	what="apply of a list that is replaced"
	"$load" -c "$conf" apply >"$out" 2>"$err" &
	pid=$!
	until is_read "$pid" 2>/dev/null; do
		[ -e "/proc/$pid/fd/2" ] || fail "$what: it ended too early"
	done
	kill -STOP "$pid"
	mv "$1" "$work/large.txt"
	kill -CONT "$pid"
	wait "$pid" || code=$?
	[ "$code" = 3 ] || fail "$what: exit $code, not 3"
}
if [ "$(nproc)" -gt 1 ]; then
	long_list "$work/large.txt"
	replaced_while_read "$work/other"
	complains "holds 30 names where 9001 are in force"
	run 1 accept large
	complains "has changed since it was held"
	run 3 apply
	run 0 accept large
	cp "$work/large.txt" "$work/accepted"
	long_list "$work/large.txt"
	replaced_while_read "$work/accepted"
	complains "holds 30 names where 9001 are in force"
	run 3 apply
	complains "holds 40 names where 9001 are in force"
	names a 9002 >"$work/accepted"
	names a 9001 | gzip -1 >"$work/large.txt"
	nothing | gzip -1 >>"$work/large.txt"
	replaced_while_read "$work/accepted"
	complains "large.txt has changed while it was read"
	run 0 apply
	says "feed large: 9002 names"
fi

# A setting of the feed, and one for all.
names a 20 >"$work/large.txt"
cp "$conf" "$work/good.yaml"
run 3 apply
sed '/name: large/a\    max-shrink: none' "$work/good.yaml" >"$conf"
run 0 apply
says "feed large: 20 names"
names a 900 >"$work/large.txt" # so few come and go
run 0 apply
names a 3001 >"$work/large.txt"
run 3 apply
echo "max-grow: 300%" >>"$conf"
run 0 apply
says "feed large: 3001 names"
cp "$work/good.yaml" "$conf"

# A damaged file of what is held does not stop anybody.
echo "no JSON" >"$work/db/held.json"
run 0 apply
complains "what is held cannot be read"
run 0 apply
says "nothing changed"

# --- lifetime --------------------------------------------------------------

sed '/name: large/a\    lifetime: 7d' "$work/good.yaml" >"$conf"
touch -d '2 days ago' "$work/large.txt"
run 0 apply
run 0 apply
says "nothing changed"
run 0 lookup n1.a.test
says ", until $(date -u -d '5 days' +%Y-%m-%d)"
touch -d '8 days ago' "$work/large.txt"
run 0 apply
complains "feed large: $work/large.txt is older than the feed's lifetime"
run 0 explain n1.a.test
says "not blocked"

# --- URLs ------------------------------------------------------------------

# As URLhaus has them: each speaks of a page.  Who stands before the @, or
# behind a backslash, is not the host.
cat >"$work/urls.csv" <<-'END'
	# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link
	"1","2026-01-01","http://evil1.test/x","online","","malware","elf","-"
	"2","2026-01-01","https://docs.search.test/d/x","online","","m","","-"
	"3","2026-01-01","https://SEARCH.test./x","online","","m","","-"
	"4","2026-01-01","http://search.test@evil4.test:80/x","online","","m","","-"
	"5","2026-01-01","http://evil5.test\@search.test/","online","","m","","-"
	"6","2026-01-01","http://a:b@www.search.test:8080/x","online","","m","","-"
	"7","2026-01-01","http://who.hosting.test/x","online","","m","","-"
	"8","2026-01-01","http://evil8.test","online","","m","","-"
	"9","2026-01-01","http://192.0.2.1/x","online","","m","","-"
	"10","2026-01-01","http://evil10.test/x","offline","","m","","-"
	"11","2026-01-01","http://hosting.test/x","online","","m","","-"
	"12","2026-01-01","http://old.docs.search.test/?x","online","","m","","-"
END
urls_of() {
	sed '/^feeds:/,$d' "$work/good.yaml"
	cat <<-END
		feeds:
		  - name: urls
		    file: urls.csv
		    url-hosts: $1
	END
}
urls_of no >"$conf"
run 0 apply
says "feed urls: 1 name"
says "refused: a URL, whose whole host is not blocked, as in $work/urls.csv:2:1: http://evil1"
run 0 dump
says "evil8.test"
urls_of yes >"$conf"
run 0 apply
says "feed urls: 5 names"
says "refused: a popular domain, as in $work/urls.csv:3:1: https://docs.search"
says "and $work/urls.csv:4:1: https://SEARCH.test./x"
says "and $work/urls.csv:7:1: http://a:b@www.search.test:8080/x"
says "and $work/urls.csv:13:1: http://old.docs.search.test/?x"
says "as in $work/urls.csv:12:1: http://hosting.test/x"
says "skipped: not to be blocked, says its source"
run 0 dump
for loaded in evil1.test evil4.test evil5.test who.hosting.test evil8.test; do
	says "$loaded"
done
echo '"13","2026-01-01","https://cdn.video.test/x","online","","m","","-"' \
	>"$work/more.csv"
sed -i '1i # id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link' \
	"$work/more.csv"
run 3 delta urls --add "$work/more.csv"
says "refused: a popular domain"
run 0 explain cdn.video.test
says_not "feed urls lists"

# --- presets ---------------------------------------------------------------

cp "$work/good.yaml" "$conf"
echo "presets: [doh-canary, private-relay, ddr]" >>"$conf"
run 0 apply
says "feed presets: 4 names"
run 0 explain use-application-dns.net
says "NXDOMAIN"
says "feed presets"
says "by presets in weir.yaml"
run 0 explain mask.icloud.com
says "NXDOMAIN"
run 0 explain mask-h2.icloud.com --type AAAA
says "NXDOMAIN"
run 0 explain _dns.resolver.arpa --type SVCB
says "(nodata)"
run 0 explain x.mask.icloud.com
says_not "feed presets"
run 2 delta presets --add "$bad"
sed -i 's/^presets:.*/presets: [ddr]/' "$conf"
run 0 apply
run 0 explain mask.icloud.com
says_not "feed presets"
run 0 explain _dns.resolver.arpa
says "(nodata)"
echo "allow: [_dns.resolver.arpa]" >>"$conf"
run 0 apply
run 0 explain _dns.resolver.arpa
says "allowed"

# --- packed ----------------------------------------------------------------

cp "$work/good.yaml" "$conf"
run 0 apply
gzip -c "$work/large.txt" >"$work/packed"
mv "$work/packed" "$work/large.txt"
run 0 apply
says "nothing changed"
head -c 3000 "$work/large.txt" >"$work/cut"
mv "$work/cut" "$work/large.txt"
run 3 apply
complains "large.txt: the gzip archive is cut off"
says "feed large: 3001 names"

echo "guard rails and limits do as weir.yaml(5) says"
