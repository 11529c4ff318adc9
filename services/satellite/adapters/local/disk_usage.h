#pragma once

#include <cstdint>
#include <string>

namespace sluice::satellite {

// Bytes that the folder's files take on disk (allocated blocks: Kafka's index files are sparse); -1 when it cannot be
// read. Files that vanish meanwhile are left out. O(files).
int64_t BytesOnDisk(const std::string& folder);

// Bytes that may still be written on the file system of `folder`; -1 when it cannot be told.
int64_t BytesFree(const std::string& folder);

}  // namespace sluice::satellite
