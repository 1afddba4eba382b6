"""web_crowd.py - a crowd at the door of weir-stat's web server.

   web_crowd.py PORT PATH KIND COUNT SECONDS

Opens COUNT connections that are no use to anybody, and asks for PATH ten times a
second beside them, with a connection of its own each time.  KIND is what the
crowd does: "idle" says nothing; "drip" sends a header octet by octet; "refused"
asks as another site's page would, and keeps its connection; "slow" asks for much
and reads little.  Prints how often it was answered with 200, and how often not.
"""
import socket
import sys
import time

PORT, PATH, KIND = int(sys.argv[1]), sys.argv[2], sys.argv[3]
COUNT, SECONDS = int(sys.argv[4]), float(sys.argv[5])
ASK = "GET %s HTTP/1.1\r\nHost: %s\r\n"


def connect():
    return socket.create_connection(("127.0.0.1", PORT), 5)


def join_crowd(number):
    sock = connect()
    if KIND == "drip":
        sock.sendall((ASK % (PATH, "127.0.0.1") + "X: ").encode())
    elif KIND == "refused":
        sock.sendall((ASK % (PATH, "evil%d.example" % number) +
                      "\r\n").encode())
    elif KIND == "slow":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sock.sendall((ASK % (PATH, "127.0.0.1") + "\r\n").encode() * 20)
    sock.setblocking(False)
    return sock


def push(crowd):
    for sock in crowd:
        try:
            if KIND == "drip":
                sock.send(b"a")
            elif KIND == "slow":
                sock.recv(1)
        except OSError:
            pass


def is_answered():
    try:
        with connect() as sock:
            sock.sendall((ASK % (PATH, "localhost") +
                          "Connection: close\r\n\r\n").encode())
            return sock.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


crowd = []
for i in range(COUNT):
    try:
        crowd.append(join_crowd(i))
    except OSError:
        pass
end = time.monotonic() + SECONDS
counts = {True: 0, False: 0}
while time.monotonic() < end:
    push(crowd)
    counts[is_answered()] += 1
    time.sleep(0.1)
print("answered %d, not answered %d" % (counts[True], counts[False]))
