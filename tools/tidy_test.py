"""What tools/tidy finds, in a project of two files."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("SLUICE_CACHE", Path.home() / ".cache" / "sluice"))

CLEAN = "inline int Twice(int a) { return a + a; }\n"
USE = '#include "libs/a.h"\nint main() { return Twice(0); }\n'


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "tools").mkdir(parents=True)
    (folder / "libs").mkdir()
    shutil.copy(ROOT / "tools" / "tidy", folder / "tools")
    shutil.copy(ROOT / ".clang-tidy", folder)
    write(folder, CLEAN, USE)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


def write(folder, header, source):
    (folder / "libs" / "a.h").write_text(header)
    (folder / "libs" / "a.cc").write_text(source)


def tidy(folder):
    cache = folder.parent / "cache"
    cache.mkdir(exist_ok=True)
    if not (cache / "venv").exists():
        (cache / "venv").symlink_to(CACHE / "venv")
    return subprocess.run([folder / "tools" / "tidy", "--all"], env={**os.environ, "SLUICE_CACHE": str(cache)},
                          capture_output=True, text=True, timeout=120, check=False)


def clean_ones(folder):
    return len(list((folder.parent / "cache" / "tidy").iterdir()))


def test_clean(project):
    done = tidy(project)
    assert done.returncode == 0, done.stdout
    assert clean_ones(project) == 1


def test_a_comment_in_a_macro_does_not_keep_it_from_the_cache(project):
    write(project, CLEAN + "#define A(x) x/* said */##_\ninline int A(a) = 1;\n", USE)
    assert tidy(project).returncode == 0
    assert clean_ones(project) == 1


def test_bug_in_a_source(project):
    write(project, CLEAN, USE + "bool In(int a) { return 1 < a < 5; }\n")
    done = tidy(project)
    assert done.returncode != 0 and "libs/a.cc:3" in done.stdout
    assert clean_ones(project) == 0


def test_bug_in_a_header_of_ours(project):
    write(project, CLEAN + "inline bool In(int a) { return 1 < a < 5; }\n", USE)
    done = tidy(project)
    assert done.returncode != 0 and "libs/a.h:2" in done.stdout


def test_a_header_that_changes_is_looked_at_again(project):
    assert tidy(project).returncode == 0
    write(project, CLEAN + "inline bool In(int a) { return 1 < a < 5; }\n", USE)
    assert tidy(project).returncode != 0


def test_does_not_parse(project):
    write(project, CLEAN, USE + "int broken(\n")
    assert tidy(project).returncode != 0
