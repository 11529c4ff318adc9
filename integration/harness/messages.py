"""The project's Protobuf messages, read from proto/ as it is: no generated code has to fit the runtime's version."""

import functools
import subprocess
import tempfile
from pathlib import Path

PROTO = Path(__file__).resolve().parents[2] / "proto"


@functools.lru_cache
def _pool(file):
    from google.protobuf import descriptor_pb2, descriptor_pool

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        subprocess.run(["protoc", f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={out}", file], check=True,
                       capture_output=True, timeout=60)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for one in files.file:
        pool.Add(one)
    return pool


@functools.lru_cache
def message(file, name):
    """The class of a message: message("sluice/satellite/v1/status.proto", "sluice.satellite.v1.StatusDocument")."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(_pool(file).FindMessageTypeByName(name))
