#!/usr/bin/env python3
"""weir and its peers side by side: time, memory, processor, changes.

  make bench          in a build folder: 100,000 and 1,000,000 names, minutes
  make bench-full     10,000,000 names as well
  bench/bench.py --build DIR [--smoke | --full] [--names FILE] [--rounds N]
                 [--sizes N,N] [--only SETUP,SETUP] [--limit S] [--out DIR]

Runs Unbound without a list, with weir, with an RPZ and with local-zones, BIND,
PowerDNS Recursor and Knot Resolver with the same RPZ, and dnsdist with a CDB
before an Unbound: the same names and queries, in alternating rounds, on
127.0.0.1 alone.  What of them is not installed is left out (bench/install-peers
installs them).  DIR is a build folder with an Unbound, in which `make
bench-programs` was run.  --only wants names as in bench.json.  A set-up that
needs more than S seconds for a start or a change (180), or four fifths of the
free memory, is left out from there on.

Writes bench.txt (also to standard output), bench.json and bench.svg.  The exit
code is 1 if a resolver gave a wrong answer.

In the order in which to read: names.py, process.py, load.py (clients),
servers.py, unbounds.py, peers.py (set-ups), scenes.py (what is measured),
weirs.py (what of weir alone), figures.py (medians, noise), table.py, plot.py.
"""
import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import figures as measured  # noqa: E402
import machine  # noqa: E402
import names as naming  # noqa: E402
import peers  # noqa: E402
import plot  # noqa: E402
import process  # noqa: E402
import scenes  # noqa: E402
import servers  # noqa: E402
import table  # noqa: E402
import unbounds  # noqa: E402
import weirs  # noqa: E402

CLASSES = (unbounds.Unbound, unbounds.Weir, unbounds.UnboundRpz,
           unbounds.UnboundLocalZone) + peers.ALL


class Plan:
    """How much of everything."""

    def __init__(self, args):
        self.sizes = [100000, 1000000]
        self.rounds = 3
        self.seconds = 0.5     # of dnsperf for each figure
        self.rate = 2000       # queries a second beside a change
        self.slow_s = 12       # what took that long is not done again
        self.patience_s = 5    # for a change to hold for cached names
        self.limit_s = 180
        self.swaps, self.compactions = weirs.SWAPS, weirs.COMPACTIONS
        self.messages = 1000000
        self.sample = 100000
        self.alone = 0         # with which size weir alone is measured
        if args.full:
            self.sizes.append(10000000)
            self.rounds = 5
            self.seconds = 1.0
            self.slow_s = 60
            self.alone = 1
        if args.smoke:
            self.sizes = [2000]
            self.rounds = 1
            self.seconds = 0.2
            self.patience_s = 2
            self.limit_s = 60
            self.swaps, self.compactions = 4, 2
            self.messages = 2000
            self.sample = 500
        if args.limit:
            self.limit_s = args.limit
        if args.rounds:
            self.rounds = args.rounds
        if args.sizes:
            self.sizes = [int(x) for x in args.sizes.split(",")]
            self.alone = self.sizes.index(max(self.sizes))


class Result:
    """What table.py and plot.py show."""

    def __init__(self, plan, classes, skipped):
        self.figures = measured.Figures()
        self.sizes = []
        self.rate = plan.rate
        self.titles = {x.key: x.title for x in CLASSES}
        self.ways = {x.key: x.ways[0] for x in CLASSES if x.ways}
        self.notes = {x.key: x.note for x in classes}
        self.skipped = skipped
        self.machine = {}
        self.versions = {}

    def json(self):
        return {"format": 1, "machine": self.machine,
                "versions": self.versions, "titles": self.titles,
                "ways": self.ways, "notes": self.notes,
                "skipped": self.skipped, "sizes": self.sizes,
                "wrong": self.figures.wrong, "figures": self.figures.rows()}


def make_variable(build, name):
    path = os.path.join(build, "Makefile")
    try:
        with open(path, encoding="utf-8") as makefile:
            found = re.search(r"^%s = (.*)$" % name, makefile.read(), re.M)
    except OSError as problem:
        sys.exit("bench: %s: %s" % (path, problem.strerror))
    return found.group(1).strip() if found else ""


def make_site(args, work, plan):
    build = os.path.abspath(args.build)
    unbound = make_variable(build, "UNBOUND_BINARY")
    wanted = [unbound, os.path.join(build, ".libs", "weir.so")]
    wanted += [os.path.join(build, "weir-load"),
               os.path.join(build, "weir-stat")]
    wanted += [os.path.join(build, "bench", x)
               for x in ("lookup", "parse", "watch")]
    for path in wanted:
        if not os.path.exists(path):
            sys.exit("bench: no %s: configure with an Unbound, then make all "
                     "bench-programs" % (path or "Unbound"))
    if not shutil.which("dnsperf"):
        sys.exit("bench: no dnsperf")
    limit_kb = int(process.free_memory_kb() * 0.8)
    return servers.Site(work, build, unbound, os.path.join(build, "bench"),
                        plan.limit_s, limit_kb)


def batches(classes, size, room_kb):
    """What has room side by side.  The small ones, Unbound without a list among
    them, are in each batch: ratios are always made from the same minute."""
    rest = [x for x in classes if x.octets > 0]
    result, used = [[]], 0
    for one in rest:
        needs = one.octets * size / 1024
        if result[-1] and used + needs > room_kb:
            result.append([])
            used = 0
        result[-1].append(one)
        used += needs
    return [[x for x in classes if x.octets == 0] + batch for batch in result]


def measure(site, plan, args, classes, result):
    upstream = unbounds.start_upstream(site)
    figures = result.figures
    for turn, size in enumerate(plan.sizes):
        process.say("%d names" % size)
        names = naming.Names(size, site.work + "/names", args.names,
                             plan.sample)
        size = names.count
        if size in result.sizes:
            break  # the file has no more
        out = {key for (_, key, kind) in figures.words if kind == "*"}
        result.sizes.append(size)
        for key in out:
            figures.say(size, key, "*", "left out, see above")
        # A change takes as much again, for a while.
        for number, batch in enumerate(batches(
                [x for x in classes if x.key not in out], size,
                site.limit_kb / 2)):
            scenes.Scene(site, names, size, batch, figures, plan,
                         number).run()
        measure_alone(site, names, size, figures, plan, turn == plan.alone)
    upstream.stop()


def measure_alone(site, names, size, figures, plan, is_whole):
    """What of weir alone; a failure leaves the figures of the others."""
    try:
        process.say("look-up, parser, compilation")
        weirs.micro(site, names, size, figures)
        if is_whole:
            weirs.under_load(site, names, size, figures, plan)
            weirs.sweep(site, names, size, figures, plan)
    except (process.Failed, process.OverLimit) as problem:
        process.say("weir alone: %s" % problem)
        figures.mistake(size, "weir alone", str(problem))


def write_all(args, result):
    text = table.render(result)
    sys.stdout.write("\n" + text)
    os.makedirs(args.out, exist_ok=True)
    for name, content in (
            ("bench.txt", text),
            ("bench.json", json.dumps(result.json(), indent=1) + "\n"),
            ("bench.svg", plot.render(result))):
        with open(os.path.join(args.out, name), "w",
                  encoding="utf-8") as out:
            out.write(content)


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=".")
    parser.add_argument("--out", default=".")
    parser.add_argument("--names")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--sizes")
    parser.add_argument("--limit", type=float)
    parser.add_argument("--only")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    return parser.parse_args()


def end(signal_number, frame):
    del frame
    sys.exit(128 + signal_number)


def main():
    args = read_arguments()
    plan = Plan(args)
    signal.signal(signal.SIGTERM, end)
    work = tempfile.mkdtemp(prefix="weir-bench.")
    try:
        site = make_site(args, work, plan)
        unbounds.Weir.learn(site)
        wanted = args.only.split(",") if args.only else None
        classes, skipped = [], {}
        for one in CLASSES:
            reason = one.missing(site)
            if reason:
                skipped[one.key] = reason
                process.say("left out: %s: %s" % (one.title, reason))
            elif not wanted or one.octets == 0 or one.key in wanted:
                classes.append(one)
        result = Result(plan, classes, skipped)
        result.machine = machine.describe(
            work, os.path.dirname(os.path.abspath(__file__)))
        result.versions = machine.versions(site, classes)
        measure(site, plan, args, classes, result)
        result.machine["took_s"] = round(time.monotonic() - process.began)
        write_all(args, result)
    finally:
        process.stop_all()
        shutil.rmtree(work, ignore_errors=True)
    return 1 if result.figures.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (process.Failed, process.OverLimit) as problem:
        sys.exit("bench: %s" % problem)
