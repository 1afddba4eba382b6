"""weirs.py - what is measured of weir alone: swaps and compactions under load,
the sweep of a full cache, look-up and parser.

Figures of the kind "micro" have names of their own, which say what they are.
"""
import json
import os
import re
import time

import load
import parse
import process
import servers
from names import WORLD, allowed, fresh
from process import say
from unbounds import Weir

SWAPS = 50
COMPACTIONS = 5


class SweptWeir(Weir):
    """A cache that holds a million messages; every name is in the cache's own
    world, so that filling it takes no packets."""

    key = "weir-swept"
    cache = "700m"

    def way_up(self):
        zone = servers.write(
            self.path("zone"), ". 86400 SOA ns.invalid. a.invalid. 1 1 1 1 300"
            "\n. 86400 NS ns.invalid.\n*. 86400 A 192.0.2.1\n")
        return """auth-zone:
  name: "."
  zonefile: "%s"
  for-downstream: no
  for-upstream: yes
""" % zone


class Changer:
    """Changes what weir blocks, again and again."""

    def __init__(self, weir, *options):
        self.weir = weir
        self.options = options
        self.number = 0
        self.generations = []

    def ready(self):
        """Two generations to swap between, where there are no deltas."""
        if self.weir.ways[0].startswith("delta"):
            return
        self.generations = []
        for name in ("swap-a", "swap-b"):
            with open(self.weir.list, "a", encoding="ascii") as out:
                out.write("%s%d.%s\n" % (name, self.number, WORLD))
            self.generations.append(json.loads(
                self.weir.load("apply", *self.options))["generation"])
            self.number += 1

    def swap(self):
        self.number += 1
        if not self.weir.ways[0].startswith("delta"):
            self.weir.load("rollback", *self.options, str(
                self.generations[self.number % 2]))
            return
        path = self.weir.path("swap")
        servers.write(path, "swap.%s\n" % WORLD)
        self.weir.load("delta", "bench", "--no-compact", *self.options,
                       "--add" if self.number % 2 else "--del", path)

    def compact(self):
        """One more name, and all is written anew."""
        self.number += 1
        name = "compact%d.%s" % (self.number, WORLD)
        if self.weir.has_compact:
            path = servers.write(self.weir.path("compact"), name + "\n")
            self.weir.load("delta", "bench", "--no-compact", *self.options,
                           "--add", path)
            self.weir.load("compact", *self.options)
        else:
            with open(self.weir.list, "a", encoding="ascii") as out:
                out.write(name + "\n")
            self.weir.load("apply", *self.options)

    def work(self, kind, swaps, compactions):
        for _ in range(swaps if kind == "swaps" else compactions):
            if kind == "swaps":
                self.swap()
            else:
                self.compact()


def under_load(site, names, size, figures, plan):
    """Longest answer time, and queries lost: while the loader swaps, while it
    does the same work for a database that nobody reads, and with neither."""
    weir = Weir(site, names)
    beside = Weir(site, names, "weir-beside")
    try:
        for one in (weir, beside):
            one.prepare()
        weir.start()
        real, other = Changer(weir), Changer(beside, "--no-wait")
        path = "%s/cached-load" % site.work
        with open(path, "w", encoding="ascii") as out:
            out.write("\n".join(allowed(2000)) + "\n")
        load.dnsperf(weir.port, load.write_queries(path + "-q",
                                                   allowed(2000)))
        for number in range(plan.rounds):
            for kind in ("swaps", "compactions"):
                say("%s under load, round %d" % (kind, number + 1))
                round_under_load(site, weir, size, figures, plan, (
                    kind, number, real, other, path))
    finally:
        weir.stop()


def round_under_load(site, weir, size, figures, plan, scene):
    kind, number, real, other, path = scene
    seconds = 1.0
    if kind == "swaps":
        real.ready()
        other.ready()
    # The last takes as long as the one before it.
    for run in ("with", "beside", "without"):
        watch = load.Watch(site.tools + "/watch", weir.port, path, plan.rate)
        try:
            began = time.monotonic()
            if run == "without":
                time.sleep(seconds)
            else:
                (real if run == "with" else other).work(
                    kind, plan.swaps, plan.compactions)
            seconds = min(time.monotonic() - began, 30)
            result = json.loads(watch.finish())
        finally:
            watch.drop()
        setup = "%s %s" % (run, kind)
        figures.add(size, setup, "longest_ms", number,
                    result["longest_us"] / 1000)
        figures.add(size, setup, "lost", number, result["lost"])
        if run == "with":
            figures.add(size, setup, "change_ms", number, seconds * 1000 / (
                plan.swaps if kind == "swaps" else plan.compactions))
        if result["wrong"]:
            figures.mistake(size, setup, "%d wrong answers" % result["wrong"])


def sweep(site, names, size, figures, plan):
    """A full message cache, and swaps that look at all of it."""
    weir = SweptWeir(site, names)
    try:
        weir.prepare()
        weir.start()
        say("filling the cache with %d messages" % plan.messages)
        path = site.work + "/fill"
        load.write_queries(path, fresh("fill", plan.messages))
        load.dnsperf(weir.port, path)
        for number in range(plan.rounds):
            with open(weir.list, "a", encoding="ascii") as out:
                out.write("swept%d.%s\n" % (number, WORLD))
            weir.load("apply")
            swept = weir.statistics()["sweep"]
            figures.add(size, "sweep", "sweep_messages", number,
                        swept["looked_at"])
            figures.add(size, "sweep", "sweep_ms", number, swept["us"] / 1000)
            figures.add(size, "sweep", "sweep_hold_us", number,
                        swept["table_hold_max_us"])
            figures.add(size, "sweep", "sweep_bins_us", number,
                        swept["bins_hold_max_us"])
    finally:
        weir.stop()


def micro(site, names, size, figures):
    """bench/lookup, bench/parse, and weir-load's own times."""
    weir = Weir(site, names, "weir-micro")
    weir.prepare()
    octets = sum(os.path.getsize(weir.path("db/" + x))
                 for x in os.listdir(weir.path("db")) if x.endswith(".base"))
    figures.add(size, "weir", "database_octets", 0,
                octets / weir.applied["names"])
    lookup = [site.tools + "/lookup", weir.path("db"), names.path]
    micro_one(size, figures, lookup)
    micro_parse(site, names, size, figures)
    for number in range(3):
        with open(weir.list, "a", encoding="ascii") as out:
            out.write("again%d.%s\n" % (number, WORLD))
        began = time.monotonic()
        weir.load("apply", "--no-wait")
        figures.add(size, "micro", "compile a name", number, (
            time.monotonic() - began) * 1e9 / weir.applied["names"])
    if weir.ways[0].startswith("delta"):
        weir.load("delta", "bench", "--no-compact", "--no-wait", "--add",
                  weir.delta_file("overlay." + WORLD, 1000))
        micro_one(size, figures, lookup, ", with an overlay")


def micro_parse(site, names, size, figures):
    """The list in each format that this weir reads, see bench/parse.py."""
    tool = site.tools + "/parse"
    micro_one(size, figures, [tool, names.path])
    for name, (head, line, tail) in parse.FORMATS.items():
        if name == "domains" or name not in parse.known(tool):
            continue
        path = names.path + "." + name
        with open(path, "w", encoding="ascii") as out:
            out.write(head)
            out.writelines(line % x for x in parse.lines(names.path))
            out.write(tail)
        micro_one(size, figures, [tool, path, name], ", " + name)
        os.unlink(path)


def micro_one(size, figures, argv, suffix=""):
    text = process.run(argv, 600)
    for title, *values in re.findall(
            r"^(\S.*?) +([\d.]+) ns +\(([\d.]+) to ([\d.]+)\)$", text, re.M):
        median, low, high = map(float, values)
        # Two of four values are the quarters: the spread is theirs.
        for number, value in enumerate((low, median, median, high)):
            figures.add(size, "micro", title + suffix, number, value)
