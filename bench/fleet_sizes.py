#!/usr/bin/env python3
"""How fast lists change, and how long a delta or a whole feed is.

  bench/fleet_sizes.py FOLDER... [--names FILE]

Each FOLDER holds successive versions of one list (hosts or RPZ text), the day
and the time in their names: *YYYY-MM-DDThhmm*.  FILE has one name a line.
Printed: changes a day, names touched for each change (less than 1: the same
name came and went), and what N lines of a delta are, compressed by `zstd -19`
(the mean of seven drawings).  bench/fleet.py has its sizes from here.

A line is what weir-feed(5) will have: "+name scope category confidence
valid-until action", or "-name"; the first line is the header.
"""
import argparse
import datetime
import glob
import os
import random
import re
import subprocess

HEADER = "weir-delta 1 malware.example 1 86340 86460\n"
ADDED = "+%s both malware 90 1767225600 block\n"


def compressed(lines):
    text = (HEADER + "".join(sorted(lines))).encode()
    done = subprocess.run(["zstd", "-q", "-19", "-c"], input=text,
                          stdout=subprocess.PIPE, check=True)
    return len(done.stdout)


def names_of(path):
    names = set()
    with open(path, encoding="utf-8", errors="replace") as text:
        for line in text:
            words = line.split()
            if len(words) == 2 and words[0] == "0.0.0.0":
                names.add(words[1])
            elif len(words) == 3 and words[1] == "CNAME":
                names.add(words[0])
    return names


def draw(lines, count):
    drawn = [compressed(random.sample(lines, count)) for _ in range(7)]
    return sum(drawn) / len(drawn)


def table(lines):
    for count in (1, 10, 60, 120, 1000, 10000, 100000, len(lines)):
        if count <= len(lines):
            size = draw(lines, count) if count <= 10000 else compressed(
                random.sample(lines, count))
            print("  %8d lines %9.0f bytes, %6.2f a line" %
                  (count, size, size / count))


def history(folder):
    paths = sorted(glob.glob(os.path.join(folder, "*-*T*")))
    versions = [names_of(path) for path in paths]
    times = [datetime.datetime.strptime(
        re.search(r"\d{4}-\d\d-\d\dT\d{4}", path).group(), "%Y-%m-%dT%H%M")
             for path in paths]
    days = (times[-1] - times[0]).total_seconds() / 86400
    changes, touched = 0, set()
    for old, new in zip(versions, versions[1:]):
        changes += len(old ^ new)
        touched |= old ^ new
    mean = sum(map(len, versions)) / len(versions)
    print("%s: %d versions in %.1f days, %.0f names, %.0f changes a day "
          "(%.2f %%), %.2f names touched for each" %
          (os.path.basename(folder), len(versions), days, mean,
           changes / days, 100 * changes / days / mean,
           len(touched) / changes))
    table([ADDED % x if x in versions[-1] else "-%s\n" % x
           for x in sorted(touched)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    parser.add_argument("--names")
    args = parser.parse_args()
    random.seed(1)
    for folder in args.folders:
        history(folder.rstrip("/"))
    if args.names:
        with open(args.names, encoding="utf-8") as names:
            lines = [ADDED % x.strip() for x in names]
        print("%s: %d names" % (os.path.basename(args.names), len(lines)))
        table(lines)


if __name__ == "__main__":
    main()
