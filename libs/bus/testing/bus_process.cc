// A relay or an inbox consumer as a process of its own, for tests that stop and kill it.
//   bus_process relay PGPORT DBNAME PASSWORDFILE BOOTSTRAP
//   bus_process inbox PGPORT DBNAME PASSWORDFILE BOOTSTRAP CONSUMER TOPIC

#include <cstdio>
#include <cstdlib>
#include <string>

#include "libs/bus/inbox/inbox_consumer.h"
#include "libs/bus/testing/bus_environment.h"
#include "libs/bus/testing/effect_handler.h"

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  using namespace sluice;  // NOLINT(build/namespaces)
  const std::string mode = argv[1];
  postgres::ConnectOptions database;
  database.port = std::atoi(argv[2]);
  database.dbname = argv[3];
  database.user = "postgres";
  database.password_file = argv[4];
  database.sslmode = "disable";
  kafka_client::ConnectionOptions kafka{.bootstrap_servers = argv[5]};
  metrics::Registry registry;
  clock::StopSignal stop;
  absl::Status status;
  if (mode == "relay") {
    bus::Backlog backlog({});
    bus::RelayWakeup wakeup(database, clock::CryptoRandom());
    bus::Relay relay({.database = database,
                      .kafka = kafka,
                      .holder = "child",
                      .lease = bus::kTestLease,
                      .message_timeout = bus::kTestMessageTimeout},
                     {clock::RealClock(), clock::CryptoRandom(), registry, backlog, wakeup});
    status = relay.Run(stop);
  } else if (mode == "inbox" && argc >= 8) {
    postgres::Pool pool({.connect = database, .size = 2}, clock::RealClock(), clock::CryptoRandom(), nullptr);
    bus::EffectHandler handler;
    bus::InboxConsumer inbox({.kafka = kafka,
                              .consumer = argv[6],
                              .topics = {argv[7]},
                              .batch_records = 10,
                              .session_timeout = absl::Seconds(6)},
                             {clock::RealClock(), clock::CryptoRandom(), registry, pool}, handler);
    status = inbox.Run(stop);
  }
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
