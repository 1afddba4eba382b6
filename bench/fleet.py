#!/usr/bin/env python3
"""A fleet of resolvers on one signed feed: requests, bytes, delays, events.

  bench/fleet.py [--resolvers N] [--publish S] [--names N] ... [--json]

A simulation of the feed's design: each resolver polls timestamp.json on a
kept-alive TLS connection; if it is new, it takes N.snapshot, N.targets and the
deltas that it lacks (head, hour, day, or full), one request after the other.
Every request is simulated; the same --seed gives the same output.

Four worlds are looked at: the fleet in peace, with some resolvers coming back
after a minute, an hour, a day, or new; all resolvers restarted in one moment;
an origin that is away; all resolvers empty in one moment, on one shared link.
In three ways each: no CDN; a CDN that passes timestamp.json on (no-store); one
that keeps it for --ttl.  A CDN asks once for an object, whoever waits for it.

Then, by arithmetic: events into the operator's collector, and what one publish
a second makes a resolver write to its disk.
"""
import argparse
import json
import random

import fleet_sums
from fleet_poll import (ASKED, DAY, HOUR, MINUTE, PIECE, START, TICK, WAYS,
                        Feed, Fleet, answered, lines_size)


def draw_starts(opt, have, spread):
    rng = random.Random("%s/starts" % opt.seed)
    return [(rng.uniform(0, spread), have) for _ in range(opt.resolvers)]


def peace(opt, way):
    """Of every 100 resolvers one comes back: in turn after each --offline,
    and one that has nothing."""
    starts = draw_starts(opt, START, opt.poll)
    gone = [START - x for x in opt.offline] + [None]
    rng = random.Random("%s/back" % opt.seed)
    for n, who in enumerate(range(0, opt.resolvers, 100)):
        starts[who] = (rng.uniform(1, opt.seconds - 1), gone[n % len(gone)])
    fleet = Fleet(opt, way, starts, opt.seconds).run()
    back = []
    for n, absent in enumerate(list(opt.offline) + ["new"]):
        some = [fleet.caught[x] for x in
                range(100 * n, opt.resolvers, 100 * len(gone))]
        if some:
            back.append({"absent_s": absent, "files": some[0][2],
                         "kb": round(sum(x[1] for x in some) /
                                     len(some) / 1e3, 1),
                         "seconds": round(max(x[0] for x in some), 2)})
    daily = DAY / opt.resolvers / fleet.ended / 1e6
    rare = sum(x[1] for x in fleet.caught.values() if len(x[2]) > 1)
    front = fleet.origin if way == "no-cdn" else fleet.edges
    return {"origin": fleet.origin.report(1, opt.seconds),
            "edges": fleet.edges.report(1, opt.seconds),
            "delay_s": {"median": fleet.delay(0.5), "p99": fleet.delay(0.99),
                        "last": round(max(fleet.last.values()), 2)},
            "mb_a_day": round((fleet.got_bytes - rare) * daily),
            "mb_a_day_sent": round(front.total()[0] * ASKED * daily),
            "requests_a_day_millions": round(front.total()[0] / fleet.ended *
                                             DAY / 1e6),
            "late": fleet.late, "back": back}


def restart(opt, way, spread):
    """All at once, a minute behind; spread: their first polls are in it."""
    seconds = int(spread) + 3
    starts = draw_starts(opt, START - MINUTE, spread or TICK)
    fleet = Fleet(opt, way, starts, seconds).run()
    return {"spread_s": spread, "origin": fleet.origin.report(0, seconds),
            "edges": fleet.edges.report(0, seconds), "late": fleet.late}


def outage(opt, length, cap):
    """No CDN.  Whoever has caught up is left out: it counts as in peace."""
    starts = draw_starts(opt, START, opt.poll)
    fleet = Fleet(opt, "no-cdn", starts, length + 900, (2, 2 + length), cap)
    fleet.run()
    late = sorted(fleet.recovered)
    return {"length_s": length, "cap_s": cap, "late": fleet.late,
            "origin": fleet.origin.report(2 + length, 2 + length + 300),
            "back_after_s": {
                "median": round(late[len(late) // 2], 1),
                "p99": round(late[int(len(late) * 0.99)], 1),
                "last": round(late[-1], 1)}}


def simulate(opt):
    results = {"options": {k: v for k, v in vars(opt).items() if k != "json"},
               "bytes": {"request": ASKED, "full": Feed(opt).full_size,
                         "head": [answered(lines_size(
                             x * opt.changes / DAY)) for x in (60, 119)],
                         "timestamp": answered(PIECE["timestamp"])}}
    results["peace"] = {way: peace(opt, way) for way in WAYS}
    results["restart"] = {way: [restart(opt, way, x) for x in (0, 1, 10)]
                          for way in WAYS}
    results["outage"] = [outage(opt, length, cap) for length in opt.outage
                         for cap in (300, 30)]
    results["herd"] = [fleet_sums.herd(opt, link, resume)
                       for link in (1e9, 10e9) for resume in (False, True)]
    results["events"] = fleet_sums.events(opt)
    results["disk"] = fleet_sums.disk(opt)
    return results


def load_line(name, side):
    return "%-26s" % name + "".join(
        " %9.0f %9.0f %9.0f" % tuple(side[x][y] for y in
                                     ("mean", "p99", "peak"))
        for x in ("requests_s", "mbit_s")) + " %9.0f" % \
        side["handshakes_s"]["peak"]


def show(results):
    print("request %(request)d bytes on the wire, timestamp.json %(timestamp)d"
          ", head %(head)s, full %(full)d (body)" % results["bytes"])
    print("\n%-26s %29s %29s %9s" % ("", "requests/s: mean, p99, peak",
                                     "Mbit/s out: mean, p99, peak", "TLS/s"))
    for way, one in results["peace"].items():
        print(load_line("peace, %s: origin" % way, one["origin"]))
        if way != "no-cdn":
            print(load_line("  all edges", one["edges"]))
    for way, some in results["restart"].items():
        for one in some:
            print(load_line("restart/%ds, %s" % (one["spread_s"], way),
                            one["origin"]))
    for one in results["outage"]:
        print(load_line("after %d s, cap %d s" % (
            one["length_s"], one["cap_s"]), one["origin"]) +
              "  back after %(median)s, p99 %(p99)s, last %(last)s s" %
              one["back_after_s"])
    print("\nfrom publish to resolver, s      median    p99   last"
          "   MB a day   M requests a day")
    for way, one in results["peace"].items():
        print("%-30s %8.2f %6.2f %6.2f %6d + %d %12d" % (
            way, one["delay_s"]["median"], one["delay_s"]["p99"],
            one["delay_s"]["last"], one["mb_a_day"], one["mb_a_day_sent"],
            one["requests_a_day_millions"]))
    print("\ncoming back (cdn-ttl)")
    for one in results["peace"]["cdn-ttl"]["back"]:
        print("  after %6s s: %9.1f KB in %5.2f s: %s" % (
            one["absent_s"], one["kb"], one["seconds"],
            " ".join(one["files"])))
    print("\nall empty at once")
    for one in results["herd"]:
        print("  %(link_gbit_s)2d Gbit/s, resume %(resume)-5s: %(done)d done, "
              "the last after %(ended_s)d s, %(gb_sent)s GB sent for "
              "%(gb_needed)s GB" % one)
    print("\nevents, dnstap frames of %d bytes" %
          results["events"]["frame_bytes"])
    for one in results["events"]["fleets"]:
        print("  %(fleet)-9s %(queries_s)6g queries/s each: %(frames_s)8d "
              "frames/s, %(mbit_s)7.1f Mbit/s, %(million_rows_a_day)9.1f M "
              "rows and %(clickhouse_gb_a_day)7.1f GB a day, "
              "%(kafka_partitions)d partitions" % one)
    print("\nwritten to a resolver's disk")
    for one in results["disk"]:
        print("  overlay up to %(overlay_entries)7d entries, compaction every "
              "%(compaction_every_min)5d min: %(kb_s)6d KB/s, %(gb_a_day)6.1f "
              "GB a day" % one)


def options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, kind, value, text in (
            ("resolvers", int, 10000, ""),
            ("publish", int, 1, "seconds between publishes"),
            ("names", int, 1000000, ""),
            ("changes", int, DAY, "names added or removed a day"),
            ("poll", float, 1.0, "seconds between polls"),
            ("jitter", float, 0.1, "share of it"),
            ("edges", int, 50, "caches of the CDN"),
            ("ttl", float, 1.0, "seconds an edge keeps timestamp.json"),
            ("seconds", int, 12, "simulated time in peace"),
            ("blocked", float, 0.01, "share of the queries"),
            ("row", int, 60, "bytes of an event in ClickHouse"),
            ("json-row", int, 900, "bytes of an event in Kafka"),
            ("octets", int, 60, "bytes of a name in the database"),
            ("seed", int, 1, "")):
        parser.add_argument("--" + name, type=kind, default=value,
                            help="%s (%s)" % (text, value))
    parser.add_argument("--outage", type=int, nargs="*", default=[600])
    parser.add_argument("--offline", type=int, nargs="*",
                        default=[MINUTE, HOUR, DAY])
    parser.add_argument("--queries", type=float, help="of one resolver, a "
                        "second; without it three kinds of fleet")
    parser.add_argument("--json", action="store_true")
    opt = parser.parse_args(arguments)
    opt.fleets = [("given", opt.queries)] if opt.queries else [
        ("home", 1), ("company", 100), ("provider", 5000)]
    return opt


def main():
    opt = options()
    results = simulate(opt)
    if opt.json:
        print(json.dumps(results, indent=1))
    else:
        show(results)


if __name__ == "__main__":
    main()
