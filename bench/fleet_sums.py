"""What bench/fleet.py computes without simulating requests: a download that all
want at once, events into a collector, what a resolver writes to its disk.
"""
import heapq
import random

from fleet_poll import CLIENT_BPS, DAY, HOUR, Feed, answered


def herd(opt, link_bps, resume, limit_bps=64e3, hours=6):
    """All empty at once on one link, which they share evenly.  A download ends
    after 10 s + size / 64 KB/s, and is tried again after the back-off: from
    the beginning, or from where it was."""
    rng = random.Random("%s/herd" % opt.seed)
    size, step = answered(Feed(opt).full_size), 0.5
    waiting = [(0.0, who, 0, size) for who in range(opt.resolvers)]
    active, flow, sent, ended, done = {}, 0.0, 0.0, 0.0, 0
    finish, expire, tick = [], [], 0
    while done < opt.resolvers and tick * step < hours * HOUR:
        now = tick * step
        while waiting and waiting[0][0] <= now:
            _, who, fails, rest = heapq.heappop(waiting)
            active[who] = (flow + rest, fails)
            heapq.heappush(finish, (flow + rest, who))
            heapq.heappush(expire, (now + 10 + rest / limit_bps, who,
                                    flow + rest))
        if active:
            share = step / 8 * min(CLIENT_BPS, link_bps / len(active))
            flow += share
            sent += share * len(active)
        while finish and finish[0][0] <= flow:
            goal, who = heapq.heappop(finish)
            if active.get(who, (None,))[0] == goal:
                del active[who]
                done, ended = done + 1, now + step
        while expire and expire[0][0] <= now:
            _, who, goal = heapq.heappop(expire)
            if active.get(who, (None,))[0] != goal:
                continue
            fails = active.pop(who)[1] + 1
            wait = min(300, 2 ** (fails - 1)) * rng.uniform(0.5, 1)
            heapq.heappush(waiting, (now + wait, who, fails,
                                     goal - flow if resume else size))
        tick += 1
    return {"link_gbit_s": link_bps / 1e9, "resume": resume, "done": done,
            "ended_s": round(ended), "gb_sent": round(sent / 1e9, 1),
            "gb_needed": round(size * opt.resolvers / 1e9, 1)}


def field(number, value):
    """One protobuf field: an int as varint, bytes with their length."""
    def varint(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def wire_name(name):
    return b"".join(bytes([len(x)]) + x.encode()
                    for x in name.split(".")) + b"\0"


def dnstap_frame():
    """A blocked answer as dnstap: CLIENT_RESPONSE with a Policy."""
    qname = wire_name("cdn-update.login-portal.example")
    soa = (b"\xc0\x0c\0\6\0\1\0\0\0\x0a\0\x2e" + wire_name("localhost") +
           wire_name("nobody.invalid") + bytes(20))
    text = b"malware: cdn-update.login-portal.example"
    edns = b"\0\0\x29\4\xd0\0\0\0\0" + bytes([0, len(text) + 6, 0, 15, 0,
                                               len(text) + 2, 0, 15]) + text
    answer = bytes(12) + qname + b"\0\1\0\1" + soa + edns
    policy = (field(1, b"weir") + field(2, wire_name("login-portal.example")) +
              field(3, 1) + field(4, 1) + field(5, qname))
    fixed = 5  # query_time_nsec and response_time_nsec are fixed32
    message = (field(1, 6) + field(2, 1) + field(3, 1) + field(4, bytes(4)) +
               field(5, bytes(4)) + field(6, 54321) + field(7, 53) +
               field(8, 1767225600) + bytes(fixed) + field(12, 1767225600) +
               bytes(fixed) + field(14, answer) + field(15, policy))
    return (bytes(4) + field(1, b"resolver-01234.example.net") +
            field(2, b"weir 1.0") + field(3, b"feed=malware category=phishing "
                                             b"confidence=90") +
            field(14, message) + field(15, 1))


def events(opt):
    frame = len(dnstap_frame())
    rows = []
    for kind, queries in opt.fleets:
        rate = opt.resolvers * queries * opt.blocked
        rows.append({"fleet": kind, "queries_s": queries, "frames_s": rate,
                     "mbit_s": round(rate * frame * 8e-6, 1),
                     "million_rows_a_day": round(rate * DAY / 1e6, 1),
                     "clickhouse_gb_a_day": round(rate * DAY * opt.row / 1e9,
                                                  1),
                     "kafka_partitions": max(3, -(-int(
                         rate * opt.json_row) // 10000000))})
    return {"frame_bytes": frame, "fleets": rows}


def disk(opt):
    """Each publish writes the overlay anew; compaction writes the base."""
    rate = opt.changes / DAY
    rows = []
    best = (2 * max(1, rate * opt.publish) * opt.names) ** 0.5
    for entries in (best, opt.names / 100, opt.changes, opt.names / 10):
        overlay = entries / 2 * opt.octets / opt.publish
        base = rate * opt.names * opt.octets / entries
        rows.append({"overlay_entries": round(entries),
                     "compaction_every_min": round(entries / rate / 60),
                     "kb_s": round((overlay + base) / 1e3),
                     "gb_a_day": round((overlay + base) * DAY / 1e9, 1)})
    return rows
