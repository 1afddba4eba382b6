"""servers.py - what all resolvers under test have in common.

One class for each set-up, in unbounds.py and peers.py.  All of them forward
everything to the same authoritative server on 127.0.0.1, which has an address
for each name there can be, so that a listed name that gets through is seen and
nothing leaves the machine.  None validates.  One thread each, as far as the
program can be told.
"""
import os
import shutil
import subprocess
import time

import load
import names as naming
import process

SERIAL = 1000000000


class Site:
    """Where a run works, with what, and how much a resolver may take."""

    def __init__(self, work, build, unbound, tools, limit_s, limit_kb):
        self.work = work
        self.build = build
        self.unbound = unbound
        self.unbound_control = os.path.join(os.path.dirname(unbound),
                                            "unbound-control")
        self.tools = tools
        self.limit_s = limit_s
        self.limit_kb = limit_kb
        self.upstream_port = None

    def folder(self, name):
        path = os.path.join(self.work, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path


def write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    return path


class Server:
    """A resolver with a list.  Subclasses have

    key, title     as in the JSON and in the table
    program        that it needs, package, where it comes from
    octets         of memory for each name, about: what fits side by side; 0 is
                   small enough to be beside all
    ways           how a list is changed; the first is the usual one
    note           what is to be known beside its figures

    and the methods that say NotImplementedError.
    """

    key = title = program = package = note = ""
    octets = 0
    blocks = True
    ways = ("",)

    def __init__(self, site, names, folder=None):
        self.site = site
        self.names = names
        self.folder = site.folder(folder or self.key)
        self.port = load.free_port()
        self.processes = []

    @classmethod
    def missing(cls, site):
        """Why it cannot run here, or None."""
        del site
        if shutil.which(cls.program):
            return None
        return "no %s: bench/install-peers installs the package %s" % (
            cls.program, cls.package)

    @classmethod
    def version(cls, site):
        raise NotImplementedError

    def prepare(self):
        """Writes what the program reads.  Seconds of a compilation that goes
        before each start, or None."""
        raise NotImplementedError

    def commands(self):
        """One argv for each process."""
        raise NotImplementedError

    def add(self, name, way):
        """Blocks one more name with what is below it; returns when the
        resolver's own tool does."""
        raise NotImplementedError

    def path(self, name):
        return os.path.join(self.folder, name)

    def guard(self):
        """Raises if it died or takes too much."""
        for one in self.processes:
            if not one.is_alive():
                raise process.Failed("%s ended: %s" % (
                    self.title, one.last_words()))
        rss_kb = sum(one.rss_kb()[0] for one in self.processes)
        if rss_kb > self.site.limit_kb:
            raise process.OverLimit("more than %.1f GB" % (
                self.site.limit_kb / 1e6))

    def run(self, *argv):
        return process.run(list(argv), self.site.limit_s, self.guard)

    def start(self):
        """Until it answers rightly.  {"start_ms": from start to the first
        answer, "force_ms": to the first that the list blocks}"""
        began = time.monotonic()
        for number, argv in enumerate(self.commands()):
            self.processes.append(process.Process(
                argv, self.path("log%d" % number), self.folder))
        prober = load.Prober(self.port)
        try:
            first = self.wait_for(prober, "first." + naming.WORLD, "allowed",
                                  began)
            force = first
            if self.blocks:
                force = self.wait_for(prober, self.names.listed[0], "blocked",
                                      began)
        finally:
            prober.close()
        return {"start_ms": first * 1000, "force_ms": force * 1000}

    def wait_for(self, prober, name, wanted, began):
        while True:
            took_s = time.monotonic() - began
            # Hardly more questions than answers wait when it comes up.
            if prober.ask(name, max(0.002, took_s / 100)) == wanted:
                return time.monotonic() - began
            self.guard()
            if took_s > self.site.limit_s:
                raise process.OverLimit("no right answer after %d s" %
                                        self.site.limit_s)

    def cpu_s(self):
        return sum(one.cpu_s() for one in self.processes)

    def wait_for_rest(self, limit_s=20):
        """What goes on in the background after a start or a change (a proof of
        a database, a zone that is freed) is no part of a query's price."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            before_s = self.cpu_s()
            time.sleep(0.2)
            if self.cpu_s() - before_s < 0.004:
                return

    def memory(self):
        return {"rss_kb": sum(x.rss_kb()[0] for x in self.processes),
                "private_kb": sum(x.private_kb() for x in self.processes)}

    def peak_kb(self):
        return sum(one.rss_kb()[1] for one in self.processes)

    def stop(self):
        for one in self.processes:
            one.stop()
        self.processes = []


class Rpz:
    """The list as a response policy zone; for those that read one."""

    zone = "rpz.bench"

    def write_zone(self):
        self.zone_path = self.path("rpz.zone")
        self.serial = SERIAL
        with open(self.zone_path, "w", encoding="ascii") as out:
            out.write("$TTL 300\n@ SOA localhost. root.localhost. %d "
                      "3600 600 86400 300\n@ NS localhost.\n" % SERIAL)
            for name in self.names:
                out.write("%s CNAME .\n*.%s CNAME .\n" % (name, name))

    def add_to_zone(self, name):
        """In place: what a reload costs is not what a copy costs."""
        with open(self.zone_path, "r+b") as zone:
            head = zone.read(200)
            at = head.index(str(self.serial).encode())
            self.serial += 1
            zone.seek(at)
            zone.write(str(self.serial).encode())
            zone.seek(0, os.SEEK_END)
            zone.write(("%s CNAME .\n*.%s CNAME .\n" % (name, name)).encode())


def first_line(argv, pattern):
    """The version that a program says of itself."""
    done = subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8",
                          errors="replace", check=False)
    found = pattern.search(done.stdout)
    return found.group(1) if found else "unknown"
