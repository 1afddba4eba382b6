#!/usr/bin/env python3
"""What weir, and its statistics, cost a query: processor time of the Unbound
process, side by side in alternating rounds.

  bench/price.py --build DIR [--names N] [--rounds N] [--seconds S] [--out FILE]

Six Unbounds that are the same but for weir: without it; with it and no events;
with events; with events as dnstap to fstrm_capture; to one that is stopped; and to
one that gets all events, without weir.yaml's limit of them (max-events).
Each round asks each of them for cached names that are allowed, then for names that
are blocked (N of them are listed, 1,000,000), in an order that turns about.  A
ratio is made of two values of one round; shown are medians and quarters.

Prints a table; writes JSON to --out.  The exit code is 1 after a wrong answer.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bench  # noqa: E402
import load  # noqa: E402
import machine  # noqa: E402
import names as naming  # noqa: E402
import process  # noqa: E402
import servers  # noqa: E402
import unbounds  # noqa: E402

ASKED = 20000  # different names of each kind


class Quiet(unbounds.Weir):
    key = "no events"
    events = "statistics: {events: no}\n"

    def __init__(self, site, names):
        super().__init__(site, names, self.key.replace(" ", "-"))

    def prepare(self):
        unbounds.Weir.limits = self.events
        return super().prepare()


class Events(Quiet):
    key = "events"
    events = ""


class Tapped(Quiet):
    """Events to a collector from Debian, which writes them to /dev/null."""
    key = "dnstap"
    is_stopped = False
    more = ""

    def prepare(self):
        self.events = 'statistics: {dnstap: "%s"%s}\n' % (
            self.path("tap"), self.more)
        self.reader = process.Process(
            ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u",
             self.path("tap"), "-w", "/dev/null"], self.path("reader"),
            self.folder)
        return super().prepare()

    def stuck(self):
        if self.is_stopped:
            self.reader.popen.send_signal(signal.SIGSTOP)

    def stop(self):
        if self.is_stopped:
            self.reader.popen.send_signal(signal.SIGCONT)
        self.reader.stop()
        super().stop()


class Stuck(Tapped):
    key = "dnstap, stuck"
    is_stopped = True


class Unlimited(Tapped):
    key = "no limit"
    more = ", max-events: 0"


def price(server, path, seconds, wanted, wrong):
    before = server.cpu_s()
    result = load.dnsperf(server.port, path, seconds)
    for rcode in result["rcodes"]:
        if rcode != wanted:
            wrong.append("%s: %s" % (server.key, rcode))
    return (server.cpu_s() - before) * 1e6 / result["completed"]


def row(values):
    values = sorted(values)
    return {"median": statistics.median(values),
            "low": values[len(values) // 4], "high": values[-1 - len(values) // 4]}


def measure(site, args):
    names = naming.Names(args.names, site.work + "/names", None, ASKED)
    servers_ = [unbounds.Unbound(site, names)]
    servers_ += [one(site, names)
                 for one in (Quiet, Events, Tapped, Stuck, Unlimited)
                 if not issubclass(one, Tapped) or shutil.which("fstrm_capture")]
    allowed = load.write_queries(site.work + "/allowed", [
        "a%d.%s" % (i, naming.WORLD) for i in range(ASKED)])
    blocked = load.write_queries(site.work + "/blocked",
                                 list(names.listed)[:ASKED])
    for one in servers_:
        one.prepare()
        one.start()
        load.dnsperf(one.port, allowed)
        one.wait_for_rest()
        if isinstance(one, Tapped):
            one.stuck()
    wrong, figures = [], {}
    for number in range(args.rounds):
        order = servers_[number % len(servers_):] + servers_[
            :number % len(servers_)]
        for kind, path, wanted in (("allowed", allowed, "NOERROR"),
                                   ("blocked", blocked, "NXDOMAIN")):
            for one in order:
                if kind == "blocked" and not one.blocks:
                    continue
                figures.setdefault((one.key, kind), []).append(
                    price(one, path, args.seconds, wanted, wrong))
        if number % 10 == 9:
            process.say("%d rounds" % (number + 1))
    for one in servers_:
        one.stop()
    return [one.key for one in servers_], figures, wrong


def show(keys, figures):
    rows = []
    print("%-14s %10s %10s   %s" % ("", "allowed us", "blocked us",
                                    "ratios, median (quarters)"))
    for key in keys:
        entry = {"setup": key}
        for kind in ("allowed", "blocked"):
            if (key, kind) in figures:
                entry[kind + "_us"] = row(figures[key, kind])
        texts = []
        for kind, to in (("allowed", "unbound"), ("allowed", "no events"),
                         ("blocked", "no events")):
            if key == to or (key, kind) not in figures:
                continue
            entry["%s to %s" % (kind, to)] = row([
                x / y for x, y in zip(figures[key, kind], figures[to, kind])])
            texts.append("%s/%s %.3f (%.3f to %.3f)" % (
                (kind, to) + tuple(entry["%s to %s" % (kind, to)][x]
                                   for x in ("median", "low", "high"))))
        if (key, "blocked") in figures:
            entry["blocked to allowed"] = row([
                x / y for x, y in zip(figures[key, "blocked"],
                                      figures[key, "allowed"])])
            texts.append("blocked/allowed %.3f" %
                         entry["blocked to allowed"]["median"])
        print("%-14s %10.2f %10s   %s" % (
            key, entry["allowed_us"]["median"],
            "%.2f" % entry["blocked_us"]["median"]
            if "blocked_us" in entry else "-", "; ".join(texts)))
        rows.append(entry)
    return rows


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=".")
    parser.add_argument("--names", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--out")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, bench.end)
    work = tempfile.mkdtemp(prefix="weir-price.")
    try:
        site = bench.make_site(args, work, argparse.Namespace(limit_s=300))
        unbounds.Weir.learn(site)
        unbounds.start_upstream(site)
        keys, figures, wrong = measure(site, args)
        rows = show(keys, figures)
        for text in sorted(set(wrong))[:20]:
            print("WRONG: " + text)
        if args.out:
            servers.write(args.out, json.dumps({
                "machine": machine.describe(work, os.path.dirname(
                    os.path.abspath(__file__))),
                "names": args.names, "rounds": args.rounds, "setups": rows,
                "wrong": wrong}, indent=1) + "\n")
    finally:
        process.stop_all()
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (process.Failed, process.OverLimit) as failure:
        sys.exit("price: %s" % failure)
