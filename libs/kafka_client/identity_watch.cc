#include "libs/kafka_client/identity_watch.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace sluice::kafka_client {

IdentityWatch::IdentityWatch(const ConnectionOptions& connection, const clock::Clock& clock, absl::Duration look_each)
    : certificate_file_(connection.tls ? connection.tls->certificate_file : ""),
      clock_(clock),
      look_each_(look_each),
      certificate_(Read()),
      next_look_(clock.MonotonicNow() + look_each) {}

bool IdentityWatch::Renewed() {
  if (certificate_file_.empty() || clock_.MonotonicNow() < next_look_) return false;
  next_look_ = clock_.MonotonicNow() + look_each_;
  std::string now = Read();
  if (now.empty() || now == certificate_) return false;
  certificate_ = std::move(now);
  return true;
}

std::string IdentityWatch::Read() const {
  if (certificate_file_.empty()) return "";
  std::ifstream file(certificate_file_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace sluice::kafka_client
