"""buf lint and buf breaking. buf takes imports from a module beside ours, so both are laid into a folder for it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GOOGLEAPIS = "googleapis/1.76.0"


def protos_are_clean(root):
    """Lines of complaint."""
    with tempfile.TemporaryDirectory() as folder:
        now = _workspace(root, Path(folder, "now"), root / "proto")
        yield from _buf("lint", now)
        base = _base(root)
        if base is None:
            return
        then = _workspace(root, Path(folder, "then"), _checkout(root, base, Path(folder, "checkout")))
        yield from _buf("breaking", now, "--against", str(then))


def _base(root):
    """The last commit on main that is not this one, if it has protos."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    head = git("rev-parse", "HEAD")
    base = git("merge-base", "HEAD", "origin/main")
    if base is None or base == head:
        base = git("rev-parse", "-q", "--verify", "HEAD~1")
    return base if base and git("cat-file", "-e", f"{base}:proto") is not None else None


def _checkout(root, commit, folder):
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit, "proto"], cwd=root, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder / "proto"


def _workspace(root, folder, protos):
    cache = Path(os.environ.get("SLUICE_CACHE") or Path.home() / ".cache" / "sluice")
    shutil.copytree(protos, folder / "proto")
    shutil.copytree(cache / GOOGLEAPIS / "google", folder / "googleapis" / "google",
                    ignore=shutil.ignore_patterns("*.py", "*.pyi", "__pycache__"))
    shutil.copy(root / "buf.yaml", folder)
    return folder


def _buf(command, folder, *arguments):
    buf = Path(sys.executable).with_name("buf")
    done = subprocess.run([buf, command, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        for line in (done.stdout + done.stderr).splitlines():
            yield f"buf {command}: {line}"
