#!/bin/sh
# Writes golden_messages.txt and error_codes.txt anew, by Kafka's own classes (tools/install brings its jars).
set -eu
cd "$(dirname "$0")"
libs="${SLUICE_CACHE:-$HOME/.cache/sluice}/kafka/4.3.1/libs"
apis=$(sed -n 's/^ *"\([A-Za-z]*\)",$/\1/p' ../message/apis.bzl)
# shellcheck disable=SC2086
java -cp "$libs/*" GoldenMessages.java $apis >golden_messages.txt
java -cp "$libs/*" GoldenMessages.java errors >error_codes.txt
