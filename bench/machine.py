"""machine.py - on what it was measured."""
import os
import platform
import re
import subprocess


def field(path, pattern):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            found = re.search(pattern, text.read(), re.M)
    except OSError:
        return "unknown"
    return found.group(1).strip() if found else "unknown"


def first_line(argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.DEVNULL, encoding="utf-8")
    except OSError:
        return "unknown"
    return done.stdout.strip().split("\n")[0] or "unknown"


def describe(work, top):
    memory_kb = int(field("/proc/meminfo", r"^MemTotal:\s*(\d+)"))
    return {
        "processor": field("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "cores": os.cpu_count(),
        "memory_gb": round(memory_kb / 1e6, 1),
        "kernel": platform.release(),
        "system": field("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "compiler": first_line(["cc", "--version"]),
        "python": platform.python_version(),
        "governor": field("/sys/devices/system/cpu/cpu0/cpufreq/"
                          "scaling_governor", r"(.*)"),
        "work_filesystem": first_line(
            ["findmnt", "-n", "-o", "FSTYPE", "-T", work]),
        "load_average_before": os.getloadavg()[0],
        "commit": first_line(["git", "-C", top, "describe", "--always",
                              "--dirty"]),
    }


def versions(site, classes):
    found = {one.key: one.version(site) for one in classes
             if one.missing(site) is None}
    found["dnsperf"] = field_of(["dnsperf", "-h"], r"Version (\S+)")
    return found


def field_of(argv, pattern):
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, encoding="utf-8")
    found = re.search(pattern, done.stdout)
    return found.group(1) if found else "unknown"
