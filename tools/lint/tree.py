"""The files that a check looks at: what git knows or would add, read once."""

import ast
import subprocess
from functools import cached_property
from pathlib import Path

BINARY = {".png", ".bin", ".jar", ".jsa", ".ico"}


class Tree:
    def __init__(self, files):
        """files: path → text"""
        self.files = files

    @classmethod
    def of_repository(cls, root):
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                               capture_output=True, check=True).stdout.decode().split("\0")
        files = {}
        for name in filter(None, names):
            path = Path(root, name)
            if path.is_file() and path.suffix not in BINARY:
                files[name] = path.read_text(encoding="utf-8", errors="replace")
        return cls(files)

    def matching(self, *suffixes):
        return {name: text for name, text in sorted(self.files.items()) if name.endswith(suffixes)}

    @cached_property
    def targets(self):
        """Every rule of every BUILD.bazel: dicts of its literal attributes, with `rule` and `package`."""
        found = []
        for path, text in self.matching("BUILD.bazel").items():
            package = str(Path(path).parent)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    literals = {keyword.arg: _literal(keyword.value) for keyword in node.keywords if keyword.arg}
                    if isinstance(literals.get("name"), str):
                        found.append({**literals, "rule": node.func.id, "package": "" if package == "." else package})
        return found


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        # A glob or a list that is put together: the strings in it are enough for the checks.
        return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def label(text, package):
    """//a/b:c for any way to write it."""
    if text.startswith(":"):
        return f"//{package}{text}"
    if text.startswith("//") and ":" not in text:
        return f"{text}:{text.rsplit('/', 1)[1]}"
    return text
