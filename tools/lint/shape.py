"""Sizes, names and words."""

import re
from collections import Counter
from pathlib import PurePosixPath

MAX_LINES = {".cc": 600, ".h": 250, ".py": 400}
MAX_FILES = 20
# Lists by nature: one decision, one migration, one scenario, one lint case a file.
LISTS = re.compile(r"(^|/)(adr|migrations|testdata|runbooks|message)(/|$)|^docs(/|$)|^\.|^$")

VAGUE = re.compile(r"(^|[_./-])(commons?|utils?|utilit(y|ies)|misc|helpers?|managers?)([_./-]|$)")
VAGUE_CLASS = re.compile(r"^\s*(?:class|struct)\s+(\w*(?:Manager|Helper|Util|Utils|Misc))\b", re.MULTILINE)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w$}>~])/(?:work|root|home/\w+|Users/\w+)/")
# Each written as its parts.
REGISTRIES = (("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("pypi", "org"), ("pythonhosted", "org"),
              ("repo", "maven", "apache", "org"), ("repo1", "maven", "org"), ("deb", "debian", "org"),
              ("security", "debian", "org"), ("snapshot", "debian", "org"), ("proxy", "golang", "org"), ("crates", "io"))
REGISTRY = re.compile("|".join(rf"\b{re.escape('.'.join(parts))}\b" for parts in REGISTRIES))

SOURCES = (".cc", ".h", ".py", ".proto", ".bzl", ".bazel", ".sql", ".java", ".sh")
# Holds the patterns themselves, and examples of what they find.
OWN = "tools/lint/"


def files_are_small(tree):
    for path, text in tree.matching(*MAX_LINES).items():
        limit = MAX_LINES[PurePosixPath(path).suffix]
        lines = text.count("\n")
        if lines > limit:
            yield f"{path}: {lines} lines; at most {limit}: a part of it wants a file of its own"


def folders_are_small(tree):
    """A header and its source count as one; tests and BUILD files do not count."""
    stems = {PurePosixPath(path).with_suffix("") for path in tree.matching(*SOURCES)
             if not path.endswith(("_test.cc", "_test.py", "BUILD.bazel"))}
    counts = Counter(str(stem.parent) for stem in stems)
    for folder, count in sorted(counts.items()):
        if count > MAX_FILES and not LISTS.search(folder if folder != "." else ""):
            yield f"{folder}/: {count} parts; at most {MAX_FILES}: it holds two things"


def names_say_something(tree):
    for path in sorted(tree.files):
        if path.startswith(OWN):
            continue
        if VAGUE.search(path):
            yield f"{path}: a name that says nothing; name it after what it does"
        if path.endswith((".cc", ".h")):
            for found in VAGUE_CLASS.finditer(tree.files[path]):
                yield f"{path}: {found.group(1)}: a name that says nothing; name it after what it does"


def nothing_is_unfinished(tree):
    for path, text in sorted(tree.files.items()):
        if path.startswith(OWN):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished: do it, or file it"


def nothing_names_a_machine(tree):
    for path, text in sorted(tree.files.items()):
        if path.startswith(OWN):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern in (MACHINE_PATH, REGISTRY):
                if found := pattern.search(line):
                    yield f"{path}:{number}: {found.group()} is only right on one machine"


def headers_are_guarded(tree):
    for path, text in tree.matching(".h").items():
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//")]
        if not lines or lines[0] != "#pragma once":
            yield f"{path}: begins with #pragma once"


CHECKS = (files_are_small, folders_are_small, names_say_something, nothing_is_unfinished, nothing_names_a_machine,
          headers_are_guarded)
