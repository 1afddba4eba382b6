"""plot.py - the figures as one SVG, drawn by hand.

Six panels over the same rows, one row for each set-up.  A dot is a figure; the
dots of a row are the sizes of the list, the bigger the more names, and the
biggest list has its value written beside it.  A hollow dot is a noisy figure.
Colours follow the reader's light or dark theme.
"""
import math
from html import escape

ROW, HEAD, FOOT, GAP = 21, 46, 26, 30
LABELS, WIDTH, BETWEEN, EDGE = 186, 300, 34, 14
LABEL_ROOM = 66  # right of the last dot, for its value

STYLE = """
  svg { background: #ffffff }
  text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
    fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .head { font-weight: 600 }
  .soft { fill: #59636e; font-size: 11px }
  .value { paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .span { stroke: #818b98; stroke-width: 1.5 }
  .dot { fill: #818b98; stroke: #818b98; stroke-width: 1.5 }
  .weir { fill: #0969da } .weir.text, .weir.value { font-weight: 600 }
  .weir.dot, .weir.span { stroke: #0969da }
  .base { fill: #1f2328 } .base.dot, .base.span { stroke: #1f2328 }
  .noisy { fill: #ffffff !important }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text, .base { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .value { stroke: #0d1117 }
    .grid { stroke: #3d444d }
    .span { stroke: #9198a1 }
    .dot { fill: #9198a1; stroke: #9198a1 }
    .weir { fill: #4493f8 } .weir.dot, .weir.span { stroke: #4493f8 }
    .base.dot, .base.span { stroke: #f0f6fc; fill: #f0f6fc }
    .noisy { fill: #0d1117 !important }
  }
"""


def duration(ms):
    if ms < 1:
        return "%.0f us" % (ms * 1000)
    return "%.3g ms" % ms if ms < 999.5 else "%.3g s" % (ms / 1000)


def octets(kb):
    mb = kb * 1.024 / 1000
    return "%.3g MB" % mb if mb < 999.5 else "%.3g GB" % (mb / 1000)


def micro(us):
    return "%.3g us" % us


def times(ratio):
    return "%.2f" % ratio


PANELS = (
    # title, kind, as a ratio, logarithmic, how a value is written
    ("Start until the list is in force", "force_ms", False, True, duration),
    ("Private memory", "private_kb", False, True, octets),
    ("Processor time, allowed (times no list's)", "allowed_us", True, False,
     times),
    ("Processor time, blocked query", "blocked_us", False, False, micro),
    ("One name more: until it is blocked", "fresh_ms", False, True, duration),
    ("One name more: longest silence", "silence_ms", False, True, duration),
)


class Axis:
    """Values to places, between round ends."""

    def __init__(self, values, is_log, write):
        # Decades of what is written: memory comes in units of 1024 octets.
        self.unit = unit = 1.024 if write is octets else 1
        self.is_log = is_log
        self.write = write
        low, high = min(values), max(values)
        if is_log:
            low, high = max(low, 1e-6) * unit, high * unit
            self.low = math.floor(math.log10(low) + 1e-9)
            self.high = max(math.ceil(math.log10(high) - 1e-9), self.low + 1)
            step = 1 if self.high - self.low < 5 else 2
            self.ticks = [10.0 ** x / unit
                          for x in range(self.low, self.high + 1, step)]
        else:
            self.low = 0
            step = 10 ** math.floor(math.log10(high))
            while high / step < 3:
                step /= 2
            self.high = math.ceil(high / step) * step
            self.ticks = [i * step for i in range(round(self.high / step) + 1)]

    def place(self, value):
        if self.is_log:
            value = max(math.log10(value * self.unit), self.low)
        return (value - self.low) / (self.high - self.low)


def css(setup):
    return {"weir": " weir", "unbound": " base"}.get(setup, "")


def text(x, y, words, kind="", anchor="start"):
    return '<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>' % (
        x, y, kind, anchor, escape(words))


def figure(result, spec, size, setup):
    _, kind, is_ratio, _, _ = spec
    if is_ratio:
        return result.figures.ratio(size, setup, kind)
    return result.figures.get(size, setup, kind)


def row(result, spec, axis, setup, left, y):
    """The dots of one set-up in one panel."""
    dots, parts = [], []
    room = WIDTH - LABEL_ROOM
    for number, size in enumerate(result.sizes):
        got = figure(result, spec, size, setup)
        if got and got["median"] > 0:
            dots.append((left + axis.place(got["median"]) * room, number,
                         size, got))
    if not dots:
        words = [result.figures.word(x, setup, spec[1]) for x in result.sizes]
        words = [x for x in words if x]
        return [text(left + 4, y + 4, words[-1] if words else
                     "blocks nothing" if setup == "unbound" else "-", "soft")]
    parts.append('<line class="span%s" x1="%.1f" x2="%.1f" y1="%.1f" '
                 'y2="%.1f"/>' % (css(setup), dots[0][0], dots[-1][0], y, y))
    for x, number, size, got in dots:
        parts.append(
            '<circle class="dot%s%s" cx="%.1f" cy="%.1f" r="%.1f"><title>%s, '
            '%s names: %s</title></circle>' % (
                css(setup), " noisy" if got["noisy"] else "", x, y,
                2.5 + 1.5 * number, escape(result.titles[setup]),
                format(size, ","), escape(spec[4](got["median"]))))
    last = spec[4](dots[-1][3]["median"])
    if dots[-1][1] < len(result.sizes) - 1:
        word = result.figures.word(result.sizes[-1], setup, spec[1])
        last += ", then over" if word else ""
    parts.append(text(max(x for x, _, _, _ in dots) + 10, y + 4, last,
                      "value" + css(setup)))
    return parts


def panel(result, spec, setups, left, top):
    values = [got["median"] for setup in setups for size in result.sizes
              for got in [figure(result, spec, size, setup)]
              if got and got["median"] > 0]
    parts = [text(left, top + 14, spec[0], "head")]
    if not values:
        return parts + [text(left, top + 34, "not measured", "soft")]
    axis = Axis(values, spec[3], spec[4])
    bottom = top + HEAD + ROW * len(setups)
    for tick in axis.ticks:
        x = left + axis.place(tick) * (WIDTH - LABEL_ROOM)
        parts.append('<line class="grid" x1="%.1f" x2="%.1f" y1="%.1f" '
                     'y2="%.1f"/>' % (x, x, top + HEAD - 12, bottom - 6))
        parts.append(text(x, top + HEAD - 17,
                          "0" if tick == 0 else spec[4](tick), "soft",
                          "middle"))
    for number, setup in enumerate(setups):
        parts += row(result, spec, axis, setup, left,
                     top + HEAD + ROW * number + 4)
    return parts


def size_words(sizes):
    words = ["%g million" % (x / 1e6) if x >= 100000 else format(x, ",")
             for x in sizes]
    return (", ".join(words[:-1]) + " and " if words[1:] else "") + words[-1]


def subtitle(result):
    words = "Block lists of %s names" % size_words(result.sizes)
    if result.sizes[1:]:
        words += ": small to big dots, the biggest with its value"
    return words + ". Hollow: the rounds differ by more than 10 %."


def render(result):
    setups = [x for x in result.titles
              if any(result.figures.get(size, x, "force_ms") or
                     result.figures.word(size, x, "*")
                     for size in result.sizes)]
    height = HEAD + ROW * len(setups) + GAP
    parts = [text(EDGE, 28, "What a block list costs a resolver", "title"),
             text(EDGE, 48, subtitle(result), "soft")]
    top = 62
    for number, spec in enumerate(PANELS):
        left = EDGE + LABELS + number % 2 * (WIDTH + BETWEEN)
        y = top + number // 2 * height
        if number % 2 == 0:
            for place, setup in enumerate(setups):
                parts.append(text(EDGE, y + HEAD + ROW * place + 8,
                                  result.titles[setup], "text" + css(setup)))
        parts += panel(result, spec, setups, left, y)
    full = top + (len(PANELS) + 1) // 2 * height
    parts.append(text(EDGE, full + 6, "%s, %s cores; %s; Unbound %s" % (
        result.machine.get("processor"), result.machine.get("cores"),
        result.machine.get("system"), result.versions.get("unbound")),
        "soft"))
    width = 2 * EDGE + LABELS + 2 * WIDTH + BETWEEN
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
            'width="%d" height="%d" role="img" '
            'aria-label="What a block list costs a resolver">\n<style>%s'
            '</style>\n<rect width="100%%" height="100%%" fill="none"/>\n%s\n'
            '</svg>\n' % (width, full + FOOT, width, full + FOOT, STYLE,
                          "\n".join(parts)))
