#!/usr/bin/env python3
"""Prints made-up domain names, one on a line: a list as large as is wanted.

    bench/made_up_names.py 10000000 >names.txt

The same number gives the same names, in no order.  They are like those of
large lists: 22 octets on average, two labels mostly, many top-level domains of
very different size, words and generated names, hosts below a few providers.
They are for the loader alone; nobody may be asked for them.
"""
import random
import sys

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u")]
WORDS = ["login", "secure", "mail", "update", "bank", "shop", "cloud", "web",
         "account", "my", "best", "free", "news", "media", "track", "ads"]


def made_up(count):
    rng = random.Random(count)
    tops = ["com"] * 40 + ["net", "org", "xyz", "info"] * 5
    tops += ["".join(rng.choices(LETTERS, k=rng.choice((2, 2, 3, 4, 6))))
             for _ in range(400)]
    hosts = ["".join(rng.choices(SYLLABLES, k=4)) for _ in range(200)]
    for number in range(count):
        kind = rng.random()
        if kind < 0.5:
            label = rng.choice(WORDS) + "".join(rng.choices(SYLLABLES, k=3))
        elif kind < 0.7:
            label = "".join(rng.choices(SYLLABLES, k=2)) + "-" + rng.choice(WORDS)
        else:
            label = "".join(rng.choices(LETTERS + "0123456789", k=rng.randint(6, 16)))
        # The number makes them differ; its digits are spread.
        label += format(number * 2654435761 % (1 << 32), "x")[-rng.randint(3, 8):]
        if kind > 0.9:
            label += "." + rng.choice(hosts)
        elif kind > 0.8:
            label = rng.choice(("www", "cdn", "m", "api")) + "." + label
        yield label + "." + rng.choice(tops)


def main():
    count = int(sys.argv[1])
    lines = []
    for name in made_up(count):
        lines.append(name)
        if len(lines) == 65536:
            print("\n".join(lines))
            lines = []
    if lines:
        print("\n".join(lines))


main()
