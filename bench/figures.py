"""figures.py - what was measured: values of rounds in, medians out.

A figure belongs to a number of names, a set-up and a kind.  Its value is the
median of the rounds; its spread what the rounds differ by, as a part of it:
the middle half of them (four rounds and more) or all of them.  A spread over
NOISY is marked, one over WORTHLESS says that the figure is none, and so is a
time that was taken only once.

A ratio to Unbound without a list is made in each round, from two values that
were measured one after the other; then the median of the ratios is taken.
"""
import statistics

NOISY = 0.10
WORTHLESS = 0.50
BASE = "unbound"

# kind: what it is, its unit.
KINDS = {
    "prepare_s": ("compiled before the start", "s"),
    "start_ms": ("start to first answer", "ms"),
    "force_ms": ("start to list in force", "ms"),
    "rss_kb": ("resident memory", "KB"),
    "private_kb": ("private memory", "KB"),
    "peak_kb": ("most resident memory, changes included", "KB"),
    "allowed_us": ("CPU, allowed cached query", "us"),
    "blocked_us": ("CPU, blocked query", "us"),
    "miss_us": ("CPU, cache miss", "us"),
    "allowed_qps": ("allowed cached queries", "/s"),
    "blocked_qps": ("blocked queries", "/s"),
    "miss_qps": ("cache misses", "/s"),
    "change_ms": ("change: its command", "ms"),
    "fresh_ms": ("change to blocked", "ms"),
    "cached_ms": ("change to blocked, cached name", "ms"),
    "silence_ms": ("longest silence at a change", "ms"),
    "longest_ms": ("longest answer time at a change", "ms"),
    "lost": ("queries lost at a change", ""),
    "database_octets": ("database, of each name", "octets"),
}
RATIOS = ("allowed_us", "blocked_us", "miss_us", "allowed_qps", "miss_qps")


class Figures:
    def __init__(self):
        self.values = {}  # (size, setup, kind): {round: value}
        self.words = {}   # (size, setup, kind): why there is no value
        self.wrong = []   # answers that were not right

    def add(self, size, setup, kind, number, value):
        self.values.setdefault((size, setup, kind), {})[number] = value

    def say(self, size, setup, kind, word):
        """In place of a figure.  kind "*": of all of this set-up."""
        self.words[(size, setup, kind)] = word

    def mistake(self, size, setup, text):
        self.wrong.append({"names": size, "setup": setup, "problem": text})

    def get(self, size, setup, kind):
        values = self.values.get((size, setup, kind))
        if not values:
            return None
        got = summary(list(values.values()))
        # One round tells nothing about noise; memory does not need it to.
        got["unknown"] = len(values) == 1 and not kind.endswith(
            ("_kb", "_octets"))
        return got

    def ratio(self, size, setup, kind):
        mine = self.values.get((size, setup, kind), {})
        base = self.values.get((size, BASE, "allowed_us" if kind ==
                                "blocked_us" else kind), {})
        both = [mine[x] / base[x] for x in mine if base.get(x)]
        return summary(both) if both else None

    def word(self, size, setup, kind):
        return self.words.get((size, setup, kind)) or self.words.get(
            (size, setup, "*"))

    def rows(self):
        """Everything, for JSON."""
        rows = []
        for (size, setup, kind), values in sorted(self.values.items()):
            row = {"names": size, "setup": setup, "figure": kind}
            row.update(self.get(size, setup, kind))
            ratio = None
            if setup != BASE and kind in RATIOS:
                ratio = self.ratio(size, setup, kind)
            if ratio:
                row["ratio_to_unbound"] = ratio
            rows.append(row)
        for (size, setup, kind), word in sorted(self.words.items()):
            rows.append({"names": size, "setup": setup, "figure": kind,
                         "median": None, "why": word})
        return rows


def summary(values):
    median = statistics.median(values)
    if len(values) >= 4:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    else:
        low, high = min(values), max(values)
    spread = (high - low) / median if median > 0 else 0.0
    return {"median": median, "low": low, "high": high,
            "spread": round(spread, 3), "rounds": len(values),
            "noisy": len(values) > 1 and spread > NOISY,
            "worthless": len(values) > 1 and spread > WORTHLESS,
            "values": values}
