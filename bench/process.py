"""process.py - programs that were started here: their CPU time, their memory.

Only processes in `running` are ever ended, each by its number.
"""
import os
import subprocess
import time

running = []
began = time.monotonic()


def say(text):
    """What goes on, and since when the run has."""
    print("%5.0f s  %s" % (time.monotonic() - began, text), flush=True)


class OverLimit(Exception):
    """It takes more time or memory than this run gives to one resolver."""


class Failed(Exception):
    """A program does not do what it must; the text says which and why."""


class Process:
    """A resolver's process; what it prints goes to a log."""

    def __init__(self, argv, log, folder):
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=folder)
        self.pid = self.popen.pid
        self.log = log
        running.append(self)
        try:
            # If memory is out after all, this one goes and no other.
            self.write("oom_score_adj", "1000")
        except OSError:
            pass

    def write(self, name, text):
        with open("/proc/%d/%s" % (self.pid, name), "w",
                  encoding="ascii") as out:
            out.write(text)

    def is_alive(self):
        return self.popen.poll() is None

    def cpu_s(self):
        """User and system time of all threads, exact to the nanosecond."""
        total = 0
        folder = "/proc/%d/task" % self.pid
        for task in os.listdir(folder):
            try:
                with open("%s/%s/schedstat" % (folder, task),
                          encoding="ascii") as stat:
                    total += int(stat.read().split()[0])
            except OSError:
                continue  # a thread that has ended meanwhile
        return total / 1e9

    def rss_kb(self):
        """Resident memory, and the most that it ever was."""
        found = {}
        try:
            with open("/proc/%d/status" % self.pid,
                      encoding="ascii", errors="replace") as status:
                for line in status:
                    word, _, rest = line.partition(":")
                    if word in ("VmRSS", "VmHWM"):
                        found[word] = int(rest.split()[0])
        except OSError:
            pass
        return found.get("VmRSS", 0), found.get("VmHWM", 0)

    def private_kb(self):
        """Memory of its own, that no file stands behind."""
        total = 0
        with open("/proc/%d/smaps" % self.pid,
                  encoding="ascii", errors="replace") as maps:
            for line in maps:
                if line.startswith("Anonymous:"):
                    total += int(line.split()[1])
        return total

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return " | ".join(log.read().splitlines()[-3:])

    def stop(self):
        if self.is_alive():
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        if self in running:
            running.remove(self)


def stop_all():
    for process in list(running):
        process.stop()


def run(argv, limit_s, guard=None, stdin=None):
    """Runs a command to its end; its output.  guard() is called now and then
    and may raise."""
    with subprocess.Popen(argv, stdin=stdin or subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace") as popen:
        end = time.monotonic() + limit_s
        try:
            while True:
                try:
                    text, _ = popen.communicate(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    if guard:
                        guard()
                    if time.monotonic() > end:
                        raise OverLimit("more than %d s" % limit_s) from None
        except BaseException:
            popen.kill()
            raise
    if popen.returncode != 0:
        raise Failed("%s: exit code %d: %s" % (
            " ".join(argv), popen.returncode, text.strip()[-500:]))
    return text


def free_memory_kb():
    with open("/proc/meminfo", encoding="ascii") as info:
        for line in info:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1])
    return 0
