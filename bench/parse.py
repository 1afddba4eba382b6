#!/usr/bin/env python3
"""parse.py - how fast lists are read, by format, beside grep -c.

usage: bench/parse.py [--build FOLDER] [--sizes MB,MB] [FORMAT...]

Files of made-up names are written in each format that this weir reads, of each
size.  bench/parse reads them with one thread, and `grep -c .` counts the lines of
the same file, in turns.  Figures are processor time: millions of octets (MB) a
second, and the most memory that the process had.  Nothing is held of what was
read, so that memory should not hang on the size of the file.
"""
import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import names  # noqa: E402

# What stands before the names, one name, and what stands behind.
FORMATS = {
    "domains": ("", "%s\n", ""),
    "hosts": ("", "0.0.0.0 %s\n", ""),
    "adblock": ("[Adblock Plus]\n", "||%s^\n", ""),
    "dnsmasq": ("", "address=/%s/\n", ""),
    "unbound": ("server:\n", "local-zone: \"%s.\" always_nxdomain\n", ""),
    "bind": ("", "zone \"%s\" { type master; file \"/etc/bind/null\"; };\n",
             ""),
    "tpl": ("msFilterList\n: Expires=1\n#\n", "-d %s\n", ""),
    "rpz": ("$TTL 60\n@ IN SOA localhost. root.localhost. 1 60 60 60 60\n"
            "  IN NS localhost.\n", "%s CNAME .\n", ""),
    "csv": ("domain,type,first_seen\n", "%s,domain,2026-01-02 03:04:05\n", ""),
    "json": ("[", "\"%s\",\n", "\"last.example\"]\n"),
    "stix": ("{\"type\":\"bundle\",\"objects\":[",
             "{\"type\":\"indicator\",\"pattern\":"
             "\"[domain-name:value = '%s']\",\"pattern_type\":\"stix\","
             "\"valid_from\":\"2026-01-02T03:04:05Z\"},\n",
             "{\"type\":\"identity\"}]}\n"),
    "misp": ("{\"Event\":{\"info\":\"x\",\"Attribute\":[",
             "{\"type\":\"domain\",\"to_ids\":true,\"value\":\"%s\"},\n",
             "{\"type\":\"comment\",\"to_ids\":false,\"value\":\"x\"}]}}\n"),
}


def write(path, form, size):
    """About `size` octets in that format."""
    head, line, tail = form
    with open(path, "w", encoding="ascii") as out:
        out.write(head)
        begin = 0
        while out.tell() < size:
            out.writelines(line % name
                           for name in names.made_up(20000, begin))
            begin += 20000
        out.write(tail)


def known(program):
    """The formats that bench/parse reads."""
    said = subprocess.run([program], stderr=subprocess.PIPE, text=True,
                          check=False).stderr
    return said.split("formats:")[1].replace(",", " ").split()


def lines(path):
    """Those of a file, one at a time, without their ends."""
    with open(path, encoding="ascii") as stream:
        for line in stream:
            yield line.rstrip("\n")


def grep(path):
    """MB/s of `grep -c .`, by its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Not to /dev/null: GNU grep then stops at the first match.
    subprocess.run(["grep", "-c", ".", path], stdout=subprocess.PIPE,
                   env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = (after.ru_utime - before.ru_utime + after.ru_stime -
            before.ru_stime)
    return os.path.getsize(path) / 1e6 / max(took, 1e-4)


def measure(program, path, name, turns):
    """MB/s, MB/s of grep, MB of memory: medians of some turns."""
    speeds, greps, memories = [], [], []
    for _ in range(turns):
        text = subprocess.run([program, path, name], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        speeds.append(float(re.search(r"^parse +([\d.]+) MB/s", text,
                                      re.M).group(1)))
        memories.append(float(re.search(r"^memory +([\d.]+)", text,
                                        re.M).group(1)))
        greps.append(grep(path))
    return [sorted(x)[len(x) // 2] for x in (speeds, greps, memories)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default=".")
    parser.add_argument("--sizes", default="10,100")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    args = parser.parse_args()
    program = os.path.join(args.build, "bench", "parse")
    wanted = args.formats or [x for x in FORMATS if x in known(program)]
    print("%-10s %6s %9s %9s %8s %10s" % ("format", "MB", "MB/s", "grep -c",
                                          "times", "memory, MB"))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "list")
        for name in wanted:
            for size in args.sizes.split(","):
                write(path, FORMATS[name], float(size) * 1e6)
                speed, yard, memory = measure(program, path, name, args.turns)
                print("%-10s %6.0f %9.0f %9.0f %8.1f %10.1f" % (
                    name, os.path.getsize(path) / 1e6, speed, yard,
                    yard / speed, memory), flush=True)


if __name__ == "__main__":
    main()
