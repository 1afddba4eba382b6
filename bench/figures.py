#!/usr/bin/env python3
"""What weir costs: one Unbound with it beside the same one without it.

  bench/figures.py --build DIR [--names FILE] [--rounds N] [--json]

DIR is a build folder (configured with an Unbound, made).  FILE has one name a
line; without it 1,160,000 made-up names are used.  Everything runs on
127.0.0.1, in alternating rounds of one run; printed are medians.  Measure only
while nothing else runs: absolute figures move from day to day, ratios count.

Measured: weir-load apply from text to enforced; octets a name; start to first
answer; private memory; CPU time of the Unbound process for each allowed cached
query and for each blocked one.
"""
import argparse
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

QUERIES = 60000
CACHED = 2000


def make_variable(build, name):
    with open(os.path.join(build, "Makefile"), encoding="utf-8") as makefile:
        found = re.search(r"^%s = (.*)$" % name, makefile.read(), re.M)
    return found.group(1) if found else ""


def question(name, number):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return (number.to_bytes(2, "big") + b"\x01\0\0\1\0\0\0\0\0\0" + labels +
            b"\0\0\1\0\1")


class Resolver:
    """One Unbound; with_weir says whether it loads the module."""

    running = []

    def __init__(self, bench, with_weir):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kind = "weir" if with_weir else "plain"
        path = os.path.join(bench.work, kind + ".conf")
        with open(path, "w", encoding="utf-8") as conf:
            conf.write(bench.conf(self.port, with_weir))
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", self.port))
        self.sock.settimeout(0.002)
        started = time.monotonic()
        self.process = subprocess.Popen(
            [bench.unbound, "-d", "-c", path], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        Resolver.running.append(self.process)
        while True:
            try:
                self.sock.send(question("first.bench.example", 1))
                self.sock.recv(4096)
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("Unbound does not start: " + path)
        self.start_ms = (time.monotonic() - started) * 1000
        # It was asked several times: the other answers must not count.
        self.sock.settimeout(0.1)
        try:
            while True:
                self.sock.recv(4096)
        except OSError:
            pass
        self.sock.settimeout(5)

    def ask(self, names, expected_rcode):
        """Asks in windows of 50; every answer must have the rcode."""
        numbers = iter(names)
        sent = answered = 0
        while answered < len(names):
            while sent < len(names) and sent - answered < 50:
                self.sock.send(question(next(numbers), sent & 0xffff))
                sent += 1
            answer = self.sock.recv(4096)
            if answer[3] & 15 != expected_rcode:
                sys.exit("rcode %d, not %d" %
                         (answer[3] & 15, expected_rcode))
            answered += 1

    def cpu_s(self):
        """User and system time, in seconds, exact to the nanosecond."""
        with open("/proc/%d/schedstat" % self.process.pid,
                  encoding="ascii") as stat:
            main = int(stat.read().split()[0])
        total = 0
        folder = "/proc/%d/task" % self.process.pid
        for task in os.listdir(folder):
            with open("%s/%s/schedstat" % (folder, task),
                      encoding="ascii") as stat:
                total += int(stat.read().split()[0])
        return max(total, main) / 1e9

    def private_kb(self):
        total = 0
        with open("/proc/%d/smaps" % self.process.pid,
                  encoding="ascii", errors="replace") as maps:
            for line in maps:
                if line.startswith("Anonymous:"):
                    total += int(line.split()[1])
        return total

    def stop(self):
        self.sock.close()
        self.process.terminate()
        self.process.wait()
        Resolver.running.remove(self.process)


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = tempfile.mkdtemp(prefix="weir-bench.")
        self.unbound = os.path.join(
            make_variable(args.build, "UNBOUND_BUILD"), "unbound")
        self.weir_so = os.path.join(args.build, ".libs", "weir.so")
        self.load = os.path.join(args.build, "weir-load")
        for path in (self.unbound, self.weir_so, self.load):
            if not os.path.exists(path):
                sys.exit("no %s: configure with an Unbound and make" % path)
        self.names = self.read_names()
        self.write_files()

    def read_names(self):
        if not self.args.names:
            return ["n%d.d%d.listed.example" % (i, i * 7919 % 1000003)
                    for i in range(1160000)]
        with open(self.args.names, encoding="utf-8") as names:
            return [line.strip() for line in names]

    def write_files(self):
        with open(os.path.join(self.work, "names"), "w",
                  encoding="utf-8") as out:
            out.write("\n".join(self.names) + "\n")
        with open(os.path.join(self.work, "weir.yaml"), "w",
                  encoding="utf-8") as out:
            out.write("database: db\nstatus: status\nfeeds:\n"
                      "  - name: bench\n    file: names\n"
                      "    format: domains\n")
        with open(os.path.join(self.work, "zone"), "w",
                  encoding="utf-8") as out:
            out.write("$TTL 86400\n@ SOA ns a 1 1 1 1 86400\n@ NS ns\n"
                      "ns A 127.0.0.1\n* A 192.0.2.1\n")

    def conf(self, port, with_weir):
        return """
server:
  interface: 127.0.0.1
  port: %d
  do-ip6: no
  chroot: ""
  username: ""
  directory: "%s"
  pidfile: ""
  use-syslog: no
  module-config: "%siterator"
  num-threads: 1
  msg-cache-size: 64m
  rrset-cache-size: 64m
auth-zone:
  name: bench.example
  zonefile: "%s/zone"
  for-upstream: yes
  for-downstream: no
%s""" % (port, self.work, "dynlib " if with_weir else "", self.work, """
dynlib:
  dynlib-file: "%s"
  dynlib-file: "%s/weir.yaml"
""" % (self.weir_so, self.work) if with_weir else "")

    def apply(self):
        shutil.rmtree(os.path.join(self.work, "db"), ignore_errors=True)
        os.makedirs(os.path.join(self.work, "status"), exist_ok=True)
        started = time.monotonic()
        done = subprocess.run(
            [self.load, "-c", os.path.join(self.work, "weir.yaml"), "--json",
             "apply"], stdout=subprocess.PIPE, check=True)
        seconds = time.monotonic() - started
        count = json.loads(done.stdout)["names"]
        size = os.path.getsize(os.path.join(self.work, "db", "1.base"))
        return seconds, size / count, count

    def listed_sample(self):
        known = [x for x in random.Random(1).sample(self.names, CACHED * 2)
                 if re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", x) and
                 all(0 < len(y) < 64 for y in x.split("."))]
        return known[:CACHED]

    def run(self):
        rounds = self.args.rounds
        results = {}
        applied = [self.apply() for _ in range(3)]
        results["names"] = applied[0][2]
        results["apply_s"] = statistics.median(x[0] for x in applied)
        results["octets_per_name"] = applied[0][1]
        starts = {False: [], True: []}
        for _ in range(rounds):
            for with_weir in (False, True):
                resolver = Resolver(self, with_weir)
                starts[with_weir].append(resolver.start_ms)
                resolver.stop()
        results["start_plain_ms"] = statistics.median(starts[False])
        results["start_weir_ms"] = statistics.median(starts[True])
        self.measure_cpu(rounds, results)
        return results

    def measure_cpu(self, rounds, results):
        allowed = ["c%d.bench.example" % i for i in range(CACHED)]
        listed = self.listed_sample()
        plain, weir = Resolver(self, False), Resolver(self, True)
        for resolver in (plain, weir):
            resolver.ask(allowed, 0)
        kinds = {"plain_cached_us": (plain, allowed, 0),
                 "weir_cached_us": (weir, allowed, 0),
                 "weir_blocked_us": (weir, listed, 3)}
        costs = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, (resolver, names, rcode) in kinds.items():
                before = resolver.cpu_s()
                resolver.ask(names * (QUERIES // len(names)), rcode)
                costs[kind].append((resolver.cpu_s() - before) * 1e6 /
                                   (QUERIES // len(names) * len(names)))
        for kind, values in costs.items():
            results[kind] = statistics.median(values)
            results[kind + "_spread"] = (max(values) - min(values)) / \
                results[kind]
        results["plain_private_kb"] = plain.private_kb()
        results["weir_private_kb"] = weir.private_kb()
        plain.stop()
        weir.stop()


def show(results):
    plain, cached = results["plain_cached_us"], results["weir_cached_us"]
    print("names                                %d" % results["names"])
    print("text to published database           %.2f s" % results["apply_s"])
    print("database                             %.1f octets a name" %
          results["octets_per_name"])
    print("start to first answer                %.0f ms, without weir %.0f" %
          (results["start_weir_ms"], results["start_plain_ms"]))
    print("private memory                       %d KB, without weir %d" %
          (results["weir_private_kb"], results["plain_private_kb"]))
    print("CPU, allowed cached query            %.2f us, without weir %.2f: "
          "%.3f times" % (cached, plain, cached / plain))
    print("CPU, blocked query                   %.2f us: %.3f times an "
          "allowed cached one" % (results["weir_blocked_us"],
                                  results["weir_blocked_us"] / cached))
    noise = max(results[x + "_spread"] for x in
                ("plain_cached_us", "weir_cached_us", "weir_blocked_us"))
    if noise > 0.1:
        print("NOISE: the rounds differ by up to %.0f %%; CPU figures of "
              "this run are worth little" % (noise * 100))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=".")
    parser.add_argument("--names")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    bench = Bench(parser.parse_args())
    try:
        results = bench.run()
    finally:
        for process in Resolver.running:
            process.terminate()
            process.wait()
        shutil.rmtree(bench.work, ignore_errors=True)
    if bench.args.json:
        json.dump(results, sys.stdout, indent=2)
        print()
    else:
        show(results)


if __name__ == "__main__":
    main()
