"""The sluice command as one caller has it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

# The command's exit codes, docs/cli.md.
OK, ERROR, USAGE, NOT_FOUND, CONFLICT, NOT_ALLOWED, UNAVAILABLE, OPERATION_FAILED = range(8)


@dataclass
class Ended:
    """How a command ended."""

    arguments: tuple
    code: int
    out: str
    err: str

    @property
    def error(self):
        """The error document; {} when it ended well."""
        for line in reversed(self.err.splitlines()):
            if line.startswith('{"error"'):
                return json.loads(line)["error"]
        return {}

    @property
    def reason(self):
        return self.error.get("reason")

    def __str__(self):
        return f"sluice {' '.join(self.arguments)} → {self.code}: {self.err.strip()[-600:]}"


class Cli:
    def __init__(self, binary, config):
        self.binary = Path(binary)
        self.config = Path(config)

    def command(self, *arguments):
        return [str(self.binary), "-o", "json", *map(str, arguments)]

    def environment(self):
        return {**os.environ, "SLUICE_CONFIG": str(self.config)}

    def run(self, *arguments, timeout_s=180):
        """Whatever comes of it."""
        done = subprocess.run(self.command(*arguments), env=self.environment(), capture_output=True, text=True,
                              check=False, timeout=timeout_s)
        return Ended(tuple(map(str, arguments)), done.returncode, done.stdout, done.stderr)

    def start(self, *arguments):
        """A process to be waited for or killed by the caller."""
        return subprocess.Popen(self.command(*arguments), env=self.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def __call__(self, *arguments, timeout_s=180):
        """What it printed, decoded; it must end well."""
        ended = self.run(*arguments, timeout_s=timeout_s)
        assert ended.code == OK, str(ended)
        return json.loads(ended.out) if ended.out.strip() else None
