"""unbounds.py - Unbound: without a list, with weir, with an RPZ, with
local-zones; and the authoritative server behind all resolvers.

All are the same binary, the one that weir was built for: Debian's source with
dynlib switched on.
"""
import json
import os
import re
import shutil
import time

import load
import names as naming
import process
import servers
from names import made_up

CACHE = "64m"  # messages, and as much for records


class Unbound(servers.Server):
    key = "unbound"
    title = "Unbound, no list"
    blocks = False
    modules = "iterator"
    ways = ()
    cache = CACHE
    note = "the measure of all: it blocks nothing"

    @classmethod
    def missing(cls, site):
        return None

    @classmethod
    def version(cls, site):
        return servers.first_line([site.unbound, "-V"],
                                  re.compile(r"^Version (\S+)", re.M))

    def prepare(self):
        self.conf = servers.write(self.path("unbound.conf"), self.config())

    def config(self):
        return """server:
  interface: 127.0.0.1
  port: %d
  do-ip6: no
  chroot: ""
  username: ""
  directory: "%s"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "%s"
  msg-cache-size: %s
  rrset-cache-size: %s
  do-not-query-localhost: no
remote-control:
  control-enable: yes
  control-use-cert: no
  control-interface: "%s/control"
%s%s""" % (self.port, self.folder, self.modules, self.cache, self.cache,
           self.folder, self.way_up(), self.list_lines())

    def way_up(self):
        return """forward-zone:
  name: "."
  forward-addr: 127.0.0.1@%d
""" % self.site.upstream_port

    def list_lines(self):
        return ""

    def commands(self):
        return [[self.site.unbound, "-d", "-c", self.conf]]

    def control(self, *words):
        return self.run(self.site.unbound_control, "-c", self.conf, *words)


class Upstream(Unbound):
    """Has an address for every name."""

    key = "upstream"
    title = "the authoritative server"

    def way_up(self):
        zone = self.path("zone")
        servers.write(zone, ". 86400 SOA ns.invalid. a.invalid. 1 1 1 1 300\n"
                      ". 86400 NS ns.invalid.\n*. 86400 A %s\n" %
                      naming.ADDRESS)
        return """auth-zone:
  name: "."
  zonefile: "%s"
  for-downstream: yes
  for-upstream: no
""" % zone


class UnboundRpz(servers.Rpz, Unbound):
    key = "unbound-rpz"
    title = "Unbound, RPZ"
    blocks = True
    modules = "respip iterator"
    octets = 1250
    ways = ("auth_zone_reload",)
    note = ""

    def list_lines(self):
        return 'rpz:\n  name: "%s"\n  zonefile: "%s"\n' % (self.zone,
                                                          self.zone_path)

    def prepare(self):
        self.write_zone()
        super().prepare()

    def add(self, name, way):
        self.add_to_zone(name)
        self.control("auth_zone_reload", self.zone)


class UnboundLocalZone(Unbound):
    key = "unbound-local-zone"
    title = "Unbound, local-zone"
    blocks = True
    octets = 450
    ways = ("local_zone",)
    note = "a change goes into its memory only, and is gone after a restart"

    def list_lines(self):
        return 'include: "%s"\n' % self.path("zones")

    def prepare(self):
        with open(self.path("zones"), "w", encoding="ascii") as out:
            out.write("server:\n")
            for name in self.names:
                out.write('local-zone: "%s." always_nxdomain\n' % name)
        super().prepare()

    def add(self, name, way):
        self.control("local_zone", name, "always_nxdomain")


class Weir(Unbound):
    """Ways: `delta of N` where weir-load has deltas, and `apply`."""

    key = "weir"
    title = "Unbound, weir"
    blocks = True
    modules = "dynlib iterator"
    ways = ("apply",)
    note = ""
    has_compact = False
    limits = ""
    fresh_names = 0

    @classmethod
    def missing(cls, site):
        return None

    @classmethod
    def version(cls, site):
        return servers.first_line([os.path.join(site.build, "weir-load"),
                                   "--version"], re.compile(r"(\d[\d.]+)"))

    @classmethod
    def learn(cls, site):
        """What this weir-load can do."""
        text = process.run([os.path.join(site.build, "weir-load"), "--help"],
                           20)
        if re.search(r"\bdelta\b", text):
            cls.ways = ("delta of 1", "delta of 1000", "delta of 100000",
                        "apply")
        cls.has_compact = bool(re.search(r"\bcompact\b", text))
        # An apply behind large deltas takes most of the names away.
        if re.search(r"\baccept\b", text):
            cls.limits = "max-shrink: none\nmax-grow: none\n"

    def list_lines(self):
        return 'dynlib:\n  dynlib-file: "%s"\n  dynlib-file: "%s"\n' % (
            os.path.join(self.site.build, ".libs", "weir.so"), self.yaml)

    def prepare(self):
        self.yaml = self.path("weir.yaml")
        os.makedirs(self.path("status"), exist_ok=True)
        self.list = self.path("list")
        shutil.copyfile(self.names.path, self.list)
        servers.write(self.yaml, "database: db\nstatus: status\n" +
                      self.limits + "feeds:\n"
                      "  - name: bench\n    file: list\n"
                      "    format: domains\n")
        super().prepare()
        began = time.monotonic()
        self.applied = json.loads(self.load("apply", "--no-wait"))
        return time.monotonic() - began

    def load(self, *words):
        return self.run(os.path.join(self.site.build, "weir-load"),
                        "-c", self.yaml, "--json", *words)

    def add(self, name, way):
        if way == "apply":
            with open(self.list, "a", encoding="ascii") as out:
                out.write(name + "\n")
            self.load("apply")
        else:
            # What a compaction costs is measured for itself.
            self.load("delta", "bench", "--no-compact", "--add",
                      self.delta_file(name, int(way.rsplit(" ", 1)[1])))

    def delta_file(self, name, count):
        """That many names that were never listed, `name` in their middle."""
        path = self.path("delta-%s-%d" % (name, count))
        if not os.path.exists(path):
            begin = 20000000 + Weir.fresh_names
            Weir.fresh_names += count - 1
            lines = list(made_up(count - 1, begin))
            lines.insert(len(lines) // 2, name)
            servers.write(path, "\n".join(lines) + "\n")
        return path

    def before(self, name, way):
        """Whoever makes the names of a delta is not measured."""
        if way.startswith("delta"):
            self.delta_file(name, int(way.rsplit(" ", 1)[1]))

    def compact(self):
        self.load("compact")

    def statistics(self):
        """The first module of `weir-stat --json`."""
        text = self.run(os.path.join(self.site.build, "weir-stat"),
                        "-c", self.yaml, "--json")
        return json.loads(text)["modules"][0]


def start_upstream(site):
    upstream = Upstream(site, None)
    upstream.prepare()
    upstream.start()
    site.upstream_port = upstream.port
    prober = load.Prober(upstream.port)
    answer = prober.ask_again("any.name.there.is")
    prober.close()
    if answer != "allowed":
        raise process.Failed("the authoritative server says " + str(answer))
    return upstream
