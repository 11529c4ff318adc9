#!/bin/bash
# Runs the plugin's own test in a small JVM with Kafka's jars.
set -euo pipefail
here=services/satellite/kafka_plugin
exec java -Xmx64m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
  -cp "$here/sluice-kafka-plugin.jar:$here/plugin_test.jar:$(echo external/kafka/libs/*.jar | tr ' ' ':')" \
  org.sluice.kafka.LogicalClusterPrincipalBuilderTest
