#!/bin/sh
# Bazel's own py_test wants a program named python, which Debian does not have.
set -eu
SLUICE=$(realpath "$1")
export SLUICE
cd "$(dirname "$0")"
exec python3 -B judges_test.py
