#include "libs/process/process_name.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace sluice::process {

std::string HostName() {
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  return host;
}

std::string HolderName() { return absl::StrCat(HostName(), ":", getpid()); }

}  // namespace sluice::process
