#!/bin/bash
# weir-sync loses its power: each of its processes (and weir-load, which it
# starts) ends before the n-th call that changes a file, for every third n (with
# WEIR_CHECK_LONG=1 for every n); and in the middle of the n-th write.  After each the next run, with nothing in its way,
# brings what the publisher has to the database: signed feed and plain list.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario sync-crash
# shellcheck source=tests/scenario/sync.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/sync.sh"

die_at=$tools/.libs/die_at.so
[ -f "$die_at" ] || die "no $die_at: make check builds it"
weir_feed=$top_builddir/weir-feed
feed=$work/feed

echo secret >"$work/passphrase"
"$weir_feed" init "$feed" --feed malware --passphrase-file \
	"$work/passphrase" >/dev/null || die "no feed"
root=$(sha256sum <"$feed/public/metadata/1.root.json" | cut -d' ' -f1)
seq -f 'n%.0f.listed.example' 1 300 >"$work/lists/all"
"$weir_feed" publish "$feed" "$work/lists/all" >/dev/null
mkdir "$work/www"
ln -s "$feed/public" "$work/www/feed"
web_start
url=http://127.0.0.1:$web_port
config <<-END
	sync: {state: "$work/sync"}
	feeds:
	- {name: malware, signed: "$url/feed", root-sha256: $root}
	- {name: plain, url: "$url/list", format: domains}
END

# A name more in both.
change() {
	echo "a$1.listed.example" >"$work/add"
	"$weir_feed" publish "$feed" --add "$work/add" >/dev/null
	seq -f "l%.0f.plain.example" 0 "$1" >"$work/www/list"
}

# sweep HALF STEP: until nothing dies any more; a run dies if its status is not
# that of success.
sweep() {
	local half=$1 n status text
	for ((n = 1; n < 400; n += $2)); do
		number=$((number + 1))
		change "$number"
		status=0
		WEIR_DIE_AT=$n WEIR_DIE_HALF=$half LD_PRELOAD=$die_at \
			"$weir_sync" -c "$config_file" once >/dev/null 2>&1 ||
			status=$?
		[ "$status" != 0 ] || break
		deaths=$((deaths + 1))
		status=0
		text=$("$weir_sync" -c "$config_file" once 2>&1) || status=$?
		check "after call $n (half $half): $text" 0 "$status"
		check "the feed" yes "$(listed "a$number.listed.example")"
		check "the list" yes "$(listed "l$number.plain.example")"
	done
	check_number "how far it went" 40 399 "$n"
	last=$n
}

number=0
deaths=0
last=0
if [ -n "${WEIR_CHECK_LONG:-}" ]; then
	sweep 0 1
	sweep 1 1
else
	sweep 0 3
	sweep 1 7
fi
note "$deaths runs of $number were broken off; $last calls"
check "the database has all of it" "$((300 + number + number + 1))" \
	"$(load dump 2>/dev/null | grep -c .)"
check "nothing is left over" "feeds lock record status.json worker.lock" \
	"$(cd "$work/sync" && echo *)"
check "and in the feed" "" \
	"$(cd "$work/sync/feeds" && find . -name '*.tmp')"
finish
