package org.sluice.node;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * A SCRAM user that each cluster is formatted with, that nobody can log in as, and that is never removed.
 *
 * <p>Kafka up to 4.3.1 at least loses SCRAM users when a node reads its metadata log from the start: ScramDelta.apply goes
 * through the changes of the log by the order of a hash map, and when a removal finds the map of users empty it takes the
 * map itself away, so that all that follow are put into a map that nobody sees. A broker then refuses every key that was
 * made before it started. With a user that comes first in every hash map the map is never empty: the name's hash code is 0,
 * and it is the first that is ever put in.
 */
public final class ScramAnchor {
  /** Its String.hashCode() is 0, so that a HashMap of any size has it in its first bucket. */
  public static final String NAME = "sluice-anchor-hsgulnu";

  private ScramAnchor() {}

  /** What `kafka-storage format --add-scram` takes. The password is random and kept nowhere. */
  public static String formatArgument() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    String password = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    return "SCRAM-SHA-512=[name=" + NAME + ",iterations=4096,password=" + password + "]";
  }
}
