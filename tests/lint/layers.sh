#!/bin/bash
# The layers: which folder may include what (the table in ARCHITECTURE.md).
# Reads the #include lines and the calls that end a process; then plants a
# violation of each rule in a copy and must find it, so that a check which has
# stopped to work is noticed.
set -euo pipefail
export LC_ALL=C
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Per line, parted by blanks:
#   the files that the rule is for (a regular expression on FOLDER/FILE)
#   those among them that may ("-": none)
#   what may not stand in a line (a regular expression)
#   a file and a line that break the rule, for the second part
# The words after "--" say why.
unbound='["<](util|services|sldns|validator|iterator|dynlibmod|config\.h)'
include='^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*'
ending='(^|[^a-z_])(exit|_exit|abort|assert)[[:blank:]]*\('
rules() {
	cat <<-END
	^lib/ - $include"(feeds|lmdb-loader|module|stats|tests)/ lib/planted.c #include "feeds/list.h" -- lib/ uses nothing above it
	^feeds/ - $include"(lmdb-loader|module|stats|tests)/ feeds/planted.h #include "stats/totals.h" -- feeds/ uses lib/ only
	^lmdb-loader/ - $include"(module|stats|tests)/ lmdb-loader/planted.c # include "module/query.h" -- lmdb-loader/ uses lib/ and feeds/ only
	^lmdb-loader/ - $include"feeds/(tuf_|http|key_|publish|sync) lmdb-loader/planted.c #include "feeds/tuf_key.h" -- lmdb-loader/ neither signs nor fetches
	^module/ - $include"(feeds|lmdb-loader|stats|tests)/ module/planted.c #include "lmdb-loader/write.h" -- module/ uses lib/ only
	^stats/ - $include"(feeds|lmdb-loader|module|tests)/ stats/planted.c #include "module/snapshot.h" -- stats/ uses lib/ only
	^(lib|feeds|lmdb-loader|stats)/ - $include$unbound lib/planted.h #include "util/module.h" -- only module/ knows Unbound
	^module/ ^module/host\.h\$ $include$unbound module/planted.c #include "util/regional.h" -- Unbound's headers come through module/host.h
	^(lib|feeds|lmdb-loader|module|stats)/ ^lmdb-loader/write[a-z_]*\.c\$ $include<lmdb\.h> module/planted.c #include <lmdb.h> -- LMDB is the business of the writer
	^feeds/ ^feeds/(tuf_key|key_file|key_passphrase|feed_line|minisign)\.[ch]\$ $include<sodium feeds/planted.c #include <sodium.h> -- in feeds/ only keys, signatures and the sum of a feed use libsodium
	^(lib|feeds|lmdb-loader|module|stats)/ ^feeds/http\.c\$ $include<curl feeds/planted.c #include <curl/curl.h> -- the network is the business of feeds/http.c
	^(lib|feeds|lmdb-loader|module|stats)/ ^lib/(settings|paths|yaml)[a-z_]*\.[ch]\$ $include<c?yaml feeds/planted.c #include <cyaml/cyaml.h> -- YAML is read by the settings and paths files
	^(lib|feeds|lmdb-loader|module|stats)/ ^feeds/(zone|list_rpz|sync_notify|publish_notify)\.c\$ $include<ldns/ feeds/planted.c #include <ldns/ldns.h> -- ldns is the business of zone files and of NOTIFY
	^(lib|feeds|lmdb-loader|module|stats)/ ^(feeds/cmd_serve|stats/web)\.c\$ $include<microhttpd feeds/planted.c #include <microhttpd.h> -- web servers are feeds/cmd_serve.c and stats/web.c
	^(lib|feeds|lmdb-loader|module|stats)/ ^lib/idn\.c\$ $include<idn2 lmdb-loader/planted.c #include <idn2.h> -- IDN is the business of lib/idn.c
	^(lib|feeds|lmdb-loader|module|stats)/ ^stats/history_[a-z_]*\.[ch]\$ $include<sqlite feeds/planted.c #include <sqlite3.h> -- SQLite is the business of the history
	^(lib|feeds|lmdb-loader|module|stats)/ ^(module/tap_frame|stats/tap_read)\.c\$ $include"lib/dnstap module/planted.c #include "lib/dnstap.pb-c.h" -- dnstap frames are the business of two files
	^(lib|feeds|lmdb-loader|module|stats)/ ^(lmdb-loader/(guard[a-z_]*|near)\.[ch]|module/domain\.c|stats/tap_read\.c)\$ $include<libpsl feeds/planted.c #include <libpsl.h> -- suffixes are the business of few files
	^stats/ - $include<sodium stats/planted.c #include <sodium.h> -- stats/ checks no signatures
	^(module|lib)/ - $ending module/planted.c if(bad)abort(); -- lib/ and module/ never end the process
	END
}

# The #include lines and the code of a tree, as FOLDER/FILE:LINE:TEXT, without
# comments of whole lines.
lines_of() {
	(
		cd "$1"
		grep -rnE --include='*.c' --include='*.h' "$include|$ending" \
			lib feeds lmdb-loader module stats |
			grep -vE '^[^:]*:[0-9]+:[[:blank:]]*(/\*|\*|//)' || true
	)
}

# Prints what breaks a rule in that tree.
check() {
	local files except pattern rest line file
	lines_of "$1" >"$work/lines"
	while read -r files except pattern _ rest; do
		while IFS= read -r line; do
			file=${line%%:*}
			[[ $file =~ $files ]] || continue
			[ "$except" = - ] || [[ ! $file =~ $except ]] || continue
			[[ ${line#*:*:} =~ $pattern ]] || continue
			echo "$line: ${rest##*-- }"
		done <"$work/lines"
	done < <(rules)
}

found=$(check "$top")
if [ -n "$found" ]; then
	echo "$found" >&2
	exit 1
fi

number=0
while read -r _ _ _ file rest; do
	number=$((number + 1))
	tree=$work/$number
	mkdir -p "$tree"/{lib,feeds,lmdb-loader,module,stats}
	echo "${rest%% -- *}" >"$tree/$file"
	if [ -z "$(check "$tree")" ]; then
		echo "the check does not see: $file: ${rest%% -- *}" >&2
		exit 1
	fi
done < <(rules)
count=$(lines_of "$top" | wc -l)
[ "$count" -gt 20 ] || {
	echo "only $count lines were looked at: is this the tree?" >&2
	exit 1
}
echo "$count lines follow $number rules"
