// A satellite's part of a crash test: opens a local substrate and does one thing with a cluster, so that a fail point
// (SLUICE_FAILPOINTS) can kill it in the middle.
//
//   drive_substrate STATE_FOLDER KAFKA_HOME JAVA up|stop|remove
#include <cstdio>
#include <cstring>

#include "libs/clock/clock.h"
#include "services/satellite/adapters/local/local_substrate.h"

namespace sluice::satellite {
namespace {

constexpr char kCluster[] = "pkc-contract";

absl::Status Do(Substrate& substrate, const char* what) {
  op::PhysicalSpec spec;
  spec.brokers = 2;
  spec.broker_disk_mib = 64;
  if (std::strcmp(what, "up") == 0) {
    if (absl::Status status = substrate.Prepare(kCluster, spec); !status.ok()) return status;
  }
  for (int32_t id : {1001, 1, 2}) {
    absl::Status status;
    if (std::strcmp(what, "up") == 0) status = substrate.Start(kCluster, spec, id);
    if (std::strcmp(what, "stop") == 0) status = substrate.Stop(kCluster, id);
    if (std::strcmp(what, "remove") == 0) status = substrate.Kill(kCluster, id);
    if (!status.ok()) return status;
  }
  return std::strcmp(what, "remove") == 0 ? substrate.Remove(kCluster) : absl::OkStatus();
}

}  // namespace
}  // namespace sluice::satellite

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  sluice::satellite::LocalSubstrateOptions options;
  options.state_folder = argv[1];
  options.kafka_home = argv[2];
  options.java = argv[3];
  options.cache_folder = options.state_folder + "/cache";
  options.first_port = 24000;
  options.last_port = 24399;
  auto substrate = sluice::satellite::LocalSubstrate::Open(options, sluice::clock::RealClock());
  const absl::Status status = substrate.ok() ? sluice::satellite::Do(**substrate, argv[4]) : substrate.status();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
