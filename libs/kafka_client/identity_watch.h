#pragma once

#include <string>

#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/kafka_client/connection.h"

namespace sluice::kafka_client {

// Tells when the certificate of a connection was renewed. librdkafka reads its files once, so a client that lives
// longer than its certificate has to be made anew, or its next connection is refused. One thread.
class IdentityWatch {
 public:
  // Looks at the file when asked, at most each `look_each` (> 0). Without TLS nothing is ever renewed.
  IdentityWatch(const ConnectionOptions& connection, const clock::Clock& clock,
                absl::Duration look_each = absl::Seconds(5));

  // Whether the file holds another certificate than at the construction or the last Renewed() that was true. A file
  // that cannot be read now was not renewed. The key is written before its certificate (libs/pki), so it is there by
  // then.
  bool Renewed();

 private:
  // Empty when it cannot be read.
  std::string Read() const;

  const std::string certificate_file_;
  const clock::Clock& clock_;
  const absl::Duration look_each_;
  std::string certificate_;
  absl::Duration next_look_;
};

}  // namespace sluice::kafka_client
