#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace sluice::rpc::testing {

// A certificate for localhost that signs itself, good for a day, in a folder of its own that goes with it: for tests of
// servers. Its file is also the CA file of its clients.
class TestCertificate {
 public:
  static absl::StatusOr<TestCertificate> Make();
  TestCertificate(TestCertificate&& other) noexcept : folder_(std::exchange(other.folder_, "")) {}
  ~TestCertificate();

  std::string certificate_file() const { return folder_ + "/certificate.pem"; }
  std::string key_file() const { return folder_ + "/key.pem"; }
  const std::string& folder() const { return folder_; }

 private:
  explicit TestCertificate(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace sluice::rpc::testing
