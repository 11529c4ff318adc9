"""Protobuf and gRPC by Debian's protoc and plugin."""

def sluice_proto_library(name, srcs, deps = [], grpc = False, **kwargs):
    """C++ for `srcs`, which lie below proto/. `deps` are other sluice_proto_library targets or googleapis."""
    outs = []
    for src in srcs:
        stem = src[:-len(".proto")]
        outs += [stem + ".pb.h", stem + ".pb.cc"]
        if grpc:
            outs += [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"]
    grpc_flags = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR) " if grpc else ""
    native.genrule(
        name = name + "_gen",
        srcs = srcs + ["//proto:sources", "@googleapis//:sources"],
        outs = outs,
        cmd = "protoc -Iproto -I$$(dirname $$(dirname $$(dirname $(location @googleapis//:root)))) " +
              "--cpp_out=$(RULEDIR) " + grpc_flags +
              " ".join(["$(location %s)" % s for s in srcs]),
        tools = ["@googleapis//:root"],
    )
    native.cc_library(
        name = name,
        srcs = [o for o in outs if o.endswith(".cc")],
        hdrs = [o for o in outs if o.endswith(".h")],
        copts = ["-Wno-deprecated-declarations", "-O1"],
        includes = ["."],
        linkstatic = True,
        deps = deps + ["//third_party:protobuf"] + (["//third_party:grpc"] if grpc else []),
        **kwargs
    )
