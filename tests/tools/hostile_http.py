#!/usr/bin/env python3
"""hostile_http.py - an HTTP server that behaves as the path says, on loopback.

usage: tests/tools/hostile_http.py

Prints "PORT FULL-PORT" and goes on until it is ended.  At FULL-PORT nobody ever
accepts a connection, and the queue for it is full.  Each connection is numbered;
/connection tells its number, /head what the client has sent.
"""
import email.utils
import gzip
import itertools
import socket
import sys
import threading
import time

NUMBERS = itertools.count(1)
HITS = []  # requests where a redirect leads to


def answer(body=b"", status="200 OK", *lines, length=True):
    head = [f"HTTP/1.1 {status}", *lines]
    if length:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def date(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def endless(out, piece, wait=0.0):
    while True:
        out(piece)
        if wait:
            time.sleep(wait)


def serve(path, head, number, out):
    """True: the connection stays."""
    open_ended = answer(b"", "200 OK", length=False)
    chunked = answer(b"", "200 OK", "Transfer-Encoding: chunked", length=False)
    packed = gzip.compress(b"x" * 1000)
    plain = {
        "/ok": answer(b"hello"),
        "/thousand": answer(b"x" * 1000),
        "/thousand-one": answer(b"x" * 1001),
        "/empty": answer(),
        "/metadata/timestamp.json": answer(b"hello"),
        "/connection": answer(str(number).encode()),
        "/head": answer(head),
        "/hits": answer(str(len(HITS)).encode()),
        "/404": answer(b"not here", "404 Not Found"),
        "/403": answer(b"no", "403 Forbidden"),
        "/500": answer(b"", "500 Oops"),
        "/redirect": answer(b"", "302 Found", "Location: /hit"),
        "/redirect-file": answer(b"", "301 Moved", "Location: file:///etc/passwd"),
        "/cookie": answer(b"", "200 OK", "Set-Cookie: a=b"),
        "/tags": answer(b"hello", "200 OK", 'ETag: "abc"',
                        "Last-Modified: Sat, 28 Nov 2026 00:00:00 GMT"),
        "/304": answer(b"", "304 Not Modified", 'etag:  "abc" ', length=False),
        "/long-tag": answer(b"hello", "200 OK", "ETag: " + "a" * 600),
        "/429": answer(b"", "429 Too Many", "Retry-After: 120"),
        "/503": answer(b"", "503 Busy", "Retry-After: " + date(100)),
        "/503-past": answer(b"", "503 Busy", "Retry-After: " + date(-100)),
        "/503-ever": answer(b"", "503 Busy", "Retry-After: 99999999999999999999"),
        "/503-year": answer(b"", "503 Busy", "Retry-After: " + date(3e7)),
        "/503-junk": answer(b"", "503 Busy", "Retry-After: soon"),
        "/503-minus": answer(b"", "503 Busy", "Retry-After: -5"),
        "/gzip": answer(packed, "200 OK", "Content-Encoding: gzip"),
        "/continue": b"HTTP/1.1 100 Continue\r\nETag: no\r\n\r\n" + answer(b"hello"),
        "/chunked": chunked + b"5\r\nhello\r\n0\r\nETag: trailer\r\n\r\n",
    }
    if path == "/hit":
        HITS.append(head)
        out(answer(b"hello"))
        return True
    if path in plain:
        out(plain[path])
        return True
    if path == "/trickle":
        out(answer(b"x" * 1000)[:-990])
        endless(out, b"x", 0.5)
    elif path == "/steady":  # fast enough not to be called slow
        out(answer(b"x" * 100000)[:-99000])
        endless(out, b"x" * 50, 0.1)
    elif path == "/slow-head":
        for octet in answer(b"hello"):
            out(bytes([octet]))
            time.sleep(0.5)
    elif path == "/silent":
        time.sleep(60)
    elif path == "/endless":
        out(open_ended)
        endless(out, b"x" * 10000)
    elif path == "/endless-chunks":
        out(chunked)
        endless(out, b"400\r\n" + b"x" * 1024 + b"\r\n")
    elif path == "/empty-chunks":  # octets, but never of the body
        out(chunked)
        out(b"1;")
        endless(out, b"a=b;" * 1000)
    elif path == "/endless-trailer":
        out(chunked + b"5\r\nhello\r\n0\r\n")
        endless(out, b"X-A: b\r\n" * 100)
    elif path == "/short":
        out(answer(b"x" * 100)[:-90])
    elif path == "/more-than-said":
        out(answer(b"hello") + b"x" * 10000)
    elif path == "/said-too-long":
        out(answer(b"", "200 OK", "Content-Length: 5000", length=False))
        endless(out, b"x" * 100, 0.01)
    elif path == "/length-minus":
        out(answer(b"hello", "200 OK", "Content-Length: -5", length=False))
    elif path == "/length-twice":
        out(answer(b"hello", "200 OK", "Content-Length: 2", "Content-Length: 5",
                   length=False))
    elif path == "/until-close":
        out(answer(b"hello", length=False))
    elif path == "/header-flood":
        out(b"HTTP/1.1 200 OK\r\n")
        endless(out, b"X-A: b\r\n" * 100)
    elif path == "/header-line":
        out(b"HTTP/1.1 200 OK\r\nX-A: ")
        endless(out, b"b" * 10000)
    elif path == "/continue-flood":
        endless(out, b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
    elif path == "/no-http":
        out(b"220 mail.example ESMTP\r\n" * 10)
    elif path == "/http-0.9":
        out(b"hello")
    elif path == "/close-head":
        out(answer(b"hello")[:20])
    elif path == "/te-gzip":
        out(answer(b"", "200 OK", "Transfer-Encoding: gzip, chunked",
                   length=False) +
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed))
    elif path == "/404-endless":
        out(answer(b"", "404 Not Found", length=False))
        endless(out, b"x" * 10000)
    elif path == "/503-trickle":
        out(answer(b"x" * 99, "503 Busy", "Retry-After: 7")[:-98])
        endless(out, b"x", 0.5)
    return False


def connection(peer, number):
    try:
        text = b""
        while True:
            while b"\r\n\r\n" not in text:
                got = peer.recv(65536)
                if not got:
                    return
                text += got
            head, _, text = text.partition(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            if path == "/close" or not serve(path, head, number, peer.sendall):
                return
    except OSError:
        pass
    finally:
        peer.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    print(listener.getsockname()[1], full.getsockname()[1], flush=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=connection, args=(peer, next(NUMBERS)),
                         daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
