#!/bin/bash
# The attacks on signed feeds that SECURITY.md lists, those that need a whole
# subscriber to show what becomes of them: a real web server, a real weir-sync, and
# a thief who has the publisher's online keys (tests/tools/evil_feed.py).  After
# each: what is in force is what was, but for what the thief may list, and the
# publisher's next publish comes through.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
# Nothing of it has to last: fsync costs nothing there.
[ ! -w /dev/shm ] || export TMPDIR=${TMPDIR:-/dev/shm}
scenario feed-attacks
need zstd
# shellcheck source=tests/scenario/sync.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/sync.sh"

weir_feed=$top_builddir/weir-feed
feed_sign=$tools/feed_sign
feed=$work/feed
pass=$work/passphrase
evil_tools=${srcdir:-$(dirname "$0")/../..}/tests/tools
made=0
[ -x "$feed_sign" ] || die "no $feed_sign: make check builds it"

# publish DIR [ARG...]: quiet if all is well.
publish() {
	local text status=0
	text=$("$weir_feed" publish "$@" 2>&1) || status=$?
	check "weir-feed publish: $text" 0 "$status"
}

# Names of the publisher's own: the newest is $newest.
add() {
	made=$((made + 1))
	newest=new$made.plain.test
	echo "$newest" >"$work/add"
	publish "$feed" --add "$work/add"
}

# From now on that is what the servers have, the second one too.
serve() {
	ln -sfn "$1" "$work/www/new"
	mv -T "$work/www/new" "$work/www/a"
	ln -sfn "${2:-$1}" "$work/www/new"
	mv -T "$work/www/new" "$work/www/b"
}

# evil: Python from standard input, with `feed`; $work/evil is what it makes.
evil() {
	{
		echo "from evil_feed import *"
		echo "feed = Feed('$feed_sign', '${1:-$feed}', '$pass')"
		cat
		echo "feed.write('$work/evil')"
	} | PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$evil_tools \
		python3 - || die "no evil feed"
}

dump() {
	load dump 2>/dev/null | sort | sha256sum
}

# refused WHAT REGEXP: what is served is, it says so, and all is as it was.
refused() {
	local before
	before=$(dump)
	sync_once malware
	check "$1: $sync_text" 1 "$sync_status"
	check "$1: the state" "${3:-refused}" "$(of_feed malware "f['state']")"
	check_match "$1: why" "$2" "$sync_text"
	check "$1: the names in force" "$before" "$(dump)"
}

# The publisher goes on: past the version that the thief has signed.
recovered() {
	add
	add
	serve "$feed/public"
	sync_once malware
	# What the loader did not take is handed over by the next one.
	[ "$sync_status" = 0 ] || sync_once malware
	check "after $1: $sync_text" 0 "$sync_status"
	check "after $1: fresh" fresh "$(of_feed malware "f['state']")"
	check "after $1: $newest" yes "$(listed "$newest")"
	check "after $1: w1" yes "$(listed w1.plain.test)"
	check "after $1: in force" True \
		"$(of_feed malware "f['loader']['in_force']")"
}

echo secret >"$pass"
"$weir_feed" init "$feed" --feed malware --passphrase-file "$pass" \
	>/dev/null || die "no feed"
root=$(sha256sum <"$feed/public/metadata/1.root.json" | cut -d' ' -f1)
seq -f 'w%.0f.plain.test' 1 3000 >"$work/lists/all"
seq 1 10000 | sed 's/.*/&,pop&.test/' >"$work/popular.csv"
printf '// ===BEGIN ICANN DOMAINS===\ncom\ntest\nco.uk\n%s\n' \
	'// ===END ICANN DOMAINS===' >"$work/suffixes.dat"
publish "$feed" "$work/lists/all"

# Another feed of the same publisher, which signs it with the same keys.
"$weir_feed" init "$work/other" --feed adult --passphrase-file "$pass" \
	>/dev/null || die "no other feed"
for role in targets snapshot timestamp; do
	sed 's/^feed malware/feed adult/' "$feed/private/$role.key" \
		>"$work/other/private/$role.key"
done
python3 - "$feed/public/metadata/1.root.json" >"$work/signed" <<'END'
import json, sys
signed = json.load(open(sys.argv[1]))["signed"]
signed["weir"]["feed"] = "adult"
print(json.dumps(signed))
END
"$feed_sign" "$pass" "$work/signed" "$feed"-root-keys/root-[12].key \
	>"$work/other/public/metadata/1.root.json" || die "no other root"
for ((i = 0; i < 12; i++)); do
	echo "adult$i.plain.test" >"$work/lists/adult"
	publish "$work/other" "$work/lists/adult"
done

mkdir "$work/www"
web_lines='location /busy/ { add_header Retry-After 86400 always; return 503; }'
serve "$feed/public"
web_start
url=http://127.0.0.1:$web_port
write_config() { # URLS
	config <<-END
		sync:
		  state: "$work/sync"
		guard:
		  suffix-file: suffixes.dat
		  popular-file: popular.csv
		feeds:
		- name: malware
		  signed: $1
		  root-sha256: $root
	END
}
write_config "$url/a"
once_exits 0 "the first time"
check "the list" yes "$(listed w1.plain.test)"
recovered nothing

note "two feeds with the same keys, swapped"
serve "$work/other/public"
refused "the other feed's timestamp" "of the feed adult, not of malware"
check "it has a higher version" yes "$(python3 -c '
import json, sys
a, b = (json.load(open(f + "/public/metadata/timestamp.json"))["signed"]["version"]
        for f in sys.argv[1:])
print("yes" if a < b else "no")' "$feed" "$work/other")"
recovered "the other feed"
# As a publisher that does not say it there: the targets still do.
evil "$work/other" <<-'END'
	feed.snapshot.pop("weir", None)
	feed.timestamp.pop("weir", None)
END
serve "$work/evil"
refused "the other feed's targets" "of the feed adult, not of malware"
cp -r "$work/sync/feeds/malware/metadata" "$work/left"
"$weir_feed" rotate "$feed" online --passphrase-file "$pass" --with \
	"$feed-root-keys/root-1.key" --with "$feed-root-keys/root-2.key" \
	>/dev/null || die "rotate fails"
recovered "the other feed's higher version, by new keys"

note "a delta with a wrong from, gen, sum, count or header"
# Each time the full, which is right, is taken in its place, if there is one.
while IFS='|' read -r what why change; do
	evil <<-END
		lines = ["+evil.plain.test"] + [
		    "+" + e for e in feed.entries.values() if e[:3] == "new"]
		feed.head(lines, $change)
	END
	serve "$work/evil"
	refused "$what" "$why"
	check "$what: not listed" no "$(listed evil.plain.test)"
	check "$what: what is newer than the full" yes "$(listed "$newest")"
	recovered "$what"
done <<-'END'
	a wrong sum, back to the full|names with the sum|sum="0" * 32, **{"from": feed.full_to}
	a wrong sum|no files lead|sum="0" * 32
	a wrong count|no files lead|count=7
	a from that is ahead|no files lead|**{"from": feed.to + 5, "to": feed.to + 9}
	another gen|no files lead|gen="0123456789abcdef"
	a header of another gen|not the header that was announced|header="weir-feed 1 malware 0123456789abcdef head 1 2"
	a header of another feed|not the header that was announced|header="weir-feed 1 adult 0123456789abcdef head 1 2"
	another feed's payload|of the feed adult|feed="adult"
END

note "bombs"
while IFS='|' read -r what why change; do
	evil <<-END
		lines = ["+evil%d.plain.test" % i for i in range(9)]
		feed.head(lines, $change)
	END
	serve "$work/evil"
	refused "$what" "$why"
	recovered "$what"
done <<-'END'
	a bomb|another length|packed=lambda t: pack(b"+" * (300 << 20))
	a bomb that says nothing|longer than was announced|packed=lambda t: pack(b"+" * (300 << 20), "--no-content-size")
	a window of 2^27|window of more than 8 MB|packed=lambda t: pack(b"+" * (65 << 20), "--long=27", "--no-content-size", "-1"), raw=65 << 20
	two frames|behind its frame|packed=lambda t: pack(t) + pack(b"")
	octets behind|behind its frame|packed=lambda t: pack(t) + b"x"
	half a frame|cut off|packed=lambda t: pack(t)[:-5]
	raw too small|another length|raw=9
	raw of 3 GB|custom.weir.raw|raw=3 << 30
	no frame|no zstd frame|packed=lambda t: t
END

note "stolen online keys: what they may not list"
evil <<-'END'
	feed.head(["+com"])
END
serve "$work/evil"
refused "com" "one label"
recovered "com"
evil <<-'END'
	feed.head(["+pop%d.test" % i for i in range(1, 10001)] +
		["+co.uk", "+google.com", "+evil.plain.test",
		 "+localhost.localdomain"])
END
serve "$work/evil"
sync_once malware
check_match "the top 10,000: $sync_text" "0|3" "$sync_status"
for name in pop1.test pop10000.test co.uk google.com; do
	check "the top 10,000: $name" no "$(listed "$name")"
done
check "the top 10,000: the rest stays" yes "$(listed w1.plain.test)"
check "the top 10,000: what is not guarded is listed" yes \
	"$(listed evil.plain.test)"
check_match "the top 10,000: said" "popular" \
	"$(of_feed malware "f['loader']['said']") $sync_text"
recovered "the top 10,000"
check "the publisher has not listed it" no "$(listed evil.plain.test)"

note "stolen online keys: an empty list"
before=$(dump)
while IFS='|' read -r what why change; do
	evil <<-END
		$change
	END
	serve "$work/evil"
	sync_once malware
	check_match "$what: said" "$why" "$sync_text"
	check "$what: not in force" False \
		"$(of_feed malware "f['loader']['in_force']")"
	check "$what: all that was is" "$before" "$(dump)"
	recovered "$what"
	before=$(dump)
done <<-'END'
	a full without names|holds no usable name|feed.full([])
	an empty full of another beginning|holds no usable name|feed.full([], gen="0123456789abcdef")
	a delta that takes all|weir-load accept malware|feed.head(["-" + n for n in feed.entries])
	a delta that takes most|weir-load accept malware|feed.head(["-" + n for n in list(feed.entries)[9:]])
	a list of its own|weir-load accept malware|feed.full(["+n%d.evil.test" % i for i in range(9)])
	too many|weir-load accept malware|feed.full(["+%d.evil.test" % i for i in range(150000)] + ["+" + e for e in feed.entries.values()])
END

note "stolen online keys: a sequence number that none is above"
evil <<-'END'
	feed.head(["+evil.plain.test"], to=2 ** 53 - 1, at=2 ** 53 - 1,
		poll_ms=3600000)
END
serve "$work/evil"
once_exits 0 "the highest sequence number" malware
check "it holds" yes "$(listed evil.plain.test)"
recovered "the highest sequence number"
check "not any more" no "$(listed evil.plain.test)"

note "stolen online keys: higher versions for ever"
evil <<-'END'
	for document in (feed.targets, feed.snapshot, feed.timestamp):
	    document["version"] = 2 ** 53 - 1
END
serve "$work/evil"
once_exits 0 "the highest version" malware
add
serve "$feed/public"
refused "the publisher's own" "is older than 9007199254740991"
"$weir_feed" rotate "$feed" online --passphrase-file "$pass" --with \
	"$feed-root-keys/root-1.key" --with "$feed-root-keys/root-3.key" \
	>/dev/null || die "rotate fails"
recovered "the highest version, by new keys"

note "one of three root keys"
roots=$(find "$feed/public/metadata" -name '*.root.json' | wc -l)
evil <<-END
	import glob
	root = feed.read("$roots.root.json")
	root["version"] += 1
	root["roles"]["root"]["threshold"] = 1
	key = "$feed-root-keys/root-1.key"
	name = "metadata/%d.root.json" % root["version"]
	feed.files[name] = feed.sign(root, [key, feed.keys["targets"][0]])
END
serve "$work/evil"
refused "a root of one key" "root.json: signed by 1 of the 2"
recovered "a root of one key"

note "files of different publishes"
cp -r "$feed/public" "$work/old"
rm -rf "$work/mixed"
add
cp -r "$feed/public" "$work/mixed"
add
cp "$feed/public/metadata/timestamp.json" "$work/mixed/metadata"
serve "$work/mixed"
refused "an old snapshot" "does not have it" fresh
for role in snapshot targets; do
	rm -r "$work/mixed"
	cp -r "$feed/public" "$work/mixed"
	mapfile -t files < <(find "$work/mixed/metadata" -name "*.$role.json" |
		sort -t. -k1V | tail -n 2)
	cp "${files[0]}" "${files[1]}"
	serve "$work/mixed"
	refused "the $role before under the new name" \
		"SHA-256|in place of|too long|longer than"
done
recovered "mixed files"

note "mirrors that are of no use"
serve "$work/old"
refused "old" "version [0-9]+ is older than [0-9]+"
write_config "[$url/b, $url/a]"
mkdir -p "$work/nothing" "$work/junk/metadata"
printf '<html>404</html>\n' >"$work/junk/metadata/timestamp.json"
for mirror in nothing junk old; do
	add
	serve "$feed/public" "$work/$mirror"
	sync_once malware
	check "$mirror: the next one: $sync_text" 0 "$sync_status"
	check "$mirror: the next one" yes "$(listed "$newest")"
done
# One forged answer is not to be a day's freeze.
write_config "$url/busy"
sync_once malware
check "busy: $sync_text" 1 "$sync_status"
check_number "busy: not asked for so many seconds" 3500 3600 \
	"$(python3 -c 'import json, sys, time
print(int(max(json.load(open(sys.argv[1]))["retry"]) - time.time()))' \
		"$work/sync/record/malware.json")"
rm "$work/sync/record/malware.json"
write_config "$url/a"
recovered "busy"

note "clocks and freeze: while it runs"
library=
for file in /usr/lib/*/faketime/libfaketimeMT.so.1; do
	[ ! -r "$file" ] || library=$file
done
cp -r "$feed/public" "$work/frozen"
serve "$work/frozen"
if [ -n "$library" ]; then
	# The clock of its own moves while it runs, not before.
	echo +0 >"$work/clock"
	sync_under=(env "LD_PRELOAD=$library" FAKETIME_NO_CACHE=1
		"FAKETIME_TIMESTAMP_FILE=$work/clock"
		FAKETIME_DONT_FAKE_MONOTONIC=1)
	sync_start
	soon "fresh" 15 malware "f['state']" fresh
	before=$(dump)
	for step in "+100 stale" "+4000 expired" "-4000 clock" "+0 stale"; do
		echo "${step% *}" >"$work/clock"
		[ "$step" != "+0 stale" ] || serve "$feed/public"
		[ "$step" != "+0 stale" ] || add
		[ "$step" != "+0 stale" ] || step="+0 fresh"
		soon "the clock at $step" 30 malware "f['state']" "${step#* }"
	done
	check_match "a warning" "warning: stale" "$(cat "$work/sync.log")"
	check_match "an alarm" "critical: expired" "$(cat "$work/sync.log")"
	check_match "the clock" "critical: clock" "$(cat "$work/sync.log")"
	wait_until 10 is_listed "$newest"
	check "what came when it was right again" yes "$(listed "$newest")"
	sync_stop
	sync_under=()
else
	note "no libfaketime: clocks are not tried"
fi

finish
