"""What tools/install says when it cannot; nothing is downloaded."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

INSTALL = Path(__file__).with_name("install")
# Commands that it needs before it can say anything.
TOOLS = ("bash cat chmod comm cut date df dirname dpkg-query env flock grep head ln mkdir mktemp mv npm readlink rm sed "
         "sha256sum sort tail tr wc").split()


@pytest.fixture
def path(tmp_path):
    """A PATH with the tools alone: no java, no mvn."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            folder.joinpath(tool).symlink_to(found)
    return folder


def install(**env):
    return subprocess.run([INSTALL], env={**os.environ, **env}, capture_output=True, text=True, timeout=300)


def test_nothing_to_do():
    assert install().returncode == 0


def test_another_system():
    done = install(SLUICE_OS="plan9-4")
    assert done.returncode == 2
    assert "plan9-4" in done.stderr and "Debian 12" in done.stderr


def test_disk_full(tmp_path):
    done = install(SLUICE_CACHE=str(tmp_path), SLUICE_MIN_FREE_GIB="1000000")
    assert done.returncode == 5
    assert "1000000 GiB are needed" in done.stderr and "SLUICE_CACHE" in done.stderr


def test_no_java(path):
    done = install(PATH=str(path))
    assert done.returncode == 6
    assert "no java" in done.stderr and "openjdk-17-jdk-headless" in done.stderr


def test_old_java(path):
    for name in ("java", "javac"):
        path.joinpath(name).write_text('#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n')
        path.joinpath(name).chmod(0o755)
    done = install(PATH=str(path))
    assert done.returncode == 6 and "version 11" in done.stderr


def test_no_network(tmp_path):
    nowhere = "http://127.0.0.1:9"  # the discard port: nobody listens
    done = install(SLUICE_CACHE=str(tmp_path), SLUICE_MIN_FREE_GIB="0", PIP_INDEX_URL=nowhere + "/simple",
                   PIP_FIND_LINKS="", PIP_NO_CACHE_DIR="1", PIP_RETRIES="0", PIP_DEFAULT_TIMEOUT="2",
                   https_proxy=nowhere, http_proxy=nowhere)
    assert done.returncode == 4, done.stderr
    assert "Is there a network" in done.stderr and "run make again" in done.stderr


@pytest.fixture
def clone():
    """A copy of what tools/install reads, where any user may look."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-install-"))
    folder.chmod(0o755)
    shutil.copytree(INSTALL.parent / "pins", folder / "tools" / "pins")
    shutil.copytree(INSTALL.parents[1] / "deploy" / "local" / "kafka", folder / "deploy" / "local" / "kafka")
    shutil.copy(INSTALL, folder / "tools" / "install")
    folder.joinpath("home").mkdir()
    folder.joinpath("home").chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def test_missing_packages_without_sudo(clone):
    """Not root, no sudo: the packages are named, and nothing is asked."""
    tools = clone / "bin"
    tools.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            tools.joinpath(tool).symlink_to(found)
    tools.joinpath("dpkg-query").unlink()
    tools.joinpath("dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    tools.joinpath("dpkg-query").chmod(0o755)
    user = ["setpriv", "--reuid", "nobody", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, clone / "tools" / "install"], capture_output=True, text=True, timeout=60,
                          executable=shutil.which("setpriv") if user else None,
                          env={"PATH": str(tools), "HOME": str(clone / "home"), "SLUICE_MIN_FREE_GIB": "0"})
    assert done.returncode == 3, done.stderr
    assert "no sudo" in done.stderr and "bazel-bootstrap" in done.stderr
