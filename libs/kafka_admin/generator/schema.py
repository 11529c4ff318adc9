"""Reads Apache Kafka's message schemas (common/message/*.json in kafka-clients' jar) into plain objects.

The format is described in Kafka's own clients/src/main/resources/common/message/README.md; what this client's
messages do not use (records, float32, …) is refused by name rather than guessed at.
"""

import json
import zipfile
from dataclasses import dataclass, field

NEVER = (1, 0)  # an empty range
MAX_VERSION = 32767

SCALARS = ("bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "string", "bytes", "uuid")


class SchemaError(Exception):
    """The schema has something that this generator does not know."""


@dataclass
class Field:
    name: str
    type: str  # a scalar's name or a struct's
    is_array: bool
    versions: tuple
    nullable: tuple
    tagged: tuple
    tag: int
    ignorable: bool
    default: object  # None: the type's own; "null": null
    flexible: tuple  # None: as the message
    about: str


@dataclass
class Struct:
    name: str
    fields: list
    about: str = ""


@dataclass
class Message:
    name: str
    kind: str  # request, response, header
    api_key: int
    versions: tuple
    flexible: tuple
    structs: list = field(default_factory=list)  # each after those that it uses
    fields: list = field(default_factory=list)


def strip_comments(text):
    """JSON with // comments to JSON; a // inside a string stays."""
    out, i, quoted = [], 0, False
    while i < len(text):
        c = text[i]
        if quoted and c == "\\":
            out.append(text[i : i + 2])
            i += 2
            continue
        if c == '"':
            quoted = not quoted
        if not quoted and text.startswith("//", i):
            end = text.find("\n", i)
            i = len(text) if end < 0 else end
            continue
        out.append(c)
        i += 1
    return "".join(out)


def parse_versions(text):
    """ "3" → (3, 3), "2-4" → (2, 4), "1+" → (1, MAX_VERSION), "none" → NEVER. """
    if text is None or text == "none":
        return NEVER
    if text.endswith("+"):
        return (int(text[:-1]), MAX_VERSION)
    if "-" in text:
        low, high = text.split("-")
        return (int(low), int(high))
    return (int(text), int(text))


def _parse_field(raw):
    type_name = raw["type"]
    is_array = type_name.startswith("[]")
    if is_array:
        type_name = type_name[2:]
    if type_name not in SCALARS and not type_name[0].isupper():
        raise SchemaError(f"field {raw['name']}: type {type_name} is not supported")
    return Field(
        name=raw["name"],
        type=type_name,
        is_array=is_array,
        versions=parse_versions(raw["versions"]),
        nullable=parse_versions(raw.get("nullableVersions")),
        tagged=parse_versions(raw.get("taggedVersions")),
        tag=raw.get("tag", -1),
        ignorable=raw.get("ignorable", False) in (True, "true"),
        default=raw.get("default"),
        flexible=parse_versions(raw["flexibleVersions"]) if "flexibleVersions" in raw else None,
        about=raw.get("about", ""),
    )


def _collect(raw_fields, message):
    """Parses fields, adding the structs that they declare to the message, inner ones first."""
    fields = []
    for raw in raw_fields:
        parsed = _parse_field(raw)
        if raw.get("fields"):
            inner = _collect(raw["fields"], message)
            message.structs.append(Struct(parsed.type, inner, parsed.about))
        fields.append(parsed)
    return fields


def parse_message(text):
    raw = json.loads(strip_comments(text))
    versions = parse_versions(raw["validVersions"])
    if raw.get("latestVersionUnstable") in (True, "true"):
        versions = (versions[0], versions[1] - 1)
    message = Message(raw["name"], raw["type"], raw.get("apiKey", -1), versions, parse_versions(raw["flexibleVersions"]))
    for common in raw.get("commonStructs", []):
        message.structs.append(Struct(common["name"], _collect(common["fields"], message)))
    message.fields = _collect(raw["fields"], message)
    declared = {s.name for s in message.structs}
    if len(declared) != len(message.structs):
        raise SchemaError(f"{message.name}: a struct is declared twice")
    for owner in message.structs + [message]:
        for f in owner.fields:
            if f.type not in SCALARS and f.type not in declared:
                raise SchemaError(f"{message.name}: {f.type} is not declared")
    return message


def read_message(jar_path, name):
    with zipfile.ZipFile(jar_path) as jar:
        return parse_message(jar.read(f"common/message/{name}.json").decode())
