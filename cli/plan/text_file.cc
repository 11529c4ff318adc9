#include "cli/plan/text_file.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::cli {
namespace {

constexpr size_t kChunk = 1 << 20;
constexpr size_t kMostBytes = size_t{4} << 30;

struct CloseGz {
  void operator()(gzFile_s* file) const { gzclose(file); }
};
using GzFile = std::unique_ptr<gzFile_s, CloseGz>;

absl::Status CannotWrite(const std::string& path) {
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot write ", path, ": ", strerror(errno)),
                   {.reason = "FILE_NOT_WRITABLE", .field = path, .remedy = "Choose a folder that you may write to."});
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  GzFile file(gzopen(path.c_str(), "rb"));  // reads plain files as they are
  if (file == nullptr) {
    return MakeError(absl::StatusCode::kNotFound, absl::StrCat("cannot read ", path, ": ", strerror(errno)),
                     {.reason = "FILE_NOT_FOUND", .field = path, .remedy = "Check the path."});
  }
  std::string text;
  for (;;) {
    const size_t before = text.size();
    if (before > kMostBytes) {
      return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(path, " is larger than 4 GiB"),
                       {.reason = "FILE_TOO_LARGE", .field = path, .remedy = "Plan for a part of the cluster."});
    }
    text.resize(before + kChunk);
    const int read = gzread(file.get(), text.data() + before, kChunk);
    if (read < 0) {
      return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(path, " is not a whole gzip file"),
                       {.reason = "FILE_DAMAGED", .field = path, .remedy = "Make it again."});
    }
    text.resize(before + read);
    if (read == 0) return text;
  }
}

absl::Status WriteTextFile(const std::string& path, std::string_view text) {
  if (path == "-") {
    return fwrite(text.data(), 1, text.size(), stdout) == text.size() ? absl::OkStatus() : CannotWrite(path);
  }
  const std::string unfinished = absl::StrCat(path, ".", getpid(), ".tmp");
  if (absl::EndsWith(path, ".gz")) {
    GzFile file(gzopen(unfinished.c_str(), "wb6"));
    if (file == nullptr || gzwrite(file.get(), text.data(), text.size()) != static_cast<int>(text.size())) {
      return CannotWrite(path);
    }
    if (gzclose(file.release()) != Z_OK) return CannotWrite(path);
  } else {
    std::ofstream file(unfinished, std::ios::binary);
    file.write(text.data(), text.size());
    file.close();
    if (!file) return CannotWrite(path);
  }
  if (rename(unfinished.c_str(), path.c_str()) != 0) return CannotWrite(path);
  return absl::OkStatus();
}

}  // namespace sluice::cli
