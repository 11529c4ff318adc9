"""The folder that holds everything of one running stack: ports, secrets, data, logs. Nothing lies outside it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path

from .failure import DISK_FULL, Failure

# Kafka and PostgreSQL stop working, not only growing, when their disk is full.
MIN_FREE_MIB = 1024


class StateFolder:
    def __init__(self, root):
        self.root = Path(root).resolve()

    def path(self, *parts):
        return self.root.joinpath(*parts)

    def prepare(self):
        self.root.mkdir(parents=True, exist_ok=True)
        for name in ("logs", "processes"):
            self.path(name).mkdir(exist_ok=True)
        self.folder("secrets", mode=0o700)

    def folder(self, *parts, mode=0o755):
        path = self.path(*parts)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return path

    def require_room(self):
        """SLUICE_MIN_FREE_MIB changes how much must be free; a test asks for more than there is."""
        wanted = int(os.environ.get("SLUICE_MIN_FREE_MIB", MIN_FREE_MIB))
        free = shutil.disk_usage(self.root).free >> 20
        if free < wanted:
            raise Failure(
                f"{free} MiB are free where {self.root} lies; {wanted} MiB are needed.",
                "Free some, or keep the state on a larger disk: make run STATE=/a/larger/disk/sluice",
                code=DISK_FULL,
            )

    @contextlib.contextmanager
    def locked(self, wait=True):
        """One up, down or restart at a time; a second one waits, or is given False."""
        with open(self.path("lock"), "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    def write(self, path, text, mode=0o644):
        """In one step: a reader sees the old or the new text."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        os.replace(fresh, path)

    def read_json(self, name, default):
        try:
            return json.loads(self.path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return default

    def write_json(self, name, value):
        self.write(self.path(name), json.dumps(value, indent=1, sort_keys=True) + "\n")

    def secret(self, name, size=24):
        """The file with a random secret, made once; 0600."""
        path = self.path("secrets", name)
        if not path.exists():
            self.write(path, secrets.token_hex(size) + "\n", mode=0o600)
        return path

    def entered_by_others(self):
        """May another user's process reach a file of its own below here?"""
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in (self.root, *self.root.parents))
