#!/bin/bash
# weir-load lint: what it finds in lists, with and without a database.
set -euo pipefail
export LC_ALL=C
load=${WEIR_LOAD:-${top_builddir:-$PWD}/weir-load}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export WEIR_CONFIG=$work/weir.yaml

fail() {
	echo "$*" >&2
	echo "--- stdout" >&2
	head -60 out >&2
	echo "--- stderr" >&2
	head -20 err >&2
	exit 1
}

# lint CODE ARGUMENT...: wants that exit code.
lint() {
	local want=$1 code=0
	shift
	what="weir-load lint $*"
	"$load" lint "$@" >out 2>err || code=$?
	[ "$code" = "$want" ] || fail "$what: exit $code, not $want"
}

says() {
	grep -qE -- "$1" out || fail "$what: does not say: $1"
}

says_nothing_of() {
	! grep -qE -- "$1" out || fail "$what: says: $1"
}

cat >fine.hosts <<-END
	# a list
	0.0.0.0 a.example
	0.0.0.0 b.example c.example
	127.0.0.1 localhost
END
cat >odd.hosts <<-END
	0.0.0.0 x.example
	0.0.0.0 www.x.example x.example
	0.0.0.0 a.example
	0.0.0.0 two..dots.example
	0.0.0.0 com
	0.0.0.0 192.0.2.1
	0.0.0.0 a.b.x.example
END
cat >scopes.txt <<-END
	*.y.example
	y.example
	.y.example
	*.y.example
	below.y.example
	z.example
END
printf 'co.uk\n.home.arpa\nfine.example\n' >guarded.txt
printf 'a.example\ndeep.b.example\n' >popular.txt

# Without a weir.yaml, and without a database.
lint 0 fine.hosts
says '^fine\.hosts: fine$'
says 'format +hosts, as are 3 of the 3 lines'
says 'lines +4, of which 1 are comments'
says 'entries +3, of 3 different names'
says 'skipped +1'
says_nothing_of 'loaded|overlap|repeated|redundant'

lint 3 odd.hosts
says '^odd\.hosts: trouble$'
says '1 repeated, as x\.example in line 2 \(after line 1\)'
says '2 redundant.*as a\.b\.x\.example in line 7 \(x\.example in line 1\)'
says 'dangerous +1'
says '1: a top-level name, as in line 5: com'
lint 3 guarded.txt
says 'dangerous +2'
says '1: a public suffix, as in line 1: co\.uk'
says '1: a special-use name, as in line 2: home\.arpa'
lint 3 odd.hosts
says 'invalid +2'
says '1: not a name, as in line 4: two\.\.dots\.example'

# A scope that adds something is no duplicate.
lint 0 scopes.txt
says 'entries +6, of 3 different names'
says '2 repeated'
says '1 redundant.*as below\.y\.example in line 5 \(y\.example in line'

# Several, and popular names.
lint 3 fine.hosts odd.hosts
says '1 names are in odd\.hosts, 0 below'
says '1 names are in fine\.hosts, 0 below'
lint 3 --popular popular.txt fine.hosts
says '2: a popular domain, as in line 2: a\.example'
lint 0 --popular popular.txt scopes.txt
lint 1 --popular nowhere.txt scopes.txt

# What cannot be read, or said.
lint 1 nowhere.txt fine.hosts
says '^nowhere\.txt: unreadable$'
says '^fine\.hosts: fine$'
lint 2 --format nonsense fine.hosts
lint 2
lint 2 --add x fine.hosts
: >empty.txt
lint 3 empty.txt
says 'nothing +no name in it that can be used'
code=0
"$load" -c nowhere.yaml lint fine.hosts >out 2>err || code=$?
[ "$code" = 2 ] || fail "a weir.yaml that is named has to be there"

# The whole format as given; most lines are not in it.
lint 3 --format domains odd.hosts
says 'format +domains, as are 0 of the 7 lines looked at \(7 are not\)'

# Exceptions.
cat >rules.txt <<-END
	! a list
	||x.example^
	@@||www.x.example^
	@@||alone.example^
	@@||www.x.example^
	||y.example^\$important
	||sub.y.example^
	||x.example^\$script
END
lint 0 rules.txt
says 'format +adblock'
says '3 of the entries are exceptions'
says '1 are important'
says '1 repeated, as www\.x\.example in line 5 \(after line 3\)'
says '1 redundant.*as sub\.y\.example in line 7 \(y\.example in line 6\)'
says '1 exceptions where nothing is blocked, as alone\.example in line 4'
says 'skipped +1'

# With a database and guard rails.
cat >weir.yaml <<-END
	database: $work/db
	status: $work/status
	never-block: [c.example]
	feeds:
	  - {name: alpha, file: alpha.txt}
	  - {name: beta, file: beta.txt, subdomains: no}
END
printf 'x.example\na.example\n' >alpha.txt
printf 'a.example\nb.x.example\n' >beta.txt
lint 3 fine.hosts
says '1: on the never-block list, or above such a name, as in line 3: c\.example'
says_nothing_of loaded
"$load" apply --no-wait >/dev/null
lint 3 odd.hosts
says 'loaded +4 of 4 names are blocked already by generation 1, 0 are new'
says '2 by feed alpha, 2 below names of it'
says '1 by feed beta, 0 below names of it'
lint 0 scopes.txt
says 'loaded +0 of 3 names are blocked already by generation 1, 3 are new'

# JSON says the same.
code=0
"$load" lint --json odd.hosts >out 2>err || code=$?
! grep -q '"[a-z]*-[a-z-]*":' out || fail "lint --json: a key with a hyphen"
[ "$code" = 3 ] || fail "JSON: exit $code"
if command -v jq >/dev/null; then
	[ "$(jq -c '.files[0] | [.result, .format, .names, .duplicates.count,
		.redundant.examples[0].other_line, .dangerous.count,
		.invalid.count, .loaded.known, .loaded.feeds[1].same]' out)" = \
		'["trouble","hosts",4,1,1,1,2,4,1]' ] || fail "JSON: $(cat out)"
fi

# A list's name may come from an archive, and must not drive the terminal.
mkdir bad
printf 'good.example\n' >$'bad/\e[31mred\nlist'
printf 'x y z\n' >$'bad/\e]0;title\a'
lint 1 bad/*
! grep -q '[[:cntrl:]]' out err || fail "$what: control characters"
says 'bad/\?\[31mred\?list: fine'
says '1 names are in|unreadable'
