#!/usr/bin/env python3
"""publish.py - from `weir-feed publish` to a blocked answer.

    bench/publish.py --build BUILD [--names N] [--rounds N] [--rate N]

A publisher, nginx, and two resolvers on this machine, each an Unbound with weir
and a weir-sync that polls once a second.  Both resolvers are asked all the time
(dnsperf, listed and unlisted names in turn).  In each round new names are
published; half of them lie in the resolvers' caches.  What is measured is the
time from the end of `weir-feed publish` until a resolver answers NXDOMAIN to the
first new name that it is asked for, and to all of them: those in the cache are
answered until the sweep behind the swap has come by.  Twice: with the poll alone,
and with a DNS NOTIFY to each weir-sync.

Wrong answers are counted: a listed name that is answered, one that is not listed
and is blocked, a new one that is answered once all were blocked, an answer that
does not come.

Prints a table, or with --json everything.  On the loopback interface only.
"""
import argparse
import hashlib
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import load
import names as naming
import process
import servers
from unbounds import Weir, start_upstream

LIMIT_S = 60
FEED = "bench"


class Publisher:
    """A feed, and the web server that serves it."""

    def __init__(self, site, names):
        self.site = site
        self.folder = site.folder("publisher")
        self.feed = os.path.join(self.folder, "feed")
        self.program = os.path.join(site.build, "weir-feed")
        phrase = servers.write(os.path.join(self.folder, "phrase"), "bench\n")
        self.run("init", self.feed, "--feed", FEED, "--passphrase-file",
                 phrase)
        self.run("publish", self.feed, names.path, "--format", "domains")
        root = os.path.join(self.feed, "public", "metadata", "1.root.json")
        with open(root, "rb") as data:
            self.root = hashlib.sha256(data.read()).hexdigest()
        self.port = load.free_port()
        self.nginx = process.Process(
            [shutil.which("nginx", path=os.environ["PATH"] +
                          ":/usr/sbin:/sbin"),
             "-e", os.path.join(self.folder, "log"),
             "-c", servers.write(os.path.join(self.folder, "conf"),
                                 self.config())],
            os.path.join(self.folder, "log"), self.folder)

    def config(self):
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(
            "%s_temp_path %s/%s;" % (kind, self.folder, kind) for kind in
            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return """daemon off; %s worker_processes 1; pid %s/pid;
events {}
http { access_log off; %s keepalive_requests 100000;
  server { listen 127.0.0.1:%d; root %s/public; } }
""" % (user, self.folder, temporary, self.port, self.feed)

    def run(self, *words):
        return process.run([self.program, *words], LIMIT_S)

    def publish(self, names, notify):
        """When it has returned, on the clock of time.monotonic."""
        path = servers.write(os.path.join(self.folder, "add"),
                             "\n".join(names) + "\n")
        words = ["publish", self.feed, "--add", path, "--format", "domains"]
        for port in notify:
            words += ["--notify", "127.0.0.1:%d" % port]
        self.run(*words)
        return time.monotonic()


class SyncedWeir(Weir):
    """Unbound with weir, and a weir-sync that follows the publisher."""

    def __init__(self, site, names, publisher, number):
        super().__init__(site, names, "resolver%d" % number)
        self.publisher = publisher
        self.notify_port = load.free_port()
        self.sync = None

    def prepare(self):
        self.yaml = servers.write(self.path("weir.yaml"), """database: db
status: status
sync: {state: sync, notify-listen: "127.0.0.1:%d"}
feeds:
  - name: %s
    signed: http://127.0.0.1:%d
    root-sha256: %s
""" % (self.notify_port, FEED, self.publisher.port, self.publisher.root))
        os.makedirs(self.path("status"), exist_ok=True)
        self.conf = servers.write(self.path("unbound.conf"), self.config())
        self.run(self.program(), "-c", self.yaml, "once")

    def program(self):
        return os.path.join(self.site.build, "weir-sync")

    def start(self):
        super().start()
        self.sync = process.Process([self.program(), "-c", self.yaml],
                                    self.path("sync.log"), self.folder)
        self.processes.append(self.sync)
        # Its first poll is at a random moment of ten seconds.
        end = time.monotonic() + LIMIT_S
        while self.state() != "fresh" and time.monotonic() < end:
            time.sleep(0.2)
            subprocess.run([self.program(), "-c", self.yaml, "poll"],
                           stderr=subprocess.DEVNULL, check=False)

    def state(self):
        """"none" until the one that runs has asked for the first time."""
        status = self.status()
        feed = status["feeds"][0]
        return (feed["state"] if status["running"] and feed["polls"] > 0
                else "none")

    def status(self):
        """What `weir-sync status` says; its exit status does not matter."""
        text = subprocess.run(
            [self.program(), "-c", self.yaml, "status", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            check=False).stdout
        return json.loads(text)


class Pressure:
    """dnsperf beside it all: as many listed names as others, in turn."""

    def __init__(self, weir, names, rate):
        queries = []
        for listed, free in zip(names.listed, naming.allowed(len(
                names.listed))):
            queries += [listed, free]
        path = load.write_queries(weir.path("queries"), queries)
        self.popen = subprocess.Popen(
            ["dnsperf", "-s", "127.0.0.1", "-p", str(weir.port), "-d", path,
             "-c", "2", "-T", "1", "-q", "32", "-t", str(load.LOST_S),
             "-l", "86400", "-Q", str(rate)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="ascii", errors="replace")

    def stop(self):
        """Queries, and answers that were wrong or did not come."""
        self.popen.send_signal(2)
        text, _ = self.popen.communicate(timeout=LIMIT_S)
        done = int(re.search(r"Queries completed:\s*(\d+)", text).group(1))
        lost = int(re.search(r"Queries lost:\s*(\d+)", text).group(1))
        codes = dict(re.findall(r"([A-Z]+) (\d+) \(", text))
        blocked = int(codes.pop("NXDOMAIN", 0))
        free = int(codes.pop("NOERROR", 0))
        # In turn; as many as are under way may be of one kind.
        wrong = max(0, abs(blocked - free) - 64)
        return done, lost + wrong + sum(int(x) for x in codes.values())


class Seen:
    """One resolver and the names of one publish."""

    def __init__(self, weir, names):
        self.prober = load.Prober(weir.port)
        self.left = list(names)
        self.first_ms = self.all_ms = None
        self.wrong = 0

    def cache(self, names):
        for name in names:
            self.wrong += self.prober.ask_again(name) != "allowed"

    def look(self, began):
        """Asks for one that was not blocked yet."""
        while self.left and self.prober.ask(self.left[-1]) == "blocked":
            self.left.pop()
            now_ms = (time.monotonic() - began) * 1000
            self.first_ms = self.first_ms or now_ms
            self.all_ms = now_ms

    def end(self, names):
        self.wrong += sum(self.prober.ask_again(name) != "blocked"
                          for name in names)
        self.prober.close()


def one_round(publisher, weirs, number, count, notify):
    names = naming.fresh("p%d" % number, count)
    seen = [Seen(weir, names) for weir in weirs]
    for one in seen:
        one.cache(names[::2])  # the rest nobody knows
    time.sleep(random.uniform(0, 1))  # no step with the poll
    began = publisher.publish(
        names, [weir.notify_port for weir in weirs] if notify else [])
    while any(one.left for one in seen):
        for one in seen:
            one.look(began)
        if time.monotonic() - began > LIMIT_S:
            raise process.Failed("round %d: not blocked after %d s" % (
                number, LIMIT_S))
        for weir in weirs:
            weir.guard()
    for one in seen:
        one.end(names)
    return seen


def figures(times):
    times = sorted(times)
    return {"p50": statistics.median(times), "max": times[-1],
            "p99": times[min(len(times) - 1, len(times) * 99 // 100)]}


def measure(publisher, weirs, names, options, notify):
    pressures = [Pressure(weir, names, options.rate) for weir in weirs]
    seen = []
    base = options.rounds if notify else 0
    try:
        for number in range(options.rounds):
            seen += one_round(publisher, weirs, base + number,
                              options.changes, notify)
    finally:
        ends = [pressure.stop() for pressure in pressures]
    return {"publishes": options.rounds,
            "first_ms": figures([one.first_ms for one in seen]),
            "all_ms": figures([one.all_ms for one in seen]),
            "queries": sum(done for done, _ in ends),
            "wrong": sum(bad for _, bad in ends) +
                     sum(one.wrong for one in seen)}


def run(options, work):
    unbound = options.unbound or found_unbound(options.build)
    site = servers.Site(work, options.build, unbound,
                        os.path.join(options.build, "bench"), LIMIT_S * 10,
                        4e6)
    names = naming.Names(options.names, os.path.join(work, "list"), None, 1000)
    start_upstream(site)
    publisher = Publisher(site, names)
    weirs = [SyncedWeir(site, names, publisher, number) for number in (1, 2)]
    for weir in weirs:
        weir.prepare()
        weir.start()
    found = {"names": options.names, "changes": options.changes,
             "rate": options.rate,
             "poll": measure(publisher, weirs, names, options, False),
             "notify": measure(publisher, weirs, names, options, True)}
    found["to_force"] = [weir.status()["feeds"][0]["to_force"]
                         for weir in weirs]
    return found


def found_unbound(build):
    with open(os.path.join(build, "Makefile"), encoding="utf-8") as makefile:
        return re.search(r"^UNBOUND_BINARY = (.*)$", makefile.read(),
                         re.M).group(1)


def print_table(found):
    print("%d names, %d new ones in each publish, two resolvers at %d "
          "queries/s each" % (found["names"], found["changes"],
                              found["rate"]))
    print("%-15s %9s %7s %7s %7s  %s" % (
        "ms", "publishes", "p50", "p99", "max", "wrong answers"))
    for kind in ("poll", "notify"):
        row = found[kind]
        for what in ("first", "all"):
            times = row[what + "_ms"]
            print("%-15s %9d %7.0f %7.0f %7.0f  %d of %d" % (
                kind + ", " + what, row["publishes"], times["p50"],
                times["p99"], times["max"], row["wrong"], row["queries"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=".", help="where weir was built")
    parser.add_argument("--unbound", help="default: that of the build")
    parser.add_argument("--names", type=int, default=100000)
    parser.add_argument("--changes", type=int, default=20,
                        help="new names in each publish")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--rate", type=int, default=1000,
                        help="queries/s to each resolver")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    for program in ("dnsperf", "nginx"):
        if not shutil.which(program, path=os.environ["PATH"] +
                            ":/usr/sbin:/sbin"):
            sys.exit("no " + program)
    with tempfile.TemporaryDirectory(prefix="weir-publish.") as work:
        try:
            found = run(options, work)
        except process.Failed as failed:
            sys.exit(str(failed))
        finally:
            process.stop_all()
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print_table(found)
    sys.exit(found["poll"]["wrong"] + found["notify"]["wrong"] > 0)


if __name__ == "__main__":
    main()
