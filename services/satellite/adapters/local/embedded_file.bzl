"""A built file as bytes inside a binary, so that nothing has to be found beside it at run time."""

load("//bazel:cc.bzl", "sluice_cc_library")

def embedded_file(name, src, function, **kwargs):
    """`<name>.h` with `std::string_view sluice::satellite::<function>()`: the content of `src`."""
    native.genrule(
        name = name + "_source",
        srcs = [src],
        outs = [name + ".h", name + ".cc"],
        cmd = "python3 $(location //services/satellite/adapters/local:embed_file.py) $(SRCS) " + function +
              " $(@D)/" + name + ".h $(@D)/" + name + ".cc " + native.package_name() + "/" + name + ".h",
        tools = ["//services/satellite/adapters/local:embed_file.py"],
    )
    sluice_cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        **kwargs
    )
