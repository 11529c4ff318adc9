#!/bin/sh
# Bazel's own py_test wants a program named python, which Debian does not have.
set -eu
cd "$(dirname "$0")"
exec python3 -B generator_test.py
