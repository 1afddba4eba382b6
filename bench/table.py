"""table.py - the figures as text."""
from figures import KINDS, NOISY, WORTHLESS

MB = 1024 / 1e6

COLUMNS = (
    # heading, kind, factor, format
    ("compile s", "prepare_s", 1, "%.2f"),
    ("start s", "force_ms", 1e-3, "%.2f"),
    ("RSS MB", "rss_kb", MB, "%.0f"),
    ("private MB", "private_kb", MB, "%.1f"),
    ("peak MB", "peak_kb", MB, "%.0f"),
    ("allowed us", "allowed_us", 1, "%.2f"),
    ("blocked us", "blocked_us", 1, "%.2f"),
    ("miss us", "miss_us", 1, "%.1f"),
    ("allowed/s", "allowed_qps", 1, "%.0f"),
    ("blocked/s", "blocked_qps", 1, "%.0f"),
    ("miss/s", "miss_qps", 1, "%.0f"),
)
CHANGE_COLUMNS = (
    ("command ms", "change_ms", 1, "%.1f"),
    ("blocked ms", "fresh_ms", 1, "%.1f"),
    ("cached ms", "cached_ms", 1, "%.1f"),
    ("silence ms", "silence_ms", 1, "%.1f"),
    ("longest ms", "longest_ms", 1, "%.1f"),
    ("lost", "lost", 1, "%.0f"),
)
RATIO_COLUMNS = (("allowed", "allowed_us"), ("blocked", "blocked_us"),
                 ("miss", "miss_us"), ("allowed/s", "allowed_qps"),
                 ("miss/s", "miss_qps"))
HELP = """compile: before the start, once for each list.
start: from the start of the process until a listed name is blocked.
private: anonymous memory; pages of files that are mapped can be dropped.
us: processor time of the resolver's processes for each query.
ratio: to Unbound without a list in the same round; blocked: to its allowed.
change: one name more. command: until the resolver's tool is back; blocked: from
  the change of the file until a name below it is refused; cached: until the
  name itself is, which was in the cache; silence: the longest time between two
  answers, %d queries a second being asked; lost: no answer in five seconds.
with, beside, without: many swaps or compactions; the same work of weir-load for
  a database that nobody reads; neither.
~ the rounds differ by over %d %%: noisy.  ! by over %d %%: worthless.  ? it was
  done once, as it takes long: noise is not known."""


def cell(got, factor, form, word=None):
    if got is None:
        return word or "-"
    mark = "!" if got["worthless"] else "~" if got["noisy"] else ""
    mark = "?" if got.get("unknown") else mark
    return mark + form % (got["median"] * factor)


def grid(heads, rows):
    """Columns as wide as they must be; the first to the left."""
    widths = [max(len(row[i]) for row in [heads] + rows)
              for i in range(len(heads))]
    lines = []
    for row in [heads] + rows:
        cells = [row[0].ljust(widths[0])]
        cells += [x.rjust(w) for x, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * len(lines[0]))
    return lines


def of_size(result, size):
    figures, titles = result.figures, result.titles
    setups = [x for x in titles if (size, x, "*") in figures.words or
              figures.get(size, x, "force_ms")]
    lines = ["", "%s names" % format(size, ","), ""]
    lines += grid(["set-up"] + [x[0] for x in COLUMNS], [
        [titles[x]] + [cell(figures.get(size, x, kind), factor, form)
                       for _, kind, factor, form in COLUMNS]
        for x in setups])
    lines += ["", "ratio to Unbound without a list", ""]
    lines += grid(["set-up"] + [x[0] for x in RATIO_COLUMNS], [
        [titles[x]] + [cell(figures.ratio(size, x, kind), 1, "%.3f")
                       for _, kind in RATIO_COLUMNS]
        for x in setups if x != "unbound"])
    changes = sorted({x for (n, x, kind) in figures.values if n == size and
                      kind == "silence_ms"}, key=list_key(titles))
    lines += ["", "a change", ""]
    lines += grid(["set-up, and how"] + [x[0] for x in CHANGE_COLUMNS], [
        [change_title(result, x)] +
        [cell(figures.get(size, x, kind), factor, form,
              figures.word(size, x, kind))
         for _, kind, factor, form in CHANGE_COLUMNS] for x in changes])
    for setup in titles:
        word = figures.words.get((size, setup, "*"))
        if word:
            lines.append("%s: %s" % (titles[setup], word))
    return lines


def growth(result):
    """From size to size, and of private memory what each name takes."""
    figures, sizes = result.figures, result.sizes
    rows = []
    for setup, title in result.titles.items():
        got = [(size, figures.get(size, setup, "private_kb"))
               for size in sizes]
        got = [(size, kb["median"]) for size, kb in got if kb]
        if len(got) < 2:
            continue
        octets = (got[-1][1] - got[0][1]) * 1024 / (got[-1][0] - got[0][0])
        rows.append([title] + [
            cell(figures.get(size, setup, kind), factor, form)
            for kind, factor, form in (("force_ms", 1e-3, "%.2f"),
                                       ("private_kb", MB, "%.1f"),
                                       ("fresh_ms", 1, "%.1f"))
            for size in sizes] + ["%.1f" % octets])
    if not rows:
        return []
    short = ["%gM" % (x / 1e6) for x in sizes]
    heads = ["set-up"] + ["%s %s" % (what, size) for what in (
        "start s", "private MB", "change ms") for size in short]
    return ["", "growth; the last column: octets of private memory for each "
            "name", ""] + grid(heads + ["octets"], rows)


def list_key(titles):
    order = list(titles)
    return lambda x: (order.index(x.split(",")[0]), x)


def change_title(result, setup):
    key, _, way = setup.partition(", ")
    way = way or result.ways.get(key) or "no change"
    return "%s: %s" % (result.titles[key], way)


ALONE = {"longest_ms": "longest answer time", "lost": "queries lost",
         "change_ms": "each of them"}


def unit(kind):
    return ", " + KINDS[kind][1] if KINDS[kind][1] else ""


def specials(result):
    figures = result.figures
    lines = []
    names = {"sweep_messages": ("messages in the cache", "%.0f"),
             "sweep_ms": ("sweep after a swap, ms", "%.1f"),
             "sweep_hold_us": ("longest hold of a table, us", "%.0f"),
             "sweep_bins_us": ("longest hold of some messages, us", "%.0f")}
    for size in result.sizes:
        rows = [["%s, %s%s" % (setup, ALONE[kind], unit(kind)),
                 cell(figures.get(size, setup, kind), 1, "%.1f")]
                for (n, setup, kind) in sorted(figures.values)
                if n == size and setup.split(" ")[0] in
                ("with", "beside", "without") and kind in ALONE]
        rows += [["sweep: " + text, cell(
            figures.get(size, "sweep", kind), 1, form)]
                 for kind, (text, form) in names.items()
                 if figures.get(size, "sweep", kind)]
        rows += [[kind + ", ns", cell(figures.get(size, "micro", kind), 1,
                                      "%.0f")]
                 for (n, setup, kind) in figures.values
                 if n == size and setup == "micro"]
        octets = figures.get(size, "weir", "database_octets")
        if octets:
            rows.append(["database, octets of each name",
                         cell(octets, 1, "%.1f")])
        if rows:
            lines += ["", "weir alone, %s names" % format(size, ","), ""]
            lines += grid(["what", "median"], rows)
    return lines


def noise(result):
    rows = [x for x in result.figures.rows() if "spread" in x]
    noisy = [x for x in rows if x["noisy"]]
    worthless = [x for x in rows if x["worthless"]]
    if not noisy:
        return ["No figure is noisy."]
    text = ["NOISE: %d of %d figures differ by more than %d %% between the "
            "rounds, %d by more than %d %%." % (
                len(noisy), len(rows), NOISY * 100, len(worthless),
                WORTHLESS * 100)]
    cpu = [x for x in noisy if x["figure"].endswith("_us")]
    if cpu:
        text.append("Processor times are among them: measure on a machine "
                    "that does nothing else.")
    return text


def render(result):
    lines = ["weir and its peers: what a block list costs", ""]
    lines += ["%-22s %s" % x for x in result.machine.items()]
    lines += ["%-22s %s" % (result.titles.get(key, key), version)
              for key, version in result.versions.items()]
    for size in result.sizes:
        lines += of_size(result, size)
    lines += growth(result)
    lines += specials(result)
    lines += ["", HELP % (result.rate, NOISY * 100, WORTHLESS * 100), ""]
    lines += ["%s: %s" % (result.titles[x], text)
              for x, text in result.notes.items() if text]
    lines += ["left out: %s: %s" % (result.titles[x], why)
              for x, why in result.skipped.items()]
    lines += noise(result)
    wrong = result.figures.wrong
    lines.append("WRONG: %d answers or more were not right:" % len(wrong)
                 if wrong else "Every answer that was checked was right.")
    lines += ["  %s, %d names: %s" % (x["setup"], x["names"], x["problem"])
              for x in wrong[:20]]
    return "\n".join(lines) + "\n"
