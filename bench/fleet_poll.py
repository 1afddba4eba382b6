"""The resolvers, the CDN and the origin of bench/fleet.py, request by request.

Sizes on the wire: HTTP/1.1 heads as written below, TLS 1.3 records, TCP/IPv4
headers.  Delta sizes: bench/fleet_sizes.py.  Places answer at once: no queue,
no lost packet.
"""
import bisect
import functools
import random

DAY, HOUR, MINUTE = 86400, 3600, 60
START = 10 * DAY + 10 * HOUR + 30 * MINUTE + 20  # amid a day and a minute
TICK = 0.01
END = float("inf")
RTT_EDGE, RTT_ORIGIN = 0.02, 0.06  # resolver to edge; anybody to the origin
CLIENT_BPS = 50e6                  # a resolver's own line
PIECE = {"timestamp": 512, "snapshot": 512, "targets": 1434}
# Lines of a delta and its bytes: bench/fleet_sizes.py, means of the two lists;
# from 10,000 on 1,160,665 real names.
SIZES = [(1, 92), (10, 230), (60, 756), (120, 1315), (1000, 7544),
         (10000, 86761), (100000, 738224), (1160665, 7039814)]
REQUEST = len("GET /feeds/malware/targets/feed/%s.head HTTP/1.1\r\n"
              "Host: feeds.example.net\r\nUser-Agent: weir-sync/1.0\r\n"
              "Accept: */*\r\n\r\n" % ("0" * 64))
RESPONSE = len("HTTP/1.1 200 OK\r\nServer: nginx\r\n"
               "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
               "Content-Type: application/octet-stream\r\n"
               "Content-Length: 1434\r\nConnection: keep-alive\r\n"
               "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
               "ETag: \"69550000-59a\"\r\nAccept-Ranges: bytes\r\n"
               "Cache-Control: public, max-age=31536000, immutable\r\n\r\n")
HANDSHAKE_OUT, HANDSHAKE_IN = 3600, 1300  # TLS 1.3, ECDSA chain, TCP's part
WAYS = ("no-cdn", "cdn-no-store", "cdn-ttl")


def on_the_wire(length):
    """TLS records (22 bytes for 16 KB) and TCP/IP headers (52 for 1,448)."""
    length += 22 * -(-length // 16384)
    return length + 52 * -(-length // 1448)


ASKED = on_the_wire(REQUEST) + 52  # with the ACK of what comes


@functools.lru_cache(maxsize=None)
def answered(body):
    return on_the_wire(RESPONSE + body)


def lines_size(lines):
    """Bytes of a compressed file of so many lines."""
    at = min(max(bisect.bisect(SIZES, (lines, 0)), 1), len(SIZES) - 1)
    (x0, y0), (x1, y1) = SIZES[at - 1], SIZES[at]
    return max(60, int(y0 + (y1 - y0) * (lines - x0) / (x1 - x0)))


class Feed:
    """Which files there are at a time; "now" and "have" are publish times."""

    def __init__(self, opt):
        self.step = opt.publish
        self.per_second = opt.changes / DAY
        self.full_size = lines_size(opt.names)
        self.known = {}

    def newest(self, now):
        return now - now % self.step

    def delta(self, kind, begin, end):
        lines = (end - begin) * self.per_second
        return kind, begin, end, lines_size(lines) if lines else 60

    def files(self, now):
        minute, hour, day = (now - now % x for x in (MINUTE, HOUR, DAY))
        return [self.delta("head", minute - MINUTE, now),
                self.delta("hour", hour - HOUR, minute),
                self.delta("day", day - DAY, hour)], day

    def plan(self, have, now):
        """The files that lead from have (None: nothing) to now."""
        key = (have, now)
        if key not in self.known:
            deltas, day = self.files(now)
            plan, at = [], have
            while at != now:
                fit = [x for x in deltas
                       if at is not None and x[1] <= at < x[2]]
                if not fit or (have is not None and self.full_size <
                               sum(x[3] for x in plan)):
                    have, plan = None, []
                    fit = [("full", 0, day, self.full_size)]
                plan.append(max(fit, key=lambda x: x[2]))
                at = plan[-1][2]
            self.known[key] = plan
        return self.known[key]


class Side:
    """What one place (origin, all edges) was asked, by tenths of a second."""

    def __init__(self, seconds):
        self.requests, self.out, self.handshakes = (
            [0] * (seconds + 1000) * 10 for _ in range(3))

    def count(self, now, body):
        tenth = int(now * 10)
        self.requests[tenth] += 1
        self.out[tenth] += answered(body)

    def connect(self, now):
        self.handshakes[int(now * 10)] += 1
        self.out[int(now * 10)] += HANDSHAKE_OUT

    def total(self):
        return sum(self.requests), sum(self.out)

    def report(self, begin, end):
        def three(of, scale):
            values = sorted(x * 10 * scale
                            for x in of[begin * 10:end * 10])
            return {"mean": round(sum(values) / len(values), 2),
                    "p99": round(values[int(len(values) * 0.99)], 2),
                    "peak": round(values[-1], 2)}
        return {"requests_s": three(self.requests, 1),
                "mbit_s": three(self.out, 8e-6),
                "mbit_s_in": three(self.requests, ASKED * 8e-6),
                "handshakes_s": three(self.handshakes, 1)}


class Edge:
    """One cache of the CDN: timestamp.json for a while, the rest for ever."""

    def __init__(self):
        self.until, self.version, self.ready, self.held = -1, None, 0, {}


class Fleet:
    """starts: for each resolver the time of its first poll and what it has.
    away: (begin, end) of the origin's absence; who has caught up after it is
    no longer simulated.  Times count from START."""

    def __init__(self, opt, way, starts, seconds, away=None, cap=300):
        self.opt, self.way, self.seconds = opt, way, seconds
        self.away, self.cap = away or (-1, -1), cap
        self.random = random.Random("%s/%s" % (opt.seed, way))
        self.feed = Feed(opt)
        self.origin, self.edges = Side(seconds), Side(seconds)
        self.caches = [Edge() for _ in range(opt.edges)]
        self.have = [have and self.feed.newest(have) for _, have in starts]
        self.is_steady = [have == START for _, have in starts]
        self.began = [None] * len(starts)
        self.fails = [-1] * len(starts)  # -1: not connected
        self.caught = {}                 # resolver: (time, bytes, files)
        self.recovered = []              # seconds after the origin's absence
        self.got_bytes = 0
        self.delays, self.last = {}, {}
        self.buckets = {}
        for who, (when, _) in enumerate(starts):
            self.at(when, who)

    def at(self, when, who):
        self.buckets.setdefault(int(when / TICK + 0.5), []).append(who)

    def visible(self, now):
        return self.feed.newest(START + int(min(now, self.seconds)))

    def is_away(self, now):
        return self.away[0] <= now < self.away[1]

    def timestamp(self, now, cache):
        """(version, time it is here), None if nobody answers."""
        size = PIECE["timestamp"]
        if self.way == "no-cdn":
            if self.is_away(now):
                return None
            self.origin.count(now, size)
            return self.visible(now), now + RTT_ORIGIN
        self.edges.count(now, size)
        if self.way == "cdn-ttl" and now < cache.until:
            return cache.version, max(now, cache.ready) + RTT_EDGE
        if self.is_away(now):
            return None
        self.origin.count(now, size)
        there = now + RTT_ORIGIN
        if self.way == "cdn-ttl":
            cache.version, cache.ready = self.visible(now), there
            cache.until = there + self.opt.ttl
        return self.visible(now), there + RTT_EDGE

    def fetch(self, now, cache, key, size):
        """The time at which an object that never changes is here."""
        line = size * 8 / CLIENT_BPS
        if self.way == "no-cdn":
            self.origin.count(now, size)
            return now + RTT_ORIGIN + line
        self.edges.count(now, size)
        # Polls come in order, their later requests do not: one that was
        # looked at before may have been made after this one.
        if cache.held.get(key, END) > now + RTT_ORIGIN:
            if key not in cache.held:
                self.origin.count(now, size)
            cache.held[key] = now + RTT_ORIGIN
        return max(now, cache.held[key]) + RTT_EDGE + line

    def poll(self, now, who):
        cache = self.caches[who % len(self.caches)]
        front = self.origin if self.way == "no-cdn" else self.edges
        if self.began[who] is None:
            self.began[who] = now
        began = now
        if self.fails[who] and not (self.way == "no-cdn" and
                                    self.is_away(now)):
            front.connect(now)
            now += 2 * (RTT_ORIGIN if self.way == "no-cdn" else RTT_EDGE)
        answer = self.timestamp(now, cache)
        if answer is None:
            self.fails[who] = max(self.fails[who], 0) + 1
            wait = min(self.cap, 2 ** (self.fails[who] - 1))
            return began + wait * self.random.uniform(0.5, 1)
        self.fails[who] = 0
        version, now = answer
        self.got_bytes += answered(PIECE["timestamp"])
        if version != self.have[who]:
            now = self.update(now, who, cache, version)
            if now > self.away[1] > 0:
                self.recovered.append(now - self.away[1])
                return None
        jitter = 1 + self.opt.jitter * self.random.uniform(-1, 1)
        return max(now, began + self.opt.poll * jitter)

    def update(self, now, who, cache, version):
        have = self.have[who]
        plan = self.feed.plan(have, version)
        begun = self.got_bytes
        for kind in ("snapshot", "targets"):
            now = self.fetch(now, cache, (kind, version), PIECE[kind])
            self.got_bytes += answered(PIECE[kind])
        for kind, begin, end, size in plan:
            now = self.fetch(now, cache, (kind, begin, end), size)
            self.got_bytes += answered(size)
        if who not in self.caught:
            self.caught[who] = (now - self.began[who],
                                self.got_bytes - begun, [x[0] for x in plan])
        self.have[who] = version
        if self.is_steady[who]:
            self.note(now, have, version)
        return now

    def note(self, now, have, version):
        """How long after its publish each version came to this resolver."""
        step = self.feed.step
        for publish in range(have + step, version + 1, step):
            delay = now - (publish - START)
            slot = int(delay / TICK + 0.5)
            self.delays[slot] = self.delays.get(slot, 0) + 1
            self.last[publish] = max(self.last.get(publish, 0), delay)

    def run(self):
        newest = self.visible(self.seconds)
        late = sum(x != newest for x in self.have)
        tick, end = 0, int((self.seconds + 900) / TICK)
        while tick < end and (tick * TICK <= self.seconds or late):
            for who in self.buckets.pop(tick, ()):
                late -= self.have[who] != newest
                again = self.poll(tick * TICK, who)
                if again is not None:
                    late += self.have[who] != newest
                    self.at(max(again, (tick + 1) * TICK), who)
            tick += 1
        self.ended, self.late = tick * TICK, late
        return self

    def delay(self, share):
        return at_share(sorted(self.delays.items()), share)


def at_share(slots, share):
    rest = sum(count for _, count in slots) * share
    for slot, count in slots:
        rest -= count
        if rest <= 0:
            return round(slot * TICK, 2)
    return None
