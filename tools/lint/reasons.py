"""Every reason that the code can give stands in docs/errors.md, and what stands there can be given."""

import re

DOCUMENT = "docs/errors.md"
# Where a reason is written: in an ErrorDetail, or as the argument of a function that makes one.
GIVEN = re.compile(
    r'\b(?:reason|error_reason)\s*=\s*"([A-Z][A-Z0-9_]+)"'
    r'|\b(?:Precondition|Failed|RejectedWith)\([^;]*?"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"'
)
LITERAL = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"')
DOCUMENTED = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \|", re.MULTILINE)
# Kafka's own error names, made from a table (docs/errors.md tells of the family).
FAMILY = "KAFKA_"


def _is_source(path):
    return (path.endswith((".cc", ".h")) and path.startswith(("libs/", "services/", "cli/"))
            and not path.endswith(("_test.cc", "_benchmark.cc")) and "/testing/" not in path)


def reasons_are_documented(tree):
    documented = set(DOCUMENTED.findall(tree.files.get(DOCUMENT, "")))
    given, literals = {}, set()
    for path, text in tree.files.items():
        if not _is_source(path):
            continue
        literals.update(LITERAL.findall(text))
        for one, other in GIVEN.findall(text):
            given.setdefault(one or other, path)
    for reason, path in sorted(given.items()):
        if reason not in documented and not reason.startswith(FAMILY):
            yield f"{path}: the reason {reason} is not in {DOCUMENT}"
    for reason in sorted(documented - literals):
        if not reason.startswith(FAMILY):
            yield f"{DOCUMENT}: nothing gives the reason {reason}"


CHECKS = (reasons_are_documented,)
