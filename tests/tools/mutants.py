#!/usr/bin/env python3
"""mutants.py - breaks the policy in one place after the other, and sees whether
the table (tests/unit/test_policy_table.c) and the random test notice.

usage: tests/tools/mutants.py BUILD-FOLDER

Each mutant is a text of lib/policy.c or lib/entry.c and what stands in its place
instead.  Nothing of the tree is changed.  Exit status 1: one was not noticed by
the table, or its text is no longer in the file.
"""
import os
import subprocess
import sys
import tempfile

MUTANTS = [
    # file, text, instead
    ("policy", "entry->valid_until <= decision", "entry->valid_until < decision"),
    ("policy", "entry->valid_until <= decision", "entry->valid_until > decision"),
    ("policy", "if (entry->valid_until != 0 && ", "if ("),
    ("policy", "entry->confidence < policy", "entry->confidence <= policy"),
    ("policy", "return WEIR_FATE_NO_FEED;", ";"),
    ("policy", "return WEIR_FATE_CATEGORY;", ";"),
    ("policy", "return WEIR_FATE_NOT_BELOW;", ";"),
    ("policy", "return WEIR_FATE_NOT_ITSELF;", ";"),
    ("policy", "== WEIR_ACTION_CANCELLED\n", "== WEIR_ACTION_COUNT\n"),
    ("policy", "is_below = match->label > 0", "is_below = match->label > 1"),
    ("policy", "is_below = match->label > 0", "is_below = false"),
    ("policy", "decision->has_important = true;\n\t\treturn NOT_NOW;",
     "return NOT_NOW;"),
    ("policy", "decision->has_important = true;\n\t\treturn NOT_NOW;", ""),
    ("policy", "rule->entry.feed < entry->feed", "rule->entry.feed > entry->feed"),
    ("policy", "rule->entry.feed < entry->feed", "false"),
    ("policy", "rule->entry.feed == entry->feed", "false"),
    ("policy", "return WEIR_FATE_EXCEPTED;", "return TAKEN;"),
    ("policy", "decision->verdict.is_postponed = true;", ";"),
    ("policy", "rule = &decision->verdict.shadow;", ";"),
    ("policy", "feed->mode == WEIR_MODE_SHADOW", "feed->mode != WEIR_MODE_SHADOW"),
    ("policy", "return except(decision, entry);", "return TAKEN;"),
    ("policy", "if (action == WEIR_ACTION_EXCEPT)", "if (false)"),
    ("policy", "set_bit(decision->excepted, entry->feed);", ";"),
    ("policy", "bits[number / 8] |= (uint8_t)(1U << number % 8)",
     "bits[number / 8] |= 0xff"),
    ("policy", "action == WEIR_ACTION_DEFAULT ? feed->action",
     "action != WEIR_ACTION_DEFAULT ? feed->action"),
    ("policy", "is_below ? entry->below_answer : entry->answer", "entry->answer"),
    ("policy", "rule->label = match->label;", "rule->label = 0;"),
    ("policy", "error == 0 && decision->has_important", "false"),
    ("policy", "*decision = (struct decision){ .policy",
     "(void)(struct decision){ .policy"),
    ("policy", "ask(decision, matches, true, watched, ret_fate)",
     "ask(decision, matches, false, watched, ret_fate)"),
    ("policy", "verdict->decided.entry.feed < verdict->shadow.entry.feed",
     "verdict->decided.entry.feed > verdict->shadow.entry.feed"),
    ("policy", "verdict->shadow.is_set = false;", ";"),
    ("policy", "verdict->decided.action != WEIR_ACTION_PASS", "true"),
    ("policy", "verdict->decided.is_set || verdict->shadow.is_set ||",
     "verdict->decided.is_set ||"),
    ("entry", "case WEIR_ACTION_CANCELLED:\n\t\treturn 5;",
     "case WEIR_ACTION_CANCELLED:\n\t\treturn 1;"),
    ("entry", "return is_important ? 4 : 2;", "return 2;"),
    ("entry", "return is_important ? 4 : 2;", "return 4;"),
    ("entry", "return is_important ? 3 : 1;", "return 1;"),
    ("entry", "return is_important ? 3 : 1;", "return is_important ? 3 : 2;"),
    ("entry", "if (theirs > mine)", "if (theirs >= mine)"),
    ("entry", "return a > b ? a : b;", "return a < b ? a : b;"),
    ("entry", "if (a == 0 || b == 0)\n\t\treturn 0;", ""),
    ("entry", "second->confidence > merged.confidence",
     "second->confidence < merged.confidence"),
    ("entry", "if (!is_first_left)", "if (false)"),
]
TESTS = ("test_policy_table", "test_property")
NOTHING = ("policy", "int\n", "int\n")  # has to pass


def main():
    build = os.path.abspath(sys.argv[1])
    root = os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    libraries = open(os.path.join(build, "libload.la"), encoding="ascii").read()
    libraries = libraries.split("dependency_libs='")[1].split("'")[0].split()
    flags = ["-std=gnu11", "-g", "-w", "-I" + root, "-I" + build]
    archives = [os.path.join(build, ".libs", x + ".a")
                for x in ("libload", "libfeeds", "libweirtool", "libweir")]
    libraries = archives + [x for x in libraries if not x.endswith(".la")]
    libraries += ["-lcheck", "-lsubunit", "-lm", "-lrt", "-lpthread"]
    environment = dict(os.environ, srcdir=root, CK_FORK="no",
                       WEIR_PROPERTY_LOOKUPS="100000")
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    caught = dict.fromkeys(TESTS, 0)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for test in TESTS:
            subprocess.check_call(["gcc", *flags, "-c", "-o",
                                   f"{folder}/{test}.o",
                                   f"{root}/tests/unit/{test}.c"])
        for number, (name, text, instead) in enumerate([NOTHING] + MUTANTS):
            with open(f"{root}/lib/{name}.c", encoding="ascii") as stream:
                source = stream.read()
            if text not in source:
                print(f"{number}: {name}.c no longer has: {text!r}")
                missed += 1
                continue
            with open(f"{folder}/mutant.c", "w", encoding="ascii") as stream:
                stream.write(source.replace(text, instead, 1))
            verdicts = []
            for test in TESTS:
                subprocess.check_call(
                    ["gcc", *flags, "-o", f"{folder}/test", f"{folder}/{test}.o",
                     f"{folder}/mutant.c", *libraries])
                code = subprocess.run([f"{folder}/test"], env=environment,
                                      timeout=300, check=False,
                                      **silent).returncode
                caught[test] += code != 0
                verdicts.append("noticed" if code != 0 else "NOT noticed")
            if number == 0 and "noticed" in verdicts:
                sys.exit("the tests fail without a mutant")
            missed += number > 0 and verdicts[0] != "noticed"
            print("%3d %-7s table: %-12s random: %-12s %s" % (
                number, name, *verdicts, " ".join(text.split())[:60]),
                flush=True)
    print(", ".join("%s notices %d of %d" % (x, caught[x], len(MUTANTS))
                    for x in TESTS))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
