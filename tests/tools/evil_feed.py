"""evil_feed.py - what a thief of a feed's keys publishes.  For scenarios:

    evil() { PYTHONPATH=$top_srcdir/tests/tools python3 - "$@"; }
    evil <<END
    from evil_feed import Feed
    feed = Feed("FEED-SIGN", "DIR", "PASSPHRASE-FILE")
    feed.head(["+evil.example"])
    feed.write("OUT")
    END

DIR is the publisher's folder, with its online keys; OUT becomes a copy of its
public one, with the next version of targets, snapshot and timestamp in it, signed
by these keys.  Any member of them may be changed before: feed.targets,
feed.snapshot and feed.timestamp are the parts that are signed.
"""
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

ROLES = ("targets", "snapshot", "timestamp")


def sum_of(entries):
    total = sum(int.from_bytes(hashlib.blake2b(entry.encode(), digest_size=16)
                               .digest(), "little") for entry in entries)
    return f"{total % 2 ** 128:032x}"


def name_of(line):
    return line[1:].split(" ")[0]


def lay_over(entries, lines):
    """What {name: entry} becomes by the lines of a payload."""
    entries = dict(entries)
    for line in lines:
        if line[0] == "+":
            entries[name_of(line)] = line[1:]
        else:
            entries.pop(name_of(line), None)
    return entries


def pack(text, *options):
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        return subprocess.run(["zstd", "-q", "-c", *options, file.name],
                              check=True, stdout=subprocess.PIPE).stdout


class Feed:
    def __init__(self, tool, folder, passphrase):
        self.tool, self.folder, self.passphrase = tool, folder, passphrase
        self.files = {}  # payloads to add: {path: octets}
        self.keys = {role: [f"{folder}/private/{role}.key"] for role in ROLES}
        self.timestamp = self.read("timestamp.json")
        version = self.timestamp["meta"]["snapshot.json"]["version"]
        self.snapshot = self.read(f"{version}.snapshot.json")
        version = self.snapshot["meta"]["targets.json"]["version"]
        self.targets = self.read(f"{version}.targets.json")
        for document in (self.targets, self.snapshot, self.timestamp):
            document["version"] += 1
        self.read_set()

    def read(self, file):
        with open(f"{self.folder}/public/metadata/{file}") as text:
            return json.load(text)["signed"]

    def read_payload(self, kind):
        target = self.targets["targets"][f"feed/{kind}"]
        path = f"targets/feed/{target['hashes']['sha256']}.{kind}"
        text = subprocess.run(
            ["zstd", "-qdc", f"{self.folder}/public/{path}"], check=True,
            stdout=subprocess.PIPE).stdout.decode()
        return target["custom"]["weir"], text.splitlines()[1:]

    def read_set(self):
        self.said, lines = self.read_payload("full")
        self.entries = lay_over({}, lines)
        self.full_to = self.said["to"]
        for kind in ("day", "hour", "head"):
            if f"feed/{kind}" not in self.targets["targets"]:
                continue
            said, lines = self.read_payload(kind)
            if said["from"] <= self.said["to"] < said["to"]:
                self.entries = lay_over(self.entries, lines)
                self.said = said
        # Or a set of ours would be refused for a sum that is wrong by mistake.
        assert self.said["sum"] == sum_of(self.entries.values())
        self.to = self.said["to"]

    def payload(self, kind, lines, **other):
        """A payload that says what it should, but for what `other` says: members
        of custom.weir; header: its first line; packed: its octets."""
        header, packed = other.pop("header", None), other.pop("packed", None)
        full = kind == "full"
        entries = lay_over({} if full else self.entries, lines)
        said = dict(self.said, kind=kind, **{"from": 0 if full else self.to})
        said.update(to=self.to + 1, count=len(entries),
                    sum=sum_of(entries.values()), at=self.said["at"] + 1000)
        said.update(other)
        if header is None:
            header = ("weir-feed 1 {feed} {gen} {kind} {from} {to}"
                      .format(**said))
        lines = sorted(lines, key=lambda line: name_of(line).encode())
        text = "".join(line + "\n" for line in [header] + lines).encode()
        said["raw"] = other.get("raw", len(text))
        packed = pack(text) if packed is None else packed(text)
        digest = hashlib.sha256(packed).hexdigest()
        self.files[f"targets/feed/{digest}.{kind}"] = packed
        if full:
            self.targets["targets"] = {}
        self.targets["targets"][f"feed/{kind}"] = {
            "length": len(packed), "hashes": {"sha256": digest},
            "custom": {"weir": said}}

    def full(self, lines, **other):
        self.payload("full", lines, **other)

    def head(self, lines, **other):
        self.payload("head", lines, **other)

    def sign(self, document, keys):
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump(document, file)
            file.flush()
            return subprocess.run(
                [self.tool, self.passphrase, file.name, *keys], check=True,
                stdout=subprocess.PIPE).stdout

    @staticmethod
    def refer(document, file, octets, version):
        document["meta"] = {file: {
            "version": version, "length": len(octets),
            "hashes": {"sha256": hashlib.sha256(octets).hexdigest()}}}

    def write(self, out):
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(f"{self.folder}/public", out)
        targets = self.sign(self.targets, self.keys["targets"])
        version = self.targets["version"]
        self.files[f"metadata/{version}.targets.json"] = targets
        self.refer(self.snapshot, "targets.json", targets, version)
        snapshot = self.sign(self.snapshot, self.keys["snapshot"])
        version = self.snapshot["version"]
        self.files[f"metadata/{version}.snapshot.json"] = snapshot
        self.refer(self.timestamp, "snapshot.json", snapshot, version)
        self.files["metadata/timestamp.json"] = self.sign(
            self.timestamp, self.keys["timestamp"])
        for path, octets in self.files.items():
            with open(os.path.join(out, path), "wb") as file:
                file.write(octets)
