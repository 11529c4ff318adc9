#pragma once

#include <string>

namespace sluice::process {

// "host" where the machine has no name.
std::string HostName();
// "machine:4711", host and process: who holds a lease, for people.
std::string HolderName();

}  // namespace sluice::process
