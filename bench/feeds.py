"""feeds.py - the parts of a signed feed's way: weir-feed, nginx, weir-sync, and
two Unbounds that one database protects.  For publish.py.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import time

import load
import names as naming
import process
import servers
import unbounds

FEED = "bench"
PASSPHRASE = "a passphrase for a benchmark"


def make_certificate(folder):
    """A private CA and a certificate for localhost: ca.pem, web.pem, web.key."""
    def openssl(*words):
        process.run(["openssl"] + list(words), 60)

    def path(name):
        return os.path.join(folder, name)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=bench CA", "-keyout", path("ca.key"), "-out", path("ca.pem"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=localhost", "-keyout", path("web.key"),
            "-out", path("web.csr"))
    servers.write(path("web.ext"), "subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", path("web.csr"), "-CA", path("ca.pem"),
            "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2",
            "-extfile", path("web.ext"), "-out", path("web.pem"))


class Web:
    """nginx, with TLS, over the published files."""

    def __init__(self, site, root):
        self.folder = site.folder("nginx")
        self.port = load.free_port()
        make_certificate(self.folder)
        self.ca = os.path.join(self.folder, "ca.pem")
        self.log = os.path.join(self.folder, "access.log")
        self.conf = servers.write(
            os.path.join(self.folder, "nginx.conf"), """daemon off;
user %s;
worker_processes 1;
pid %s/pid;
error_log %s/error.log;
events { worker_connections 512; }
http {
  client_body_temp_path %s/body;
  proxy_temp_path %s/proxy;
  fastcgi_temp_path %s/fastcgi;
  uwsgi_temp_path %s/uwsgi;
  scgi_temp_path %s/scgi;
  log_format bytes '$status $bytes_sent $uri';
  access_log %s bytes;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:%d ssl;
    server_name localhost;
    ssl_certificate %s/web.pem;
    ssl_certificate_key %s/web.key;
    root %s;
    location = /metadata/timestamp.json { add_header Cache-Control no-store; }
  }
}
""" % ((user_name(),) + (self.folder,) * 7 + (self.log, self.port) +
       (self.folder,) * 2 + (root,)))
        self.process = None

    def start(self):
        self.process = process.Process(
            ["nginx", "-c", self.conf, "-p", self.folder],
            os.path.join(self.folder, "log"), self.folder)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise process.Failed("nginx: " + self.process.last_words())

    def url(self):
        return "https://localhost:%d/" % self.port

    def moved(self):
        """Requests and octets so far, by the kind of file."""
        found = {}
        with open(self.log, encoding="ascii") as log:
            for line in log:
                _, octets, uri = line.split(" ", 2)
                kind = uri.strip().rsplit("/", 1)[-1].split(".")[-1 if
                       "/targets/" in uri else -2]
                count, total = found.get(kind, (0, 0))
                found[kind] = (count + 1, total + int(octets))
        return found


def user_name():
    import pwd
    return pwd.getpwuid(os.getuid()).pw_name


class Publisher:
    """weir-feed, and the folder that it publishes."""

    def __init__(self, site):
        self.tool = os.path.join(site.build, "weir-feed")
        self.folder = os.path.join(site.folder("publisher"), "feed")
        self.passphrase = servers.write(
            os.path.join(os.path.dirname(self.folder), "passphrase"),
            PASSPHRASE + "\n")
        self.notify = []
        self.env = None  # for faketime

    def run(self, *words, limit_s=600):
        done = subprocess.run(
            [self.tool, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.env,
            encoding="utf-8", timeout=limit_s, check=False)
        if done.returncode != 0:
            raise process.Failed("weir-feed %s: exit code %d: %s" % (
                words[0], done.returncode, done.stdout[-500:]))
        return done.stdout

    def init(self):
        text = self.run("init", self.folder, "--feed", FEED,
                        "--passphrase-file", self.passphrase)
        self.root_sha256 = re.search(r"\b[0-9a-f]{64}\b", text).group(0)

    def publish(self, *words):
        argv = ["publish", self.folder]
        for one in self.notify:
            argv += ["--notify", one]
        return self.run(*argv, *words)

    def root(self):
        return os.path.join(self.folder, "public")


class Protected(unbounds.Unbound):
    """An Unbound that reads the database of the world's weir.yaml."""

    blocks = False  # what it blocks comes with the feed
    modules = "dynlib iterator"

    def __init__(self, site, key, yaml):
        self.key = self.title = key
        self.yaml = yaml
        super().__init__(site, None)

    def list_lines(self):
        return 'dynlib:\n  dynlib-file: "%s"\n  dynlib-file: "%s"\n' % (
            os.path.join(self.site.build, ".libs", "weir.so"), self.yaml)


class Sync:
    """weir-sync, with its configuration and its database."""

    def __init__(self, site, publisher, web, poll=None, limits=""):
        self.site = site
        self.folder = site.folder("resolver")
        self.port = load.free_port()
        self.yaml = servers.write(
            os.path.join(self.folder, "weir.yaml"), """database: db
status: status
%ssync:
  state: sync
  ca-file: "%s"
  notify-listen: "127.0.0.1:%d"
feeds:
  - name: %s
    signed: "%s"
    root-sha256: "%s"
%s""" % (limits, web.ca, self.port, FEED, web.url(), publisher.root_sha256,
         "    poll: %s\n" % poll if poll else ""))
        for name in ("db", "status", "sync"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        self.process = None
        self.aside = {}

    def argv(self, *words):
        return [os.path.join(self.site.build, "weir-sync"), "-c", self.yaml,
                *words]

    def once(self, limit_s=900, shift_s=0):
        """One cycle; by a clock that is that much ahead."""
        argv = self.argv("once")
        if shift_s:
            argv = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f",
                    "+%ds" % shift_s] + argv
        return process.run(argv, limit_s)

    def start(self):
        os.environ["PATH"] = self.site.build + ":" + os.environ["PATH"]
        self.process = process.Process(
            self.argv(), os.path.join(self.folder, "sync.log"), self.folder)

    def stop(self):
        self.process.stop()

    def status(self):
        text = process.run(self.argv("--json", "status"), 60)
        return json.loads(text)

    def notify_address(self):
        return "127.0.0.1:%d" % self.port

    def cpu_s(self):
        """Of the processes of weir-sync, of all loaders that they waited for,
        and of compactions, which are nobody's children: as far as they were
        seen by look()."""
        return (sum(cpu_of(pid, 4) for pid in family(self.process.pid)) +
                sum(self.aside.values()))

    def look(self):
        """What compactions have taken; to be called a few times a second."""
        ours = set(family(self.process.pid))
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) in ours:
                continue
            try:
                with open("/proc/%s/cmdline" % name, "rb") as cmdline:
                    if self.yaml.encode() not in cmdline.read().split(b"\0"):
                        continue
                with open("/proc/%s/comm" % name, encoding="ascii") as comm:
                    if comm.read().strip() == "weir-load":
                        self.aside[name] = cpu_of(int(name), 2)
            except OSError:
                continue

    def private_kb(self):
        total = 0
        for pid in family(self.process.pid):
            try:
                with open("/proc/%d/smaps_rollup" % pid,
                          encoding="ascii") as maps:
                    total += sum(int(line.split()[1]) for line in maps
                                 if line.startswith("Anonymous:"))
            except OSError:
                continue
        return total


def cpu_of(pid, count):
    """Seconds of a process: user, system; with count 4 of its children too."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (sum(int(x) for x in words[11:11 + count]) /
            os.sysconf("SC_CLK_TCK"))


def family(pid):
    """The process and all below it."""
    found, at = [pid], 0
    while at < len(found):
        try:
            folder = "/proc/%d/task" % found[at]
            for task in os.listdir(folder):
                with open("%s/%s/children" % (folder, task),
                          encoding="ascii") as children:
                    found += [int(x) for x in children.read().split()]
        except OSError:
            pass
        at += 1
    return found


def missing(site):
    """Why it cannot run here, or None."""
    for program in ("nginx", "openssl"):
        if not shutil.which(program):
            return "no %s" % program
    for tool in ("weir-feed", "weir-sync", "weir-load"):
        if not os.path.exists(os.path.join(site.build, tool)):
            return "no %s: make all" % tool
    return None


def write_list(path, count):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(name + "\n" for name in naming.made_up(count))
    return path
