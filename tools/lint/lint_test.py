"""Each check finds the bad example that it is there for, and leaves the good one alone."""

import pytest

import reasons
import rooms
import shape
import tested
from tree import Tree

CORE = "services/scaler/core/size/sizing.h"
GOOD = "#pragma once\n"


def found(check, files):
    return list(check(Tree(files)))


@pytest.mark.parametrize("line", [
    "#include <pqxx/pqxx>", "#include <librdkafka/rdkafkacpp.h>", "#include <grpcpp/grpcpp.h>", "#include <curl/curl.h>",
    "#include <thread>", "#include <mutex>", "#include <chrono>", "#include <random>", "#include <fstream>",
    '#include "absl/time/clock.h"', '#include "absl/synchronization/mutex.h"', "#include <nlohmann/json.hpp>",
    "#include <spdlog/spdlog.h>", '#include "sluice/provisioner/v1/operation.pb.h"', "#include <sys/socket.h>",
    '#include "libs/bus/event.h"', '#include "libs/postgres/pool.h"', '#include "services/scaler/ports/store.h"',
    "auto now = absl::Now();", "std::random_device seed;", "auto t = std::chrono::steady_clock::now();",
    'const char* home = std::getenv("HOME");',
])
def test_core_refuses(line):
    assert found(rooms.core_is_pure, {CORE: GOOD + line + "\n"}), line


@pytest.mark.parametrize("line", [
    "#include <vector>", '#include "absl/time/time.h"', '#include "absl/status/statusor.h"', '#include "libs/base/error.h"',
    "// not absl::Now(): time is an argument", '#include "services/scaler/core/forecast/forecast.h"',
])
def test_core_may(line):
    files = {CORE: GOOD + line + "\n", "services/scaler/core/forecast/forecast.h": GOOD}
    assert not found(rooms.core_is_pure, files), line


def test_core_may_use_a_core_library_but_no_other():
    files = {
        CORE: GOOD + '#include "libs/money/amount.h"\n',
        "libs/money/amount.h": GOOD,
        "libs/money/BUILD.bazel": 'cc_core_library(name = "amount", hdrs = ["amount.h"])',
    }
    assert not found(rooms.core_is_pure, files)
    files["libs/money/BUILD.bazel"] = 'sluice_cc_library(name = "amount", hdrs = ["amount.h"])'
    assert found(rooms.core_is_pure, files)


def test_a_core_library_anywhere_is_held_to_it():
    files = {
        "libs/money/amount.h": GOOD + "#include <mutex>\n",
        "libs/money/BUILD.bazel": 'cc_core_library(name = "amount", hdrs = ["amount.h"])',
    }
    assert found(rooms.core_is_pure, files)


def test_a_core_test_may_read_its_scenarios_but_no_clock():
    path = "services/scaler/core/size/sizing_test.cc"
    assert not found(rooms.core_is_pure, {path: "#include <fstream>\n"})
    assert not found(rooms.core_is_pure, {path: "#include <random>\nstd::mt19937 seeded(7);\n"})
    assert found(rooms.core_is_pure, {path: "std::random_device seed;\n"})
    assert found(rooms.core_is_pure, {path: "#include <thread>\n"})


@pytest.mark.parametrize("path, header", [
    ("services/scaler/app/loop.cc", "services/meter/core/price.h"),
    ("libs/bus/event.h", "services/meter/core/price.h"),
    ("cli/nouns/kafka.cc", "services/provisioner/core/model/model.h"),
    ("services/scaler/core/size/sizing.h", "services/scaler/app/loop.h"),
    ("services/scaler/ports/store.h", "services/scaler/adapters/postgres/pg_store.h"),
    ("services/scaler/ports/store.h", "services/scaler/app/loop.h"),
    ("services/scaler/app/loop.h", "cli/output/table.h"),
])
def test_rooms_refuse(path, header):
    assert found(rooms.rooms_are_apart, {path: f'{GOOD}#include "{header}"\n'})


@pytest.mark.parametrize("path, header", [
    ("services/scaler/app/loop.cc", "services/scaler/ports/store.h"),
    ("services/scaler/adapters/grpc/handlers.h", "services/scaler/app/loop.h"),
    ("services/scaler/main.cc", "services/scaler/adapters/postgres/pg_store.h"),
    ("services/scaler/ports/store_contract_test.cc", "services/scaler/adapters/postgres/pg_store.h"),
    ("cli/nouns/kafka.cc", "cli/output/table.h"),
])
def test_rooms_may(path, header):
    assert not found(rooms.rooms_are_apart, {path: f'{GOOD}#include "{header}"\n'})


def test_long_files():
    assert found(shape.files_are_small, {"libs/a/a.cc": "\n" * 601, "libs/a/a.h": "\n" * 250}) == [
        "libs/a/a.cc: 601 lines; at most 600: a part of it wants a file of its own"]
    assert found(shape.files_are_small, {"libs/a/a.h": "\n" * 251})


def test_full_folders():
    def folder(count, name="libs/a"):
        return {f"{name}/part{i}{end}": "" for i in range(count) for end in (".h", ".cc", "_test.cc")}

    assert not found(shape.folders_are_small, folder(20))
    assert found(shape.folders_are_small, folder(21))
    assert not found(shape.folders_are_small, {f"services/a/migrations/{i}.sql": "" for i in range(30)})


@pytest.mark.parametrize("path, text", [
    ("libs/common/a.h", ""), ("libs/bus/string_utils.h", ""), ("libs/misc.h", ""), ("libs/bus/topic_manager.cc", ""),
    ("libs/bus/helpers/a.h", ""), ("libs/bus/a.h", "class TopicManager {"), ("libs/bus/a.h", "struct PathHelper {"),
])
def test_names_that_say_nothing(path, text):
    assert found(shape.names_say_something, {path: text})


def test_names_that_only_look_so():
    assert not found(shape.names_say_something, {"libs/bus/commonwealth.h": "class Utility2 {", "libs/a/communal.cc": ""})


@pytest.mark.parametrize("line", ["// TODO: later", "# FIXME", "XXX"])
def test_unfinished(line):
    assert found(shape.nothing_is_unfinished, {"libs/a/a.h": line})


# Put together, so that the lint's own examples name no machine either.
ROOT_HOME, WORK = "/" + "root", "/" + "work"


@pytest.mark.parametrize("line", [
    f'path = "{ROOT_HOME}/.cache"', f"cd {WORK}/main", "/" + "home/anna/src", ".".join(("https://registry", "npmjs", "org/")),
    ".".join(("pypi", "org")), ".".join(("crates", "io"))])
def test_machine_names(line):
    assert found(shape.nothing_names_a_machine, {"tools/a": line})


@pytest.mark.parametrize("line", ["$root/.cache", f"~{WORK}/x", f"a{WORK}/b", f"the {ROOT_HOME} folder"])
def test_paths_of_no_machine(line):
    assert not found(shape.nothing_names_a_machine, {"tools/a": line})


def test_header_guards():
    assert found(shape.headers_are_guarded, {"libs/a/a.h": "#ifndef A_H\n"})
    assert not found(shape.headers_are_guarded, {"libs/a/a.h": "// What it is.\n\n#pragma once\n"})


BUILD = """
sluice_cc_library(name = "one", srcs = ["one.cc"], deps = [":two"])
sluice_cc_library(name = "two", srcs = ["two.cc"])
sluice_cc_library(name = "port", hdrs = ["port.h"])
sluice_cc_library(name = "apart", srcs = ["apart.cc"])
sluice_cc_test(name = "one_test", deps = [":one"])
"""


def test_targets_without_tests():
    complaints = found(lambda tree: tested.targets_are_tested(tree, {}), {"libs/a/BUILD.bazel": BUILD})
    assert len(complaints) == 1 and complaints[0].startswith("//libs/a:apart:")


def test_exemptions_say_why_and_do_not_stay():
    def check(exempt):
        return found(lambda tree: tested.targets_are_tested(tree, exempt), {"libs/a/BUILD.bazel": BUILD})

    assert not check({"//libs/a:apart": "by the integration tests"})
    assert check({"//libs/a:apart": ""})
    assert check({"//libs/a:apart": "why", "//libs/a:one": "stale"})
    assert check({"//libs/a:apart": "why", "//libs/a:gone": "stale"})
    assert tested.exemptions("# note\n//a:b why not\n") == {"//a:b": "why not"}


def test_another_rooms_test_must_name_it():
    other = 'sluice_cc_test(name = "far_test", deps = ["//libs/a:one"])'
    files = {"libs/a/BUILD.bazel": BUILD.replace('sluice_cc_test(name = "one_test", deps = [":one"])', ""),
             "libs/b/BUILD.bazel": other}
    names = [line.split(": no")[0] for line in found(lambda tree: tested.targets_are_tested(tree, {}), files)]
    assert names == ["//libs/a:two", "//libs/a:apart"]


def test_a_test_of_the_same_room_is_enough():
    files = {"libs/a/inner/BUILD.bazel": 'sluice_cc_library(name = "deep", srcs = ["deep.cc"])',
             "libs/a/BUILD.bazel": 'sluice_cc_library(name = "top", srcs = ["top.cc"], deps = ["//libs/a/inner:deep"])\n'
                                   'sluice_cc_test(name = "top_test", deps = [":top"])'}
    assert not found(lambda tree: tested.targets_are_tested(tree, {}), files)


PAGE = "| reason | code | |\n| `NO_ROOM` | X | it is full |\n"
GIVES = 'return MakeError(code, "full", {.reason = "NO_ROOM"});\n'


@pytest.mark.parametrize("files", [
    {"docs/errors.md": PAGE, "libs/x/x.cc": GIVES + '{.reason = "UNHEARD_OF"}'},
    {"docs/errors.md": PAGE, "libs/x/x.cc": 'return Precondition(name, "UNHEARD_OF", "do this");' + GIVES},
    {"docs/errors.md": PAGE, "libs/x/x.cc": GOOD},
    {"docs/errors.md": PAGE, "libs/x/x.cc": GOOD, "libs/x/x_test.cc": GIVES},
])
def test_a_reason_is_documented_and_given(files):
    assert len(found(reasons.reasons_are_documented, files)) == 1


def test_a_documented_reason_may_be_given():
    files = {"docs/errors.md": PAGE, "libs/x/x.cc": GIVES + '{.reason = "KAFKA_ANYTHING"}'}
    assert not found(reasons.reasons_are_documented, files)


def test_tests_that_start_servers_say_so():
    build = 'sluice_cc_test(name = "a_test", deps = ["//libs/testing:kafka_fixture"]%s)'
    assert found(tested.servers_are_tagged, {"libs/a/BUILD.bazel": build % ""})
    assert not found(tested.servers_are_tagged, {"libs/a/BUILD.bazel": build % ', tags = ["kafka"]'})
