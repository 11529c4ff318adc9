#!/bin/bash
# Runs the node's own test in a small JVM with Kafka's jars.
set -euo pipefail
here=services/satellite/adapters/local/node
exec java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  -cp "$here/sluice-node.jar:$here/node_test.jar:$(echo external/kafka/libs/*.jar | tr ' ' ':')" \
  org.sluice.node.ScramAnchorTest
