package org.sluice.node;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * One Kafka node as one process: formats its log folders with Kafka's own StorageTool when they are new, then runs
 * Kafka, then serves its metrics.
 *
 * <p>In one JVM, since a format by itself costs a JVM's start, and starting is what a tenant waits for. The metrics
 * agent starts when Kafka runs, in a thread of its own, so that it is not on that path either.
 *
 * <p>Arguments: the server.properties. System properties: sluice.kafka.cluster.id; sluice.kafka.initial.controllers (the
 * first quorum, for a controller of it; a broker has none); sluice.metrics ("host:port:config file", none: no metrics);
 * sluice.rehearsal (true: end as soon as Kafka runs, for the making of a class archive).
 */
public final class NodeMain {
  private static final long POLL_MS = 50;

  private NodeMain() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 1) {
      System.err.println("usage: NodeMain <server.properties>");
      System.exit(2);
    }
    formatIfNew(args[0]);
    Thread after = new Thread(NodeMain::afterStart, "sluice-after-start");
    after.setDaemon(true);
    after.start();
    kafka.Kafka.main(args);
  }

  private static void formatIfNew(String config) throws IOException {
    Properties properties = new Properties();
    try (var reader = Files.newBufferedReader(Path.of(config))) {
      properties.load(reader);
    }
    if (Files.exists(Path.of(properties.getProperty("log.dirs"), "meta.properties"))) return;
    List<String> format =
        new ArrayList<>(
            List.of(
                "format",
                "--ignore-formatted",
                "--cluster-id",
                System.getProperty("sluice.kafka.cluster.id"),
                "--config",
                config));
    String controllers = System.getProperty("sluice.kafka.initial.controllers", "");
    if (!controllers.isEmpty()) {
      format.add("--initial-controllers");
      format.add(controllers);
    } else if (properties.getProperty("process.roles").contains("controller")) {
      format.add("--standalone");
    }
    if (properties.getProperty("process.roles").contains("controller")) {
      format.add("--add-scram");
      format.add(ScramAnchor.formatArgument());
    }
    int code = kafka.tools.StorageTool.execute(format.toArray(new String[0]), System.out);
    if (code != 0) System.exit(code);
  }

  private static void afterStart() {
    try {
      awaitKafka();
      if (Boolean.getBoolean("sluice.rehearsal")) {
        startMetrics();
        System.exit(0);
      }
      startMetrics();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // A node without metrics serves; the satellite sees that they are missing.
      System.err.println("metrics: " + e);
    }
  }

  private static void startMetrics() throws Exception {
    String metrics = System.getProperty("sluice.metrics", "");
    if (!metrics.isEmpty()) io.prometheus.jmx.JavaAgent.premain(metrics, null);
  }

  /** Until Kafka says that it runs: a broker by its state (3, RUNNING), a controller by knowing the quorum's leader. */
  private static void awaitKafka() throws JMException, InterruptedException {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName broker = new ObjectName("kafka.server:type=KafkaServer,name=BrokerState");
    ObjectName controller =
        new ObjectName("kafka.controller:type=KafkaController,name=ActiveControllerCount");
    while (true) {
      Thread.sleep(POLL_MS);
      if (beans.isRegistered(broker)) {
        if (((Number) beans.getAttribute(broker, "Value")).intValue() == 3) return;
      } else if (beans.isRegistered(controller)) {
        return;
      }
    }
  }
}
