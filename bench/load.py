"""load.py - the clients: single questions, dnsperf, bench/watch."""
import os
import re
import select
import signal
import socket
import subprocess
import time

import process
from names import ADDRESS

NOERROR, NXDOMAIN = 0, 3
LOST_S = 5  # a query without an answer by then is lost; so has bench/watch
IN_FLIGHT = 32


def free_port():
    """A port that nobody has, neither for UDP nor for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
                try:
                    other.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


def question(name, number):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return (number.to_bytes(2, "big") + b"\x01\0\0\1\0\0\0\0\0\0" + labels +
            b"\0\0\1\0\1")


class Prober:
    """Asks one name at a time."""

    def __init__(self, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.number = 0

    def ask(self, name, wait_s=2.0):
        """"blocked", "allowed" (with the address that the world has), another
        response code as text, or None if no answer came."""
        self.number = (self.number + 1) % 65536
        end = time.monotonic() + wait_s
        try:
            self.sock.send(question(name, self.number))
            while True:
                self.sock.settimeout(max(end - time.monotonic(), 0.0005))
                answer = self.sock.recv(4096)
                if int.from_bytes(answer[:2], "big") == self.number:
                    break
        except OSError:
            # A closed port says so at once.
            time.sleep(max(min(end - time.monotonic(), 0.001), 0))
            return None
        rcode = answer[3] & 15
        if rcode == NXDOMAIN:
            return "blocked"
        if rcode == NOERROR and socket.inet_aton(ADDRESS) in answer[12:]:
            return "allowed"
        return "rcode %d" % rcode

    def ask_again(self, name, tries=5):
        """A loaded machine loses a packet now and then."""
        for _ in range(tries):
            answer = self.ask(name)
            if answer:
                return answer
        return None

    def close(self):
        self.sock.close()


def write_queries(path, names):
    with open(path, "w", encoding="ascii") as out:
        out.writelines(name + " A\n" for name in names)
    return path


def dnsperf(port, path, seconds=None, once=False):
    """Asks what stands in the file, in turn for that many seconds, or once (at
    most as long).  A dictionary: completed, lost, rcodes, per_s."""
    argv = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", path,
            "-c", "4", "-T", "1", "-q", str(IN_FLIGHT), "-t", str(LOST_S)]
    argv += ["-l", "%g" % seconds] if seconds else []
    argv += ["-n", "1"] if once or not seconds else []
    text = process.run(argv, (seconds or 0) + 120)

    def field(name, pattern=r"(\d+)"):
        found = re.search(r"^\s*%s:\s*%s" % (re.escape(name), pattern), text,
                          re.M)
        if not found:
            raise process.Failed("dnsperf: no '%s' in: %s" % (name, text))
        return found.group(1)

    # Without the wait for the last answers.
    run_s = min(float(field("Run time (s)", r"([\d.]+)")), seconds or 1e9)
    rcodes = re.findall(r"([A-Z]+) (\d+) \(", field("Response codes", "(.*)"))
    return {"completed": int(field("Queries completed")),
            "lost": int(field("Queries lost")),
            "rcodes": {code: int(count) for code, count in rcodes},
            "per_s": int(field("Queries completed")) / run_s}


class Watch:
    """bench/watch beside a change."""

    def __init__(self, program, port, names_path, rate, blocked=None,
                 below=None):
        argv = [program, "-r", str(rate)]
        argv += ["-b", blocked] if blocked else []
        argv += ["-u", below] if below else []
        with open(names_path, "rb") as names:
            self.popen = subprocess.Popen(
                argv + [str(port)], stdin=names, stdout=subprocess.PIPE)
        self.blocked_s = {}
        self.text = b""

    def wait_blocked(self, kind, limit_s, guard):
        """Until the name of -b or -u is blocked, or False.  When that was
        stands in blocked_s, on the clock of time.monotonic."""
        end = time.monotonic() + limit_s
        while kind not in self.blocked_s and time.monotonic() < end:
            guard()
            self.read(0.2)
        return kind in self.blocked_s

    def read(self, wait_s):
        fd = self.popen.stdout.fileno()
        if not select.select([fd], [], [], wait_s)[0]:
            return True
        got = os.read(fd, 4096)
        self.text += got
        for kind, when in re.findall(rb"^blocked ([bu]) (\d+)$", self.text,
                                     re.M):
            self.blocked_s[kind.decode()] = int(when) / 1e6
        return bool(got)

    def finish(self):
        """Stops asking, waits for the last answers; what was seen."""
        self.popen.send_signal(signal.SIGTERM)
        while self.read(2 * LOST_S):
            if self.popen.poll() is not None and not self.read(0):
                break
        self.popen.wait()
        self.popen.stdout.close()
        found = re.findall(rb"^\{.*\}$", self.text, re.M)
        if not found:
            raise process.Failed("bench/watch has said nothing")
        return found[-1].decode()

    def drop(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
