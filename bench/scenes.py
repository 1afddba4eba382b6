"""scenes.py - what is done with the resolvers of one size, in rounds.

In each round all set-ups have their turn, one after the other; the next round
begins with another one.  A set-up that takes too much time or memory, or whose
answers are wrong, is left out from there on, and the figures say so.
"""
import json
import time

import load
import process
from names import WORLD, allowed, fresh
from process import say

CACHED = 10000
SETTLE_S = 0.3


class Scene:
    """One size and a batch of set-ups that have room beside each other."""

    def __init__(self, site, names, size, classes, figures, plan, batch):
        self.site = site
        self.names = names
        self.size = size
        self.figures = figures
        self.plan = plan
        self.batch = batch
        self.tag = "b%d." % batch  # rounds of another batch are others
        self.queries = {}
        self.servers = []
        self.classes = classes
        self.added = 0

    def run(self):
        try:
            self.prepare()
            self.starts()
            self.write_queries()
            self.each(self.warm)
            self.each(lambda server: server.wait_for_rest())
            for number in range(self.plan.rounds):
                self.cpu_round(number)
            self.changes()
            self.each(self.take_peak)
        finally:
            for server in self.servers:
                server.stop()

    # --- one after the other ------------------------------------------------

    def each(self, do, number=0):
        """do(server) for all; the first one is another one each time."""
        turn = number % max(1, len(self.servers))
        for server in self.servers[turn:] + self.servers[:turn]:
            self.guarded(server, do)

    def guarded(self, server, do):
        if server not in self.servers:
            return
        try:
            do(server)
        except process.OverLimit as problem:
            self.leave_out(server, "over the limit: %s" % problem)
        except (process.Failed, OSError) as problem:
            self.figures.mistake(self.size, server.key, str(problem))
            self.leave_out(server, "failed: %s" % problem)

    def leave_out(self, server, why):
        say("%s: %s" % (server.title, why))
        self.figures.say(self.size, server.key, "*", why)
        self.servers.remove(server)
        server.stop()

    def add(self, server, kind, number, value, way=""):
        key = server.key + (", " + way if way else "")
        self.figures.add(self.size, key, kind, "%s%s" % (self.tag, number),
                         value)

    # --- starts -------------------------------------------------------------

    def prepare(self):
        for one in self.classes:
            server = one(self.site, self.names)
            self.servers.append(server)
            self.guarded(server, self.prepare_one)

    def prepare_one(self, server):
        seconds = server.prepare()
        if seconds is not None:
            self.add(server, "prepare_s", 0, seconds)

    def starts(self):
        """Slow ones are not started again and again."""
        spent = {}

        def start(server):
            if spent.get(server, 0) > self.plan.slow_s:
                return
            if server.processes:
                server.stop()
            got = server.start()
            for kind, value in got.items():
                self.add(server, kind, number, value)
            spent[server] = spent.get(server, 0) + got["force_ms"] / 1000

        for number in range(self.plan.rounds):
            self.each(start, number)
        for server in self.servers:
            say("%-28s starts in %.2f s" % (server.title, self.figures.get(
                self.size, server.key, "force_ms")["median"] / 1000))

    # --- queries ------------------------------------------------------------

    def write_queries(self):
        self.allowed = allowed(min(CACHED, 2 * self.size))
        self.allowed_path = self.file("allowed", self.allowed)
        listed = self.names.listed[:50]
        self.unlisted = self.names.unlisted(
            ["not-" + x for x in listed] +
            [x.split(".", 1)[1] for x in listed if x.count(".") > 1])
        self.blocked_path = self.file("blocked", self.names.listed)
        self.cached_path = self.site.work + "/cached"
        with open(self.cached_path, "w", encoding="ascii") as out:
            out.write("\n".join(self.allowed) + "\n")

    def file(self, name, lines):
        return load.write_queries("%s/%s-%s" % (self.site.work, name,
                                                self.tag), lines)

    def warm(self, server):
        """All names once; this is also where the answers are checked."""
        load.dnsperf(server.port, self.allowed_path)
        self.check(server, self.allowed[:50], "allowed")
        if server.blocks:
            listed = self.names.listed[:50]
            self.check(server, listed, "blocked")
            self.check(server, ["a.b." + x for x in listed], "blocked")
            self.check(server, self.unlisted, "allowed")
            load.dnsperf(server.port, self.blocked_path)
        for kind, value in server.memory().items():
            self.add(server, kind, 0, value)

    def check(self, server, names, wanted):
        prober = load.Prober(server.port)
        for name in names:
            answer = prober.ask_again(name)
            if answer != wanted:
                self.figures.mistake(
                    self.size, server.key, "%s: %s, and should be %s" % (
                        name, answer, wanted))
        prober.close()

    def cpu_round(self, number):
        say("round %d of queries" % (number + 1))
        for kind in ("allowed", "blocked", "miss"):
            self.each(lambda server, k=kind: self.cpu_one(server, k, number),
                      number)

    def cpu_one(self, server, kind, number):
        if kind == "blocked" and not server.blocks:
            return
        path, wanted = {
            "allowed": (self.allowed_path, "NOERROR"),
            "blocked": (self.blocked_path, "NXDOMAIN"),
            "miss": (None, "NOERROR")}[kind]
        if kind == "miss":
            # No cache has them, and none gets a different set of names.
            path = self.file("miss", self.misses(number))
        before_s = server.cpu_s()
        got = load.dnsperf(server.port, path, self.plan.seconds,
                           kind == "miss")
        cpu_us = (server.cpu_s() - before_s) * 1e6
        if set(got["rcodes"]) - {wanted}:
            self.figures.mistake(self.size, server.key, "%s queries: %s" % (
                kind, got["rcodes"]))
        if got["lost"] > got["completed"] / 1000:
            self.figures.mistake(self.size, server.key, "%s queries: %d lost "
                                 "of %d" % (kind, got["lost"],
                                            got["completed"]))
        if got["completed"]:
            self.add(server, kind + "_us", number, cpu_us / got["completed"])
            self.add(server, kind + "_qps", number, got["per_s"])

    def misses(self, number):
        tag = "m%s%d" % (self.tag, number)
        if self.queries.get("tag") != tag:
            self.queries = {"tag": tag, "names": fresh(
                tag, int(100000 * self.plan.seconds))}
        return self.queries["names"]

    # --- changes ------------------------------------------------------------

    def changes(self):
        spent = {}
        for number in range(self.plan.rounds):
            def change(server, number=number):
                if self.batch > 0 and server.octets == 0:
                    return  # it was here in the first batch as well
                for way in server.ways or ("",):
                    if spent.get((server, way), 0) > self.plan.slow_s:
                        continue
                    began = time.monotonic()
                    self.change(server, way, number)
                    spent[(server, way)] = spent.get(
                        (server, way), 0) + time.monotonic() - began
            say("round %d of changes" % (number + 1))
            self.each(change, number)

    def change(self, server, way, number):
        """One more name, while a client asks."""
        self.added += 1
        name = "added%d.%s" % (self.added, WORLD)
        label = way if way and way != server.ways[0] else ""
        prober = load.Prober(server.port)
        prober.ask_again(name)  # now it is cached
        prober.close()
        if hasattr(server, "before"):
            server.before(name, way)
        watch = load.Watch(self.site.tools + "/watch", server.port,
                           self.cached_path, self.plan.rate, name, name)
        try:
            time.sleep(SETTLE_S)
            began = time.monotonic()
            if way:
                server.add(name, way)
                self.add(server, "change_ms", number,
                         (time.monotonic() - began) * 1000, label)
                self.enforced(server, watch, began, number, label)
            time.sleep(SETTLE_S)
            self.seen(server, json.loads(watch.finish()), number, label)
        finally:
            watch.drop()
        if way.startswith("delta") and server.has_compact and \
                not way.endswith(" 1"):
            server.compact()

    def enforced(self, server, watch, began, number, label):
        for letter, kind, limit_s in (
                ("u", "fresh_ms", self.site.limit_s),
                ("b", "cached_ms", self.plan.patience_s)):
            if watch.wait_blocked(letter, limit_s, server.guard):
                self.add(server, kind, number,
                         (watch.blocked_s[letter] - began) * 1000, label)
            else:
                key = server.key + (", " + label if label else "")
                self.figures.say(self.size, key, kind,
                                 "not within %g s" % limit_s)

    def seen(self, server, result, number, label):
        self.add(server, "silence_ms", number, result["silence_us"] / 1000,
                 label)
        self.add(server, "longest_ms", number, result["longest_us"] / 1000,
                 label)
        self.add(server, "lost", number, result["lost"], label)
        if result["wrong"]:
            self.figures.mistake(
                self.size, server.key, "%d allowed, cached queries were not "
                "answered rightly at a change" % result["wrong"])
        if result["slipped"]:
            self.figures.mistake(
                self.size, server.key, "%d queries got through after the "
                "first that was blocked" % result["slipped"])

    def take_peak(self, server):
        self.add(server, "peak_kb", 0, server.peak_kb())
