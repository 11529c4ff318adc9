"""Every library with code has a test in reach, or a line in untested.txt that says why not.

In reach: a test names it, or a test of its own room (services/NAME, libs/NAME, cli) gets to it through other targets."""

from pathlib import Path

from tree import label

LIBRARIES = {"sluice_cc_library", "cc_core_library"}
TESTS = {"sluice_cc_test", "cc_test", "sh_test", "py_test"}
EXEMPT = Path(__file__).with_name("untested.txt")


def exemptions(text):
    """label → why"""
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def targets_are_tested(tree, exempt=None):
    exempt = exemptions(EXEMPT.read_text()) if exempt is None else exempt
    tested = _reached(tree.targets)
    present = set()
    for target in tree.targets:
        name = f"//{target['package']}:{target['name']}"
        code = [source for source in target.get("srcs") or [] if source.endswith(".cc")]
        if target["rule"] not in LIBRARIES or not code or target.get("testonly"):
            continue
        present.add(name)
        if name not in tested and name not in exempt:
            yield f"{name}: no test of its room reaches it; write one, or say why not in tools/lint/untested.txt"
    for name, why in sorted(exempt.items()):
        if name not in present or name in tested:
            yield f"tools/lint/untested.txt: {name} needs no line any more"
        elif not why:
            yield f"tools/lint/untested.txt: {name}: say what tests it instead"


# A fixture that starts a server → the tags of which a test on it has one, so that it does not run beside others.
SERVERS = {
    "//libs/testing:kafka_fixture": {"kafka", "exclusive", "manual"},
    "//libs/testing:postgres_fixture": {"postgres", "kafka", "exclusive", "manual"},
}


def servers_are_tagged(tree):
    for target in tree.targets:
        named = {label(text, target["package"]) for text in target.get("deps") or []}
        for fixture, tags in SERVERS.items():
            if target["rule"] in TESTS and fixture in named and not tags & set(target.get("tags") or []):
                yield (f"//{target['package']}:{target['name']}: it starts a server by {fixture}: "
                       f"give it one of the tags {', '.join(sorted(tags))}")


def _room(target):
    words = target.removeprefix("//").split(":")[0].split("/")
    return words[0] if words[0] == "cli" else tuple(words[:2])


def _reached(targets):
    def name(target):
        return f"//{target['package']}:{target['name']}"

    def named(target):
        texts = [*(target.get("deps") or []), *(target.get("data") or [])]
        return {label(text, target["package"]) for text in texts}

    edges = {name(target): named(target) for target in targets}
    reached = set()
    for test in (target for target in targets if target["rule"] in TESTS):
        direct = named(test)
        reached |= direct
        seen, waiting = set(), list(direct)
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += edges.get(at, ())
        reached |= {at for at in seen if _room(at) == _room(name(test))}
    return reached


CHECKS = (targets_are_tested, servers_are_tagged)
