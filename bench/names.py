"""names.py - the names that are blocked, and those that are asked for.

made_up(count) yields the same names each time: the first 100,000 of ten
million are those of a list of 100,000.  Their shapes follow what lists of
malicious domains have: words with a random tail, random domains, hosts below a
domain of their own, hosts below a shared domain.  No name lies below another.
`python3 bench/names.py 1000000` prints them.
"""
import random
import re

WORLD = "bench.example"  # allowed: exists, and no list has it
ADDRESS = "192.0.2.1"    # what every name of the world leads to
NAME_MAX = 200           # RPZ puts a name of its own behind each

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TRIPLES = [x + y + z for x in DIGITS for y in DIGITS for z in DIGITS]
WORDS = """account active alert app auth bank bill card center check claim
client cloud confirm connect crypto customer data delivery desk direct doc
download drive express file fix free gift global help host info invoice key
lab link live login mail market media mobile my net news now office online
order parcel pay portal post prime pro promo recover refund remote review
safe secure security server service shop sign site space support sync team
track update verify video vip wallet web win work world zone""".split()
TLDS = """com com com com com com net net org info xyz top ru cn de online
site club shop live icu tk ml ga cf br in co.uk com.br eu pl fr biz cc pw
space website store fun work link""".split()
HOSTS = """www mail login cdn api static update m app secure dl img ns1 shop
web panel""".split()
SHARED = ["%s%s.%s" % (WORDS[i % len(WORDS)], WORDS[i * 7 % len(WORDS)],
                       ("com", "net", "app", "dev", "io")[i % 5])
          for i in range(200)]
PRIME = 2147483629
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def made_up(count, begin=0):
    """That many different names; `begin` skips as many of them."""
    words, tlds, hosts = len(WORDS), len(TLDS), len(HOSTS)
    for i in range(begin, begin + count):
        # A different number for each i, so the tail alone makes it unique.
        tail = (i + 1) * 1103515245 % PRIME
        token = TRIPLES[tail // 46656 % 46656] + TRIPLES[tail % 46656]
        mix = tail * 2654435761 >> 7
        tld = TLDS[mix % tlds]
        kind = mix // 64 % 20
        word = WORDS[mix // 1280 % words]
        if kind < 8:
            other = WORDS[mix // 163840 % words]
            yield "%s-%s%s.%s" % (word, other, token, tld)
        elif kind < 13:
            more = TRIPLES[mix // 1280 % 46656]
            yield "%s%s%s.%s" % (more, token, word[:mix % 5], tld)
        elif kind < 17:
            host = HOSTS[mix // 163840 % hosts]
            yield "%s.%s%s.%s" % (host, word, token, tld)
        else:
            yield "%s%s.%s" % (word, token, SHARED[mix // 163840 % 200])


def is_plain(name):
    """What every resolver here takes in its own syntax."""
    labels = name.split(".")
    return (len(name) <= NAME_MAX and len(labels) > 1 and
            all(LABEL.match(label) for label in labels) and
            not labels[-1].isdigit() and not name.endswith(WORLD))


def from_file(path, count):
    """The first names of a list, one a line, without repeats."""
    seen = set()
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name = line.strip().lower().rstrip(".")
            if name in seen or not is_plain(name):
                continue
            seen.add(name)
            yield name
            if len(seen) == count:
                return


class Names:
    """A list on the disk, `path`, and a sample of it, `listed`."""

    def __init__(self, count, path, source, sample_count):
        self.count = 0
        self.path = path
        self.listed = []
        step = max(1, count // sample_count)
        made = from_file(source, count) if source else made_up(count)
        with open(path, "w", encoding="ascii") as out:
            for name in made:
                if (self.count % step == 0 and
                        len(self.listed) < sample_count):
                    self.listed.append(name)
                out.write(name + "\n")
                self.count += 1
        # Not in the order in which they lie in the list.
        random.Random(1).shuffle(self.listed)

    def unlisted(self, candidates):
        """Those of them that no name of the list blocks."""
        above = {x: [x.split(".", i)[i] for i in range(x.count(".") + 1)]
                 for x in candidates}
        wanted = {y for many in above.values() for y in many}
        found = {name for name in self if name in wanted}
        return [x for x in candidates if not found.intersection(above[x])]

    def __iter__(self):
        with open(self.path, encoding="ascii") as lines:
            for line in lines:
                yield line.rstrip("\n")


def allowed(count):
    """Names that exist and are not listed, to be cached."""
    return ["w%d.c%d.%s" % (i, i % 97, WORLD) for i in range(count)]


def fresh(tag, count):
    """Names of four labels that nobody asked for yet; another tag, others."""
    source = random.Random(tag)
    return ["r%s.%s.%s" % (format(source.getrandbits(48), "x"), tag, WORLD)
            for _ in range(count)]


if __name__ == "__main__":
    import sys
    for made in made_up(int(sys.argv[1])):
        print(made)
