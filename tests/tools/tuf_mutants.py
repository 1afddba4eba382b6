#!/usr/bin/env python3
"""tuf_mutants.py - takes the checks out of the TUF client, one at a time, and
sees whether the unit tests notice.

usage: tests/tools/tuf_mutants.py BUILD-FOLDER [TEXT]
       tests/tools/tuf_mutants.py --list

A check is every `if (...) return` of a refusal in the files below, found by
reading them, so that none is forgotten; each part of an `||` is one of its own.
What is no `if` stands in MUTANTS: a text, and what stands in its place instead.
TEXT: only those in whose line it is.  Nothing of the tree is changed.  --list prints
the mutants; tests/tools/tuf_mutants.txt is what a run has said of each, and
tests/lint/tuf-mutants.sh compares the two.  Exit status 1: one was not noticed, or
its text is no longer in the file.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

FILES = ("tuf_meta", "tuf_refresh", "tuf_trust", "tuf_client", "tuf_json",
         "tuf_key", "tuf_time")
TESTS = ("test_tuf_rows", "test_tuf_json", "test_tuf_key", "test_tuf_time",
         "test_tuf_client", "test_tuf_limits", "test_tuf_state",
         "test_tuf_crash")
# What a refusal returns; lack of memory and of a disk is none.
REFUSAL = re.compile(r"return\s+(refuse|end|weir_problem_set)\b|"
                     r"return\s+(WEIR_EFORMAT|false);|"
                     r"cycle->outcome = WEIR_TUF_EXPIRED;")
NO_PARTS = ("object == NULL", "weir_tuf_json_canon(object, &text, &len) < 0")
NO_CHECK = re.compile(r"WEIR_EMEMORY|WEIR_ESYSTEM|, error, \"|NULL, 0\)")

MUTANTS = [
    # signatures
    ("tuf_meta", "strcmp(signers->keys[i].id, id) == 0", "true"),
    ("tuf_meta", "key == NULL || is_counted(counted, count, key)",
     "key == NULL"),
    ("tuf_meta", "if (weir_tuf_key_verify(\n", "if (true || weir_tuf_key_verify(\n"),
    ("tuf_meta", "if (error == 0 && root != NULL)", "if (false)"),
    ("tuf_meta", "count < signers->threshold", "count + 1 < signers->threshold"),
    ("tuf_meta", "&root->signers[meta->role]", "&root->signers[0]"),
    ("tuf_meta", """return error != 0 ? error
			  : weir_tuf_meta_verify(""",
     """return error != 0 || true ? error
			  : weir_tuf_meta_verify("""),
    ("tuf_meta", "\t\terror = read_common(reader);", "\t\terror = 0;"),
    ("tuf_meta", "error = check_feed(reader);\n\t/*", "error = 0;\n\t/*"),
    ("tuf_meta", "is_signed, \"weir\") != NULL)", "is_signed, \"weir\") == NULL)"),
    ("tuf_meta", "\t\terror = check_feed(reader);\n\tif", "\t\terror = 0;\n\tif"),
    ("tuf_meta", "int error = check_feed(reader);", "int error = 0;"),
    ("tuf_meta", "\"version\", 1, &meta->version", "\"version\", 0, &meta->version"),
    ("tuf_meta", "\"threshold\", 1,", "\"threshold\", 0,"),
    ("tuf_meta", "\"version\", 1, &announced", "\"version\", 0, &announced"),
    ("tuf_meta", "\"length\", 0, &announced", "\"length\", -9, &announced"),
    ("tuf_meta", "\"length\", 0, &length", "\"length\", -9, &length"),
    ("tuf_meta", "> WEIR_TUF_SIGNATURES", "> WEIR_TUF_SIGNATURES + 1"),
    ("tuf_meta", "> WEIR_TUF_ROLE_KEYS", ">= WEIR_TUF_ROLE_KEYS"),
    ("tuf_meta", "> WEIR_TUF_KEYS", "> WEIR_TUF_KEYS + 1"),
    ("tuf_meta", "> WEIR_TUF_TARGETS", "> WEIR_TUF_TARGETS + 1"),
    ("tuf_meta", "!is_name(name) || found.sha256[0] == '\\0'",
     "found.sha256[0] == '\\0'"),
    ("tuf_meta", "!is_name(name) || found.sha256[0] == '\\0'", "!is_name(name)"),
    ("tuf_meta", "len == 0 || (len == 1", "(len == 1"),
    ("tuf_meta", "(len == 1 && name[0] == '.') ||", ""),
    ("tuf_meta", "(len == 2 && name[0] == '.' && name[1] == '.')", "false"),
    ("tuf_meta", "return name[len] == '\\0';", "return true;"),
    ("tuf_meta", "[WEIR_TUF_ROLE_ROOT] = WEIR_TUF_ROOT_SIZE",
     "[WEIR_TUF_ROLE_ROOT] = 1 << 24"),
    # the cycle
    ("tuf_refresh", "fetch(cycle, &served, WEIR_TUF_ROOT_SIZE)",
     "fetch(cycle, &served, 1 << 24)"),
    ("tuf_refresh", "&served, WEIR_TUF_TIMESTAMP_SIZE)", "&served, 1 << 24)"),
    ("tuf_refresh", "size_t size = weir_tuf_role_size(role);",
     "size_t size = 1 << 24;"),
    ("tuf_refresh", "(uint64_t)announced->length < size", "false"),
    ("tuf_refresh", "++count < WEIR_TUF_ROOTS", "true"),
    ("tuf_refresh", "if (count > 0)", "if (false)"),
    ("tuf_refresh", "->version + 1;", "->version + 2;"),
    ("tuf_refresh", "snapshot == NULL ? 0 : snapshot->version", "0"),
    ("tuf_refresh", "timestamp->announced.version > version", "false"),
    ("tuf_refresh", "meta->version < trusted->version",
     "meta->version + 1 < trusted->version"),
    ("tuf_refresh", "meta->announced.version < known",
     "meta->announced.version <= known"),
    ("tuf_refresh", """	if (trusted != NULL && meta->version == trusted->version)
		return check_expiry(cycle, served->file, trusted);""", ""),
    ("tuf_refresh", "return check_expiry(cycle, served->file, trusted);",
     "return 0;"),
    ("tuf_refresh", "error = check_expiry(cycle, served->file, meta);", ""),
    ("tuf_refresh", """	return check_expiry(
	    cycle, "root.json", client->metas[WEIR_TUF_ROLE_ROOT]);""",
     "\treturn 0;"),
    ("tuf_refresh", "return check_expiry(cycle, served.file, trusted);",
     "return 0;"),
    ("tuf_refresh", "error = check_expiry(cycle, served->file, served->meta);", ""),
    ("tuf_refresh", "error = check_rollback(cycle, served);", "error = 0;"),
    ("tuf_refresh", "meta->expires_unix <= cycle->now_unix",
     "meta->expires_unix < cycle->now_unix"),
    ("tuf_refresh", "meta != NULL && meta->version == announced->version",
     "meta != NULL"),
    ("tuf_refresh", """weir_tuf_announced_compare(
		   announced, "", meta->len, &meta->hashes, NULL) == 0""", "true"),
    ("tuf_refresh", """weir_tuf_announced_compare(announced, served->file,
			       served->len, &hashes, cycle->problem)""", "0"),
    # the folder
    ("tuf_trust", "client->metas[WEIR_TUF_ROLE_ROOT], client->feed,",
     "client->metas[WEIR_TUF_ROLE_ROOT], NULL,"),
    ("tuf_trust", "if (error != WEIR_EMISSING)\n", "if (false)\n"),
    ("tuf_trust", "if (len > WEIR_TUF_ROOT_SIZE)", "if (false)"),
    # targets
    ("tuf_client", ".length = (int64_t)target->length", ".length = -1"),
    ("tuf_client", "\tmemcpy(announced.hashes.sha256,", "\tif (0) memcpy(announced.hashes.sha256,"),
    ("tuf_client", "\tmemcpy(announced.hashes.sha512,", "\tif (0) memcpy(announced.hashes.sha512,"),
    ("tuf_client", "transport->arg, path, target->length, fd", "transport->arg, path, 1 << 24, fd"),
    ("tuf_client", "return check_content(target, path, fd, problem);", "return 0;"),
    # JSON
    ("tuf_json", "JSON_REJECT_DUPLICATES", "0"),
    ("tuf_json", "if (is_short)", "if (false)"),
    ("tuf_json", "case JSON_REAL:\n\t\treturn false;", "case JSON_REAL:\n\t\treturn true;"),
    ("tuf_json", "number <= WEIR_TUF_NUMBER_MAX", "true"),
    ("tuf_json", "number >= -WEIR_TUF_NUMBER_MAX", "true"),
    ("tuf_json", "is_string && text[i] == '\\\\'", "false"),
    ("tuf_json", "return strcmp(*(const char *const *)left, *(const char *const *)right);", "return 0;"),
    ("tuf_json", "text[i] == '\"' || text[i] == '\\\\')\n\t\t\tret", "text[i] == '\"')\n\t\t\tret"),
    ("tuf_json", "text[i] == '\"' || text[i] == '\\\\')\n\t\t\tret", "text[i] == '\\\\')\n\t\t\tret"),
    ("tuf_json", "json_integer_value(member) < min", "false"),
    ("tuf_json", "json_is_object(member) ? member : NULL", "member"),
    ("tuf_json", "json_is_array(member) ? member : NULL", "member"),
    # keys
    ("tuf_key", "strcmp(key.id, id) != 0", "false"),
    ("tuf_key", "strcmp(type, \"ed25519\") != 0 ||", ""),
    ("tuf_key", "strcmp(scheme, \"ed25519\") != 0", "false"),
    ("tuf_key", "crypto_sign_ed25519_pk_to_curve25519(converted, public_key) == 0", "true"),
    ("tuf_key", "crypto_sign_verify_detached(bytes, data, len, key->public_key) ==\n\t\t   0", "true"),
    ("tuf_key", "return weir_tuf_hex_parse(signature, bytes, sizeof(bytes)) &&", "return weir_tuf_hex_parse(signature, bytes, sizeof(bytes)) ||"),
    ("tuf_key", "octet >= 'a' && octet <= 'f'", "octet >= 'a' && octet <= 'g'"),
    ("tuf_time", "strcmp(text, again) != 0", "strncmp(text, again, 19) != 0"),
]
NOTHING = ("tuf_meta", "int\n", "int\n", "nothing")  # has to pass


def closing(text, at, pair="()"):
    """The place of the bracket that closes the one at `at`."""
    depth, quote = 0, None
    while True:
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = None
        elif letter in "\"'":
            quote = letter
        elif letter == pair[0]:
            depth += 1
        elif letter == pair[1]:
            depth -= 1
            if depth == 0:
                return at
        at += 1


def parts_of(condition):
    """The places of the operands of the topmost ||."""
    parts, begin, at = [], 0, 0
    if "?" in condition:
        return [(0, len(condition))]
    while at < len(condition):
        if condition[at] == "(":
            at = closing(condition, at)
        elif condition[at] in "\"'":
            at = condition.index(condition[at], at + 1 + (
                condition[at + 1] == "\\"))
        elif condition.startswith("||", at):
            parts.append((begin, at))
            begin = at = at + 2
            continue
        at += 1
    return parts + [(begin, len(condition))]


def words(text):
    return " ".join(text.split())


def mutants_of(name, source):
    """Every refusal, as (file, whole source mutated, what it says)."""
    for found in re.finditer(r"\bif \(", source):
        begin = found.end() - 1
        end = closing(source, begin)
        body = source[end + 1:].lstrip()
        body = (body[:closing(body, 0, "{}") + 1] if body[0] == "{"
                else body[:body.index(";") + 1])
        if not REFUSAL.search(body) or NO_CHECK.search(body):
            continue
        condition = source[begin + 1:end]
        for first, last in parts_of(condition):
            part = condition[first:last]
            if part.strip() in NO_PARTS or "id_of(" in part:
                continue
            mutated = (condition[:first] + " ((" + part + ") && 0) " +
                       condition[last:])
            yield (name, source[:begin + 1] + mutated + source[end:],
                   "without " + words(part))


def all_mutants(root):
    """[(file, its source, what is done)]; the source None: not to be made."""
    result = []
    for name in FILES:
        with open(f"{root}/feeds/{name}.c", encoding="ascii") as stream:
            source = stream.read()
        result += mutants_of(name, source)
        for file, text, instead in MUTANTS:
            if file != name:
                continue
            label = f"{words(text)} -> {words(instead)}"
            result.append((name, source.replace(text, instead, 1)
                           if text in source else None, label))
    return result


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    mutants = all_mutants(root)
    if sys.argv[1:] == ["--list"]:
        for name, source, label in mutants:
            print(f"{name}: {label}" if source else f"{name}: GONE: {label}")
        return 0 if all(x[1] for x in mutants) else 1
    build = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        mutants = [x for x in mutants if sys.argv[2] in f"{x[0]}: {x[2]}"]
    libraries = open(os.path.join(build, "libtuf.la"), encoding="ascii").read()
    libraries = libraries.split("dependency_libs='")[1].split("'")[0].split()
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-g", "-w", "-I" + root,
             "-I" + build, "-DWEIR_VERSION=\"x\""]
    libraries = [x for x in libraries if not x.endswith(".la")]
    libraries += ["-lcheck", "-lsubunit", "-lm", "-lrt", "-lpthread"]
    tests = [x for x in TESTS if os.path.exists(f"{root}/tests/unit/{x}.c")]
    missed = 0
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        environment = dict(os.environ, srcdir=root, CK_FORK="no",
                           TMPDIR=folder)
        for archive in ("libweir", "libweirtool", "libtuf"):
            shutil.copy(os.path.join(build, ".libs", archive + ".a"), folder)
            libraries.insert(0, f"{folder}/{archive}.a")
        for test in tests:
            subprocess.check_call(["gcc", *flags, "-c", "-o",
                                   f"{folder}/{test}.o",
                                   f"{root}/tests/unit/{test}.c"])
        with open(f"{root}/feeds/{NOTHING[0]}.c", encoding="ascii") as stream:
            mutants.insert(0, (NOTHING[0], stream.read(), NOTHING[3]))
        for number, (name, source, label) in enumerate(mutants):
            if source is None:
                print(f"GONE: {name}: {label}", flush=True)
                missed += 1
                continue
            with open(f"{folder}/mutant.c", "w", encoding="ascii") as stream:
                stream.write(source)
            subprocess.check_call(
                ["gcc", *flags, "-I" + root, "-c", "-o",
                 f"{folder}/mutant.o", f"{folder}/mutant.c"])
            noticed = None
            for test in tests:
                subprocess.check_call(
                    ["gcc", "-o", f"{folder}/test", f"{folder}/{test}.o",
                     f"{folder}/mutant.o", *libraries])
                try:
                    code = subprocess.run(
                        [f"{folder}/test"], env=environment, timeout=120,
                        check=False, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL).returncode
                except subprocess.TimeoutExpired:
                    code = -1
                if code != 0:
                    noticed = test
                    break
            if number == 0:
                if noticed:
                    sys.exit(f"{noticed} fails without a mutant")
                continue
            missed += noticed is None
            print(f"{noticed or 'NOT NOTICED'}: {name}: {label}", flush=True)
    print(f"{len(mutants) - 1 - missed} of {len(mutants) - 1} noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
