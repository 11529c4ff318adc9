"""generate.py JAR OUT_FOLDER INCLUDE_FOLDER API… : writes <api>.h and <api>.cc for each API, and all_messages.h.

An API is a name as in Kafka's schemas without Request and Response ("CreateTopics"), or a header ("RequestHeader").
"""

import pathlib
import sys

import cpp
import schema


def message_names(api):
    return [api] if api.endswith("Header") else [api + "Request", api + "Response"]


def main(jar, out_folder, include_folder, apis):
    out = pathlib.Path(out_folder)
    stems = {}
    for api in apis:
        stem = cpp.snake_case(api)
        messages = [schema.read_message(jar, name) for name in message_names(api)]
        stems[stem] = messages
        (out / f"{stem}.h").write_text(cpp.header(messages, include_folder))
        (out / f"{stem}.cc").write_text(cpp.source(messages, f"{include_folder}/message/{stem}.h", include_folder))
    (out / "all_messages.h").write_text(cpp.index(stems, include_folder))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
