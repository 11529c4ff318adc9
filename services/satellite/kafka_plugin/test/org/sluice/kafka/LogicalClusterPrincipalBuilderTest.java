package org.sluice.kafka;

import java.net.InetAddress;
import java.security.Principal;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import javax.security.sasl.SaslServer;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SaslAuthenticationContext;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.auth.SslAuthenticationContext;

/** A table, run by main: exit status 1 and a line per failure. */
public final class LogicalClusterPrincipalBuilderTest {
  private static int failures = 0;

  private static void expect(String what, Object got, Object wanted) {
    if (wanted.equals(got)) return;
    failures++;
    System.err.println("FAILED " + what + ": got " + got + ", wanted " + wanted);
  }

  private static AuthenticationContext scram(String mechanism, String user) throws Exception {
    SaslServer server = (SaslServer) Proxy.newProxyInstance(SaslServer.class.getClassLoader(),
        new Class<?>[] {SaslServer.class}, (proxy, method, args) -> switch (method.getName()) {
          case "getMechanismName" -> mechanism;
          case "getAuthorizationID" -> user;
          default -> null;
        });
    return new SaslAuthenticationContext(server, SecurityProtocol.SASL_SSL, InetAddress.getLoopbackAddress(), "CLIENT");
  }

  private static AuthenticationContext certificate(String subject) {
    Principal peer = new javax.security.auth.x500.X500Principal(subject);
    SSLSession session = (SSLSession) Proxy.newProxyInstance(SSLSession.class.getClassLoader(),
        new Class<?>[] {SSLSession.class},
        (proxy, method, args) -> method.getName().equals("getPeerPrincipal") ? peer : null);
    return new SslAuthenticationContext(session, InetAddress.getLoopbackAddress(), "INTERNAL");
  }

  public static void main(String[] args) throws Exception {
    LogicalClusterPrincipalBuilder builder = new LogicalClusterPrincipalBuilder();
    builder.configure(Map.of("ssl.principal.mapping.rules", "RULE:^CN=([^,]*).*$/$1/,DEFAULT"));

    String[][] users = {
        {"lkc-7f3k2p9q.key-9d2m4x1a", "User:lkc-7f3k2p9q"},
        {"lkc-7f3k2p9q.key-other", "User:lkc-7f3k2p9q"},
        {"operator", "User:operator"},
        {"lkc-7f3k2p9q", "User:ANONYMOUS"},
        {"lkc-7f3k2p9q.", "User:lkc-7f3k2p9q."},
        {"xlkc-7f3k2p9q.key-a", "User:xlkc-7f3k2p9q.key-a"},
        {"lkc-a.lkc-b.key-c", "User:lkc-a.lkc-b.key-c"},
        {"lkc-A.key-c", "User:lkc-A.key-c"},
        {"lkc-a.key-c\n", "User:lkc-a.key-c\n"},
    };
    for (String[] row : users) {
      expect("user " + row[0], builder.build(scram("SCRAM-SHA-512", row[0])).toString(), row[1]);
    }
    expect("PLAIN is left to Kafka", builder.build(scram("PLAIN", "lkc-a.key-b")).toString(), "User:lkc-a.key-b");
    expect("certificate", builder.build(certificate("CN=sluice-satellite,O=x")).toString(), "User:sluice-satellite");
    expect("certificate with a cluster's name", builder.build(certificate("CN=lkc-a")), KafkaPrincipal.ANONYMOUS);

    KafkaPrincipal principal = new KafkaPrincipal("User", "lkc-a", true);
    expect("serde", builder.deserialize(builder.serialize(principal)), principal);

    LogicalClusterPrincipalBuilder plain = new LogicalClusterPrincipalBuilder();
    plain.configure(Map.of());
    expect("no rules", plain.build(certificate("CN=a,O=b")).getName().contains("CN=a"), true);

    if (failures > 0) System.exit(1);
    System.out.println("all passed");
  }
}
