package org.sluice.node;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.metadata.RemoveUserScramCredentialRecord;
import org.apache.kafka.common.metadata.UserScramCredentialRecord;
import org.apache.kafka.image.ScramDelta;
import org.apache.kafka.image.ScramImage;

/** Kafka's own classes read random logs of users that come and go, with the anchor and without it. */
public final class ScramAnchorTest {
  private static final int LOGS = 2000;

  public static void main(String[] args) {
    check(ScramAnchor.NAME.hashCode() == 0, "the anchor's name has another hash code than 0");
    check(ScramAnchor.formatArgument().contains("name=" + ScramAnchor.NAME + ","), "the format's argument");
    check(!ScramAnchor.formatArgument().equals(ScramAnchor.formatArgument()), "the password is random");
    int lostWithout = 0;
    for (int seed = 0; seed < LOGS; ++seed) {
      check(keepsAll(seed, true), "users are lost although there is an anchor: seed " + seed);
      if (!keepsAll(seed, false)) ++lostWithout;
    }
    System.out.println("without the anchor users are lost in " + lostWithout + " of " + LOGS + " logs");
    check(lostWithout > 0, "Kafka loses no user any more: the anchor may go");
  }

  /** One log from its start to its end, as one delta: what a node without a snapshot does when it starts. */
  private static boolean keepsAll(int seed, boolean anchored) {
    Random random = new Random(seed);
    ScramDelta delta = new ScramDelta(ScramImage.EMPTY);
    Set<String> users = new TreeSet<>();
    if (anchored) add(delta, users, ScramAnchor.NAME);
    for (int step = 1 + random.nextInt(300); step > 0; --step) {
      String[] there = users.stream().filter(user -> !user.equals(ScramAnchor.NAME)).toArray(String[]::new);
      if (there.length > 0 && random.nextInt(3) > 0) {
        String gone = there[random.nextInt(there.length)];
        users.remove(gone);
        delta.replay(new RemoveUserScramCredentialRecord().setName(gone).setMechanism(ScramMechanism.SCRAM_SHA_512.type()));
      } else {
        add(delta, users, "lkc-" + Long.toString(random.nextLong(), 36) + ".key-" + step);
      }
    }
    var found = delta.apply().mechanisms().get(ScramMechanism.SCRAM_SHA_512);
    return (found == null ? Set.of() : new HashSet<>(found.keySet())).equals(new HashSet<>(users));
  }

  private static void add(ScramDelta delta, Set<String> users, String name) {
    users.add(name);
    delta.replay(
        new UserScramCredentialRecord()
            .setName(name)
            .setMechanism(ScramMechanism.SCRAM_SHA_512.type())
            .setIterations(4096)
            .setSalt(new byte[1])
            .setStoredKey(new byte[1])
            .setServerKey(new byte[1]));
  }

  private static void check(boolean right, String what) {
    if (!right) {
      System.err.println("failed: " + what);
      System.exit(1);
    }
  }
}
