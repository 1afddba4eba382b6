#!/usr/bin/env python3
"""From a publish to the block: publisher, nginx with TLS, weir-sync, and two
Unbounds under load, on this machine.

  bench/publish.py --build DIR [--names N] [--publishes N] [--new N]
                   [--steady S] [--catch-up] [--out FILE]

A feed of N names (100,000) is published and enforced.  Then, N times (1000), a
publish adds --new names (20): every other of them is in the caches of both
resolvers, and takes the names of an older publish off again.  Measured is the
time from the return of `weir-feed publish` until a resolver blocks all of the new
names that it has in its cache.  First with nothing
but polls, one a second; then with NOTIFY.  All the while both resolvers answer
2,000 queries a second, and each answer is looked at: what is not listed must
resolve, what is listed must not, before, meanwhile and afterwards.

--steady S: then a publish a second for S seconds, while the processor time of
weir-sync and of all loaders that it starts is added up, and its memory watched.

--catch-up: at last a resolver comes back after an hour, and after a day, in which
the feed was published once a minute with 60 changes; the clocks of publisher and
weir-sync (faketime) are moved on for that.

Prints a table; writes JSON to --out.  The exit code is 1 after a wrong answer.
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bench  # noqa: E402
import feeds  # noqa: E402
import load  # noqa: E402
import machine  # noqa: E402
import process  # noqa: E402
import servers  # noqa: E402
import unbounds  # noqa: E402
from names import WORLD  # noqa: E402

RATE = 2000        # queries a second to each resolver
KEPT = 20          # publishes after which a name is taken off again
PATIENCE_S = 20    # for a publish to be enforced
RESOLVERS = 2


class World:
    def __init__(self, site, args):
        self.site = site
        self.new = args.new
        self.number = 0
        self.listed = []   # the names of each publish
        self.wrong = []
        self.upstream = unbounds.start_upstream(site)
        self.publisher = feeds.Publisher(site)
        self.publisher.init()
        process.say("publishing %d names" % args.names)
        path = feeds.write_list(site.work + "/names", args.names)
        began = time.monotonic()
        self.publisher.publish(path)
        self.first_publish_s = time.monotonic() - began
        self.web = feeds.Web(site, self.publisher.root())
        self.web.start()
        self.sync = feeds.Sync(site, self.publisher, self.web)
        began = time.monotonic()
        self.sync.once()
        self.full_sync_s = time.monotonic() - began
        process.say("published in %.1f s, fetched and enforced in %.1f s" % (
            self.first_publish_s, self.full_sync_s))
        self.resolvers = [feeds.Protected(site, "resolver%d" % i,
                                          self.sync.yaml)
                          for i in range(RESOLVERS)]
        for one in self.resolvers:
            one.prepare()
            one.start()
        self.probers = [load.Prober(x.port) for x in self.resolvers]
        with open(path, encoding="ascii") as names:
            self.always = names.readline().strip()
        self.watches = []

    def watch(self):
        names = ["steady%d.%s" % (i, WORLD) for i in range(2000)]
        path = servers.write(self.site.work + "/steady", "\n".join(names) +
                             "\n")
        self.watches = [load.Watch(self.site.tools + "/watch", x.port, path,
                                   RATE) for x in self.resolvers]

    def unwatch(self):
        for watch in self.watches:
            result = json.loads(watch.finish())
            if result["wrong"] or result["lost"]:
                self.wrong.append("beside: %s" % result)
        self.watches = []

    def expect(self, prober, name, wanted):
        answer = prober.ask_again(name)
        if answer != wanted:
            self.wrong.append("%s: %s, not %s" % (name, answer, wanted))

    def names_of(self, number):
        return ["n%d-%d.%s" % (number, i, WORLD) for i in range(self.new)]

    def publish(self):
        """One more; the names, and when weir-feed was back."""
        self.number += 1
        names = self.names_of(self.number)
        for name in names[::2]:
            for prober in self.probers:
                self.expect(prober, name, "allowed")
        words = ["--add", servers.write(self.site.work + "/add",
                                        "\n".join(names) + "\n")]
        gone = []
        self.listed.append(names)
        if len(self.listed) > KEPT:
            gone = self.listed.pop(0)
            words += ["--del", servers.write(self.site.work + "/del",
                                             "\n".join(gone) + "\n")]
        self.publisher.publish(*words)
        return names, gone, time.monotonic()

    def is_blocked(self, number, name):
        answer = self.probers[number].ask(name)
        if answer not in ("blocked", "allowed", None):
            self.wrong.append("%s: %s" % (name, answer))
        return answer == "blocked"

    def measure(self):
        """Seconds until a resolver blocks all of the new names that it has in
        its cache, and one that it has not; for each resolver."""
        names, gone, began = self.publish()
        cached = [names[::2] for _ in self.probers]
        fresh = [False] * len(self.probers)
        values = []
        while any(cached) or not all(fresh):
            for i in range(len(self.probers)):
                if cached[i]:
                    # The sweep goes through the cache in an order of its own.
                    while cached[i] and self.is_blocked(i, cached[i][0]):
                        cached[i] = cached[i][1:]
                    if not cached[i]:
                        values.append(time.monotonic() - began)
                # Asked only once it is blocked: an answer from before would
                # bring it into the cache.
                if not fresh[i] and not cached[i]:
                    fresh[i] = True
                    self.expect(self.probers[i], names[1], "blocked")
            if time.monotonic() - began > PATIENCE_S:
                self.wrong.append("publish %d was not enforced" % self.number)
                break
            time.sleep(0.001)
        for prober in self.probers:
            for name in names[:6]:
                self.expect(prober, name, "blocked")
            for name in gone[:2]:
                self.expect(prober, name, "allowed")
            self.expect(prober, self.always, "blocked")
        return values

    def stop(self):
        for watch in self.watches:
            watch.drop()
        for prober in self.probers:
            prober.close()


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def row(title, values):
    return {"way": title, "count": len(values),
            "p50_ms": 1000 * percentile(values, 0.50),
            "p99_ms": 1000 * percentile(values, 0.99),
            "max_ms": 1000 * max(values)}


def latencies(world, count, is_notified):
    world.publisher.notify = ([world.sync.notify_address()] if is_notified
                              else [])
    values = []
    world.watch()
    for number in range(count):
        if not is_notified:
            # Polls are a second apart: no rhythm of publishes of its own.
            time.sleep((number * 37 % 100) / 100)
        values += world.measure()
        if number % 100 == 99:
            process.say("%d publishes" % (number + 1))
    world.unwatch()
    return row("NOTIFY" if is_notified else "poll", values)


def steady(world, seconds):
    """A publish a second, and what weir-sync takes."""
    world.publisher.notify = []
    memory = [world.sync.private_kb()]
    began, cpu = time.monotonic(), world.sync.cpu_s()
    for number in range(seconds):
        world.publish()
        while time.monotonic() < began + number + 1:
            world.sync.look()
            time.sleep(0.1)
        if number % 30 == 29:
            memory.append(world.sync.private_kb())
    took = time.monotonic() - began
    time.sleep(3)
    for prober in world.probers:
        world.expect(prober, world.listed[-1][0], "blocked")
    return {"seconds": took,
            "compactions": len(world.sync.aside),
            "cpu_percent": 100 * (world.sync.cpu_s() - cpu) / took,
            "private_kb": memory}


def moved(web):
    """Requests and octets of payloads and of metadata so far."""
    counts = web.moved()
    kinds = ("full", "day", "hour", "head")
    return {"requests": sum(x[0] for x in counts.values()),
            "octets": sum(x[1] for x in counts.values()),
            "payloads": sum(counts.get(x, (0, 0))[0] for x in kinds)}


def catch_up(world):
    """What a resolver takes that was away."""
    found, minute = [], 0
    start = time.time()
    for title, until in (("an hour", 60), ("a day", 60 + 1440)):
        process.say("publishing for %s" % title)
        while minute < until:
            minute += 1
            world.publisher.env = dict(
                os.environ, WEIR_FEED_NOW="%d" % (start + 60 * minute))
            names = ["away%d-%d.%s" % (minute, i, WORLD) for i in range(60)]
            world.publisher.publish("--add", servers.write(
                world.site.work + "/add", "\n".join(names) + "\n"))
        before, began = moved(world.web), time.monotonic()
        world.sync.once(shift_s=60 * minute)
        took = time.monotonic() - began
        after = moved(world.web)
        for prober in world.probers:
            world.expect(prober, names[0], "blocked")
        found.append({"away": title, "s": took,
                      **{x: after[x] - before[x] for x in after}})
    return found


def run(site, args):
    world = World(site, args)
    try:
        result = {"machine": machine.describe(
            site.work, os.path.dirname(os.path.abspath(__file__))),
            "names": args.names, "new": args.new, "ways": [],
            "full_sync_s": world.full_sync_s, "full_sync": moved(world.web),
            "first_publish_s": world.first_publish_s}
        world.sync.start()
        time.sleep(3)
        world.measure()  # what is done once only
        for is_notified in (False, True):
            if args.publishes:
                result["ways"].append(latencies(world, args.publishes,
                                                is_notified))
        if args.steady:
            result["steady"] = steady(world, args.steady)
        result["status"] = world.sync.status()
        if args.catch_up:
            world.sync.stop()
            result["catch_up"] = catch_up(world)
        result["wrong"] = world.wrong
        return result
    finally:
        world.stop()


def show(result):
    print("%d names; a publish adds %d" % (result["names"], result["new"]))
    for one in result["ways"]:
        print("%-8s %6d values   p50 %7.1f ms   p99 %7.1f ms   max %7.1f ms" %
              (one["way"], one["count"], one["p50_ms"], one["p99_ms"],
               one["max_ms"]))
    if "steady" in result:
        one = result["steady"]
        print("one publish a second for %.0f s: weir-sync and loaders %.2f %% "
              "of a core (%d compactions), private memory %d to %d KB" % (
                  one["seconds"], one["cpu_percent"], one["compactions"],
                  min(one["private_kb"]), max(one["private_kb"])))
    one = result["full_sync"]
    print("from nothing: %.1f s, %d octets in %d requests" % (
        result["full_sync_s"], one["octets"], one["requests"]))
    for one in result.get("catch_up", []):
        print("after %s: %.2f s, %d octets in %d requests, %d payloads" % (
            one["away"], one["s"], one["octets"], one["requests"],
            one["payloads"]))
    for text in result["wrong"][:20]:
        print("WRONG: " + text)
    print("%d wrong answers" % len(result["wrong"]))


def read_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=".")
    parser.add_argument("--names", type=int, default=100000)
    parser.add_argument("--publishes", type=int, default=1000)
    parser.add_argument("--new", type=int, default=20)
    parser.add_argument("--steady", type=int, default=0)
    parser.add_argument("--catch-up", action="store_true")
    parser.add_argument("--out")
    return parser.parse_args()


def main():
    args = read_arguments()
    signal.signal(signal.SIGTERM, bench.end)
    work = tempfile.mkdtemp(prefix="weir-publish.")
    plan = argparse.Namespace(limit_s=600)
    try:
        site = bench.make_site(args, work, plan)
        reason = feeds.missing(site)
        if reason:
            sys.exit("publish: " + reason)
        result = run(site, args)
        show(result)
        if args.out:
            servers.write(args.out, json.dumps(result, indent=1) + "\n")
    finally:
        process.stop_all()
        if os.environ.get("KEEP"):
            print(work)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (process.Failed, process.OverLimit) as failure:
        sys.exit("publish: %s" % failure)
