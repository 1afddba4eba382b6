"""peers.py - the resolvers of others, from Debian's packages."""
import os
import re
import socket
import time

import load
import process
import servers
from unbounds import Unbound

CACHE_MB = 128  # as much as Unbound's two caches together


class Bind(servers.Rpz, servers.Server):
    key = "bind-rpz"
    title = "BIND, RPZ"
    program = "named"
    package = "bind9"
    octets = 900
    ways = ("rndc reload",)

    @classmethod
    def version(cls, site):
        return servers.first_line(["named", "-v"],
                                  re.compile(r"BIND (\d[\d.]+)"))

    def prepare(self):
        self.write_zone()
        self.control_port = load.free_port()
        servers.write(self.path("key"), 'key "bench" { algorithm hmac-sha256; '
                      'secret "%s"; };\n' % "d2VpciBiZW5jaA==")
        servers.write(self.path("named.conf"), """include "%s";
controls { inet 127.0.0.1 port %d allow { 127.0.0.1; } keys { "bench"; }; };
options {
  directory "%s";
  pid-file none;
  session-keyfile none;
  listen-on port %d { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion yes;
  allow-query { 127.0.0.1; };
  dnssec-validation no;
  max-cache-size %dm;
  forward only;
  forwarders { 127.0.0.1 port %d; };
  response-policy { zone "%s"; } qname-wait-recurse no
    min-update-interval 0;
};
zone "%s" { type primary; file "%s"; notify no; };
logging { channel errors { file "%s"; severity error; };
  category default { errors; }; };
""" % (self.path("key"), self.control_port, self.folder, self.port, CACHE_MB,
       self.site.upstream_port, self.zone, self.zone, self.zone_path,
       self.path("log0")))

    def commands(self):
        # Not -g, which writes a line for each blocked query.
        return [["named", "-f", "-4", "-n", "1", "-L", self.path("log0"),
                 "-c", self.path("named.conf")]]

    def add(self, name, way):
        self.add_to_zone(name)
        self.run("rndc", "-s", "127.0.0.1", "-p", str(self.control_port),
                 "-k", self.path("key"), "reload", self.zone)


class Recursor(servers.Rpz, servers.Server):
    key = "pdns-rpz"
    title = "PowerDNS Recursor, RPZ"
    program = "pdns_recursor"
    package = "pdns-recursor"
    octets = 450
    ways = ("reload-lua-config",)
    note = ("what its packet cache holds is answered from there, whatever the "
            "list says, until the time to live is over or the cache is wiped")

    @classmethod
    def version(cls, site):
        return servers.first_line(["pdns_recursor", "--version"],
                                  re.compile(r"Recursor (\d[\d.]+)"))

    def prepare(self):
        self.write_zone()
        servers.write(self.path("list.lua"),
                      'rpzFile("%s", {policyName="bench"})\n' % self.zone_path)
        servers.write(self.path("recursor.conf"), """local-address=127.0.0.1
local-port=%d
threads=1
pdns-distributes-queries=no
daemon=no
disable-syslog=yes
loglevel=3
quiet=yes
dnssec=off
socket-dir=%s
forward-zones-recurse=.=127.0.0.1:%d
lua-config-file=%s
""" % (self.port, self.folder, self.site.upstream_port, self.path("list.lua")))

    def commands(self):
        argv = ["pdns_recursor", "--config-dir=" + self.folder]
        numbers = re.findall(r"\d+", self.version(self.site))
        if [int(x) for x in numbers[:2]] >= [5, 2]:
            argv.append("--enable-old-settings")
        return [argv]

    def add(self, name, way):
        self.add_to_zone(name)
        self.run("rec_control", "--timeout=%d" % self.site.limit_s,
                 "--socket-dir=" + self.folder,
                 "reload-lua-config")


class Kresd(servers.Rpz, servers.Server):
    key = "knot-rpz"
    title = "Knot Resolver, policy.rpz"
    program = "kresd"
    package = "knot-resolver"
    octets = 350
    ways = ("policy.rpz anew",)

    @classmethod
    def version(cls, site):
        return servers.first_line(["kresd", "--version"],
                                  re.compile(r"version (\d[\d.]+)"))

    def prepare(self):
        self.write_zone()
        servers.write(self.path("kresd.conf"), """
net.ipv6 = false
net.listen('127.0.0.1', %d, {kind = 'dns'})
net.listen('%s/control', nil, {kind = 'control'})
trust_anchors.remove('.')
cache.open(%d * MB, 'lmdb://%s/cache')
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
local function read() return policy.rpz(policy.DENY, '%s', false) end
local rules = read()
policy.add(function (request, query) return rules(request, query) end)
policy.add(policy.all(policy.FORWARD({'127.0.0.1@%d'})))
function read_again() rules = read() return true end
""" % (self.port, self.folder, CACHE_MB, self.folder, self.zone_path,
       self.site.upstream_port))

    def commands(self):
        return [["kresd", "-n", "-q", "-c", self.path("kresd.conf"),
                 self.folder]]

    def add(self, name, way):
        self.add_to_zone(name)
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.path("control"))
            control.settimeout(1)
            control.sendall(b"read_again()\n")
            end = time.monotonic() + self.site.limit_s
            got = b""
            while b"true" not in got:
                self.guard()
                if time.monotonic() > end:
                    raise process.OverLimit("no reload after %d s" %
                                            self.site.limit_s)
                try:
                    got += control.recv(4096)
                except socket.timeout:
                    continue


class Dnsdist(servers.Server):
    key = "dnsdist-cdb"
    title = "dnsdist, CDB, before Unbound"
    program = "dnsdist"
    package = "dnsdist"
    octets = 50
    ways = ("cdb rewritten",)
    note = ("two processes: both are counted; three threads; allowed cached "
            "answers come out of dnsdist's packet cache")

    @classmethod
    def missing(cls, site):
        reason = super().missing(site)
        if reason or servers.shutil.which("cdb"):
            return reason
        return "no cdb: bench/install-peers installs the package tinycdb"

    @classmethod
    def version(cls, site):
        return servers.first_line(["dnsdist", "--version"],
                                  re.compile(r"dnsdist (\d[\d.]+)"))

    def write_records(self, names):
        """cdb's own input: +length of key, of value:key->value."""
        with open(self.path("records"), "ab") as out:
            for name in names:
                key = b"".join(bytes([len(x)]) + x.encode()
                               for x in name.split(".")) + b"\0"
                out.write(b"+%d,1:%b->1\n" % (len(key), key))

    def compile(self):
        """What is there is replaced by rename."""
        with open(self.path("records"), "rb") as records, \
                open(self.path("input"), "wb") as text:
            servers.shutil.copyfileobj(records, text)
            text.write(b"\n")
        with open(self.path("input"), "rb") as records:
            process.run(["cdb", "-c", "-t", self.path("cdb.new"),
                         self.path("cdb.made")], self.site.limit_s,
                        stdin=records)
        os.replace(self.path("cdb.made"), self.path("cdb"))

    def prepare(self):
        self.behind = Unbound(self.site, self.names, self.key + "-unbound")
        self.behind.prepare()
        self.write_records(self.names)
        began = time.monotonic()
        self.compile()
        took_s = time.monotonic() - began
        servers.write(self.path("dnsdist.conf"), """
setSecurityPollSuffix("")
setLocal("127.0.0.1:%d")
setACL({"127.0.0.0/8"})
newServer({address="127.0.0.1:%d"}):setUp()
getPool(""):setCache(newPacketCache(200000))
list = newCDBKVStore("%s", 1)
addAction(KeyValueStoreLookupRule(list, KeyValueLookupKeySuffix(0, true)),
  RCodeAction(DNSRCode.NXDOMAIN))
""" % (self.port, self.behind.port, self.path("cdb")))
        return took_s

    def commands(self):
        return self.behind.commands() + [
            ["dnsdist", "--supervised", "--disable-syslog", "-C",
             self.path("dnsdist.conf")]]

    def add(self, name, way):
        self.write_records([name])
        self.compile()


ALL = (Bind, Recursor, Kresd, Dnsdist)
