#!/bin/bash
# An RPZ zone that another project published, in 40 versions of six weeks: each
# is loaded after the one before, and what `weir-load diff` says of two
# generations is the difference of the two files, as worked out here without
# weir.  Needs the folder of real lists, $WEIR_SHARED_DATA (else ../shared/data
# beside the source); no name of it is asked for.
set -euo pipefail
export LC_ALL=C TZ=UTC
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
load=${WEIR_LOAD:-${top_builddir:-$PWD}/weir-load}
data=${WEIR_SHARED_DATA:-$top/../shared/data}
archive=$data/history/urlhaus-filter-rpz-2022.tar.zst
[ -r "$archive" ] || {
	echo "skipped: no $archive (WEIR_SHARED_DATA names the folder)"
	exit 77
}
for program in zstd tar python3; do
	command -v $program >/dev/null || {
		echo "skipped: no $program"
		exit 77
	}
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/db" "$work/status"
zstd -dqc --long=27 "$archive" | tar xf - -C "$work"
cat >"$work/weir.yaml" <<-END
	database: "$work/db"
	status: "$work/status"
	keep-generations: 3
	guard:
	  private-suffixes: no
	feeds:
	  - name: urlhaus
	    file: "$work/list"
END

# The names that a version has, by rules of its own: owners of `CNAME .`, but no
# addresses (which some in this list are, in octal) and no top-level names.  (The
# guard rail for hosting domains is off: which names it refuses depends on the
# machine's list of public suffixes.)
names_of() {
	python3 - "$1" <<-'END'
		import re, sys
		number = r"(0[xX][0-9a-fA-F]+|[0-9]+)"
		address = re.compile(rf"{number}(\.{number}){{3}}")
		names = set()
		for line in open(sys.argv[1], encoding="utf-8"):
		    words = line.split()
		    if words[1:] == ["CNAME", "."] and "." in words[0] and \
		            not address.fullmatch(words[0]):
		        names.add(words[0].lower())
		print("\n".join(sorted(names)))
	END
}

# diff FROM TO: the changes of a diff in JSON, as "+ NAME" and "- NAME".
changes_of() {
	"$load" -c "$work/weir.yaml" --json diff "$1" "$2" | python3 -c '
import json, sys
signs = {"added": "+", "removed": "-", "changed": "~"}
d = json.load(sys.stdin)
lines = sorted(signs[c["change"]] + " " + c["name"] for c in d["changes"])
counts = [sum(line[0] == sign for line in lines) for sign in "+-~"]
assert counts == [d["added"], d["removed"], d["changed"]], d
print("\n".join(lines))'
}

generation() {
	"$load" -c "$work/weir.yaml" --json status |
		python3 -c 'import json, sys
print(json.load(sys.stdin)["current"]["generation"])'
}

: >"$work/before"
versions=0
overlays=0
added=0
removed=0
from=
for file in "$work"/urlhaus-filter-rpz-2022/*.conf; do
	cp "$file" "$work/list"
	"$load" -c "$work/weir.yaml" --no-wait apply >"$work/out" 2>&1 || {
		cat "$work/out"
		exit 1
	}
	names_of "$file" >"$work/now"
	"$load" -c "$work/weir.yaml" dump | cut -f 1 | sort >"$work/dump"
	cmp "$work/now" "$work/dump" || {
		echo "${file##*/}: its names are not those of the database"
		diff "$work/now" "$work/dump" | head
		exit 1
	}
	to=$(generation)
	if [ -n "$from" ]; then
		{
			comm -13 "$work/before" "$work/now" | sed 's/^/+ /'
			comm -23 "$work/before" "$work/now" | sed 's/^/- /'
		} | sort >"$work/wanted"
		changes_of "$from" "$to" | sort >"$work/got"
		cmp "$work/wanted" "$work/got" || {
			echo "${file##*/}: diff is not the files' difference"
			diff "$work/wanted" "$work/got" | head
			exit 1
		}
		added=$((added + $(grep -c '^+' "$work/wanted" || true)))
		removed=$((removed + $(grep -c '^-' "$work/wanted" || true)))
	fi
	[ ! -e "$work/db/$to.overlay" ] || overlays=$((overlays + 1))
	mv "$work/now" "$work/before"
	from=$to
	versions=$((versions + 1))
done
"$load" -c "$work/weir.yaml" check >/dev/null
[ "$versions" -ge 40 ] || {
	echo "only $versions versions: is this the archive?"
	exit 1
}
echo "$versions versions, $added names added and $removed removed, each" \
	"difference as in the files; $overlays of them by an overlay"
