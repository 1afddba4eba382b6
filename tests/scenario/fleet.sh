#!/bin/bash
# bench/fleet.py, the plan for a fleet: the same seed gives the same output,
# nobody stays behind, no byte is lost on the way, small cases come out as
# computed by hand.
set -euo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
command -v python3 >/dev/null || {
	echo "no python3"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

small=(--resolvers 300 --edges 4 --seconds 5 --outage 20)
python3 "$top/bench/fleet.py" "${small[@]}" --json >"$work/one"
python3 "$top/bench/fleet.py" "${small[@]}" --json >"$work/two"
python3 "$top/bench/fleet.py" "${small[@]}" --json --seed 2 >"$work/other"
python3 "$top/bench/fleet.py" "${small[@]}" >"$work/table"
cmp "$work/one" "$work/two" || {
	echo "the same seed, another output" >&2
	exit 1
}
! cmp -s "$work/one" "$work/other" || {
	echo "another seed, the same output" >&2
	exit 1
}
grep -q '^peace, no-cdn: origin' "$work/table"

cat >"$work/check.py" <<'END'
import json
import sys

sys.path.insert(0, sys.argv[1] + "/bench")
import fleet
import fleet_poll as poll
import fleet_sums as sums

failed = 0


def check(what, expected, got):
    global failed
    if expected != got:
        failed += 1
        print("FAILED: %s: expected %s, got %s" % (what, expected, got))


def run(opt, way, starts, seconds, *rest):
    return poll.Fleet(opt, way, starts, seconds, *rest).run()


# One resolver, no jitter, first poll at 0.5 s, publishes at 1 to 10 s.  Polls
# at 0.5 (nothing new), 1.5, ... 10.5: ten updates of four requests.  Each
# version is there 0.5 s and four round trips of 60 ms after its publish.
one = fleet.options(["--jitter", "0"])
alone = run(one, "no-cdn", [(0.5, poll.START)], 10)
check("requests", 1 + 10 * 4, alone.origin.total()[0])
check("handshakes", 1, sum(alone.origin.handshakes))
check("median delay", 0.74, alone.delay(0.5))
check("last delay", 0.74, round(max(alone.last.values()), 2))

# Two resolvers behind one cache, polling together: the cache asks once for
# each snapshot, targets and head; for each timestamp only if it may keep it.
# Kept for half a second it is asked for once for both, at each of 11 polls.
one.edges = 1
both = [(0.5, poll.START)] * 2
check("no-store", 2 * 11 + 10 * 3,
      run(one, "cdn-no-store", both, 10).origin.total()[0])
one.ttl = 0.5
check("ttl", 11 + 10 * 3, run(one, "cdn-ttl", both, 10).origin.total()[0])

# Of two requests for one object the later may be looked at first: once, and
# there when the earlier one brings it.
some = poll.Fleet(one, "cdn-no-store", both, 10)
there = [round(some.fetch(x, some.caches[0], "x", 0), 2) for x in (5, 4.97)]
check("asked once", 1, some.origin.total()[0])
check("who comes first", [5.08, 5.05], there)

# A publish a minute: nobody is ahead of the feed, nobody takes more than head.
slow = run(fleet.options(["--publish", "60"]), "no-cdn",
           [(0.5, poll.START)] * 3, 120)
check("publish a minute", [["head"]] * 3,
      [x[2] for x in slow.caught.values()])

# Which files lead from where to now (10:30:20).
feed = poll.Feed(one)
for behind, files in ((1, "head"), (79, "head"), (81, "hour head"),
                      (5420, "hour head"), (5421, "day hour head"),
                      (86400, "day hour head"), (124219, "day hour head"),
                      (200000, "full day hour head")):
    plan = feed.plan(poll.START - behind, poll.START)
    check("%d s behind" % behind, files, " ".join(x[0] for x in plan))
check("the files join", True, all(
    x[1] <= y[2] for x, y in zip(plan[1:], plan)))

# Two of 1 MB each on a line of 16 Mbit/s: both are there after 1 s.
one.resolvers, one.names = 2, 160000
size = poll.answered(poll.Feed(one).full_size)
line = sums.herd(one, 8.0 * size * 2, False)
check("shared line", (2, 1), (line["done"], line["ended_s"]))

# A varint of two bytes, and a string.
check("protobuf", b"\x0a\x02hi\x30\xac\x02",
      sums.field(1, b"hi") + sums.field(6, 300))

# Whatever way: all get the newest, and what one side sent the other has got.
opt = fleet.options("--resolvers 300 --edges 4".split())
for way in poll.WAYS:
    starts = fleet.draw_starts(opt, poll.START, 1)
    starts[::50] = [(1.5, None)] * 6
    some = run(opt, way, starts, 6)
    newest = poll.START + 6
    check(way + ": all have the newest", [newest] * 300, some.have)
    front = some.origin if way == "no-cdn" else some.edges
    check(way + ": bytes", front.total()[1], some.got_bytes +
          poll.HANDSHAKE_OUT * sum(front.handshakes))
    if way != "no-cdn":
        held = sum(len(x.held) for x in some.caches)
        check(way + ": the origin sends less than the edges", True,
              0 < some.origin.total()[1] < some.edges.total()[1])
        check(way + ": each object once for each cache", True,
              some.origin.total()[0] >= held + 4)

# An origin that is away: nobody before it is back, all after it.
away = run(opt, "no-cdn", fleet.draw_starts(opt, poll.START, 1), 900, (2, 22))
check("all come back", 300, len(away.recovered))
check("nobody too early", True, min(away.recovered) > 0)
check("no request meanwhile", 0, sum(away.origin.requests[25:220]))

with open(sys.argv[2], encoding="utf-8") as text:
    results = json.load(text)
check("nobody late", [0] * 3, [x["late"] for x in results["peace"].values()])
sys.exit(failed != 0)
END
python3 "$work/check.py" "$top" "$work/one"
echo "the simulation agrees with what was computed by hand"
