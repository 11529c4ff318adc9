"""What a service says of itself on /metrics."""

import re
import urllib.request

_SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(port):
    """(name, labels, value) of all samples now."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = (_SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
    return [(one[1], dict(_LABEL.findall(one[2] or "")), float(one[3])) for one in found if one]


def total(port, name, **labels):
    """Sum over all samples with these labels; 0 when there is none yet."""
    return sum(value for found, has, value in samples(port)
               if found == name and all(has.get(key) == wanted for key, wanted in labels.items()))
