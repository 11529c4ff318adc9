"""C++ rules of the house. One target per class; a core library is pure (tools/lint checks its includes)."""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wno-missing-field-initializers",
    "-Werror",
    "-Werror=unused-result",
]

def sluice_cc_library(name, copts = [], **kwargs):
    # No .so besides: .bazelrc says why.
    native.cc_library(name = name, copts = _COPTS + copts, linkstatic = True, **kwargs)

def cc_core_library(name, tags = [], **kwargs):
    """A pure decision: no clock, thread, SQL, Kafka, Protobuf or gRPC. The lint holds it to that."""
    sluice_cc_library(name = name, tags = tags + ["core"], **kwargs)

def sluice_cc_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def cc_service(name, deps = [], version = "VERSION", **kwargs):
    """A service's binary. Its `main.cc` only wires; VERSION is embedded as SLUICE_VERSION."""
    native.genrule(
        name = name + "_version",
        srcs = [version],
        outs = [name + "_version.h"],
        cmd = "printf '#pragma once\\nnamespace sluice { inline constexpr char kServiceVersion[] = \"%s\"; }\\n' \"$$(cat $<)\" > $@",
    )
    sluice_cc_binary(name = name, srcs = ["main.cc", name + "_version.h"], deps = deps, **kwargs)

def sluice_cc_test(name, srcs = None, deps = [], copts = [], size = "small", **kwargs):
    native.cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = _COPTS + copts,
        size = size,
        deps = deps + ["//third_party:gtest_main"],
        **kwargs
    )

def sluice_cc_benchmark(name, srcs = None, deps = [], **kwargs):
    sluice_cc_binary(
        name = name,
        srcs = srcs or [name + ".cc"],
        deps = deps + ["//third_party:benchmark_main"],
        testonly = True,
        **kwargs
    )
