package org.sluice.kafka;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.config.internals.BrokerSecurityConfigs;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.KafkaPrincipalBuilder;
import org.apache.kafka.common.security.auth.KafkaPrincipalSerde;
import org.apache.kafka.common.security.auth.SaslAuthenticationContext;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;
import org.apache.kafka.common.security.ssl.SslPrincipalMapper;

/**
 * Maps the SCRAM user of a key, {@code lkc-….key-…}, to the principal of its logical cluster, {@code User:lkc-…}.
 *
 * <p>So ACLs and quotas are set once for a logical cluster and hold over all of its keys, and a new key is one SCRAM
 * record. Everything else is as Kafka's own builder has it, with {@code ssl.principal.mapping.rules} applied. A
 * certificate never becomes a logical cluster's principal: only SCRAM users do.
 *
 * <p>Kafka calls it for each request, from many threads: it has no state but the mapping rules.
 */
public final class LogicalClusterPrincipalBuilder
    implements KafkaPrincipalBuilder, KafkaPrincipalSerde, Configurable {
  private static final Pattern KEY_USER = Pattern.compile("(lkc-[a-z0-9]{1,40})\\.key-[a-z0-9]{1,40}");
  private static final Pattern CLUSTER_NAME = Pattern.compile("lkc-[a-z0-9]{1,40}");

  private DefaultKafkaPrincipalBuilder kafkaBuilder =
      new DefaultKafkaPrincipalBuilder(null, SslPrincipalMapper.fromRules("DEFAULT"));

  @Override
  public void configure(Map<String, ?> configs) {
    Object rules = configs.get(BrokerSecurityConfigs.SSL_PRINCIPAL_MAPPING_RULES_CONFIG);
    String text = rules instanceof String && !((String) rules).isBlank() ? (String) rules : "DEFAULT";
    kafkaBuilder = new DefaultKafkaPrincipalBuilder(null, SslPrincipalMapper.fromRules(text));
  }

  @Override
  public KafkaPrincipal build(AuthenticationContext context) {
    if (context instanceof SaslAuthenticationContext sasl
        && sasl.server().getMechanismName().startsWith("SCRAM-")) {
      return ofScramUser(sasl.server().getAuthorizationID());
    }
    KafkaPrincipal principal = kafkaBuilder.build(context);
    // Whoever could have a certificate of such a name signed would be that tenant.
    return CLUSTER_NAME.matcher(principal.getName()).matches() ? KafkaPrincipal.ANONYMOUS : principal;
  }

  /** A key's user becomes its cluster; another user keeps its name unless that is a cluster's, which no login may take. */
  static KafkaPrincipal ofScramUser(String user) {
    Matcher key = KEY_USER.matcher(user);
    if (key.matches()) return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, key.group(1));
    if (CLUSTER_NAME.matcher(user).matches()) return KafkaPrincipal.ANONYMOUS;
    return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, user);
  }

  // Brokers forward requests to the controller with the principal in them. Kafka's own bytes, so that a cluster can
  // be rolled onto this class and away from it.
  @Override
  public byte[] serialize(KafkaPrincipal principal) {
    return kafkaBuilder.serialize(principal);
  }

  @Override
  public KafkaPrincipal deserialize(byte[] bytes) {
    return kafkaBuilder.deserialize(bytes);
  }
}
