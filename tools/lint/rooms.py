"""Who may include whom, and what core/ may include at all."""

import re
from pathlib import PurePosixPath

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# Two pure libraries besides libs/base.
PURE_LIBRARIES = ("libs/operator", "libs/planner")

# What makes a decision depend on anything but its arguments.
IMPURE_HEADERS = re.compile(
    r"^(pqxx|librdkafka|grpc|grpcpp|grpc\+\+|curl|google/|nlohmann|spdlog|fmt/|openssl|sodium|yaml-cpp|prometheus|CLI|"
    r"httplib|sys/|netinet/|arpa/|boost/asio)|"
    r"^(thread|mutex|shared_mutex|condition_variable|future|atomic|stop_token|semaphore|latch|barrier|chrono|ctime|"
    r"time\.h|iostream|unistd\.h|signal\.h|csignal|poll\.h|dirent\.h|fcntl\.h)$|"
    r"^absl/(synchronization|random|base/thread|flags)|^absl/time/clock\.h$|\.pb\.h$")
# Tests may read their scenarios and draw from a seed; decisions may not.
TEST_HEADERS = re.compile(r"^(fstream|filesystem|random)$")
IMPURE_WORDS = re.compile(
    r"\b(absl::Now|absl::SleepFor|std::random_device|std::this_thread|std::getenv|getenv|srand|std::rand|time\(nullptr\)|"
    r"(system|steady|high_resolution)_clock)\b")

# Which parts of a service a part may include.
PARTS = {
    "core": {"core"},
    "ports": {"core", "ports"},
    # app/ takes the records that adapters/ convert; a driving adapter (gRPC) calls app/.
    "app": {"core", "ports", "app", "adapters"},
    "adapters": {"core", "ports", "app", "adapters"},
    "migrations": set(),
}


def includes(text):
    return [one or other for one, other in INCLUDE.findall(text)]


def strip_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def is_test(path):
    return path.endswith("_test.cc") or "/testing/" in path


def service_part(path):
    """(service, part) of a path below services/, part "" for main.cc and what lies beside it."""
    words = PurePosixPath(path).parts
    if words[0] != "services" or len(words) < 3:
        return None
    return words[1], words[2] if len(words) > 3 else ""


def core_files(tree):
    """Sources in a core/ folder, of a pure library, or of a cc_core_library."""
    named = set()
    for target in tree.targets:
        if target["rule"] == "cc_core_library":
            for source in (target.get("srcs") or []) + (target.get("hdrs") or []):
                named.add(f"{target['package']}/{source}")
    for path in tree.matching(".cc", ".h"):
        part = service_part(path)
        if path in named or (part and part[1] == "core") or path.startswith(tuple(p + "/" for p in PURE_LIBRARIES)):
            yield path


def core_is_pure(tree):
    core = set(core_files(tree))
    for path in sorted(core):
        text = tree.files[path]
        for header in includes(text):
            if IMPURE_HEADERS.search(header) or (TEST_HEADERS.search(header) and not is_test(path)):
                yield f'{path}: core/ is pure: it may not include "{header}"'
            elif header.startswith(("libs/", "services/", "cli/")) and header not in core:
                if not header.startswith("libs/base/"):
                    yield f'{path}: core/ includes only core/, core libraries and libs/base, not "{header}"'
        for word in IMPURE_WORDS.finditer(strip_comments(text)):
            yield f"{path}: core/ is pure: time, chance and surroundings come in as arguments, not by {word.group()}"


def rooms_are_apart(tree):
    for path, text in tree.matching(".cc", ".h").items():
        own = service_part(path)
        for header in includes(text):
            other = service_part(header)
            if other is None:
                if header.startswith("cli/") and not path.startswith("cli/"):
                    yield f'{path}: only cli/ includes "{header}"'
            elif own is None and not path.startswith("bench/"):
                yield f'{path}: libs/ and cli/ know no service, not "{header}"'
            elif own is not None and other[0] != own[0]:
                yield f'{path}: services share proto/ and libs/, not "{header}"'
            elif own is not None and not _part_may_include(path, own[1], other[1]):
                yield f'{path}: {own[1]}/ may not include {other[1]}/: "{header}"'


def _part_may_include(path, part, other):
    return is_test(path) or part not in PARTS or other in PARTS[part] or other not in PARTS


CHECKS = (core_is_pure, rooms_are_apart)
