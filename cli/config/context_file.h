#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::cli {

// One control plane as one caller sees it. File paths may be relative to the context file's folder.
struct Context {
  std::string name;
  // host:port of the API.
  std::string endpoint;
  // The CA that signed the API's certificate, PEM.
  std::string ca_file;
  // The bearer secret, alone in a file: secrets are never arguments.
  std::string key_file;
  // Short ids that resolve short names.
  std::string organization;
  std::string environment;
  // host:port of the balancer-planner's API, with a certificate of the same CA; empty: there is none.
  std::string balancer_endpoint;
};

// The contexts that a person or a script has, in a YAML file. A file that is not there is an empty one.
class ContextFile {
 public:
  // CONTEXT_FILE_INVALID when it is no YAML of ours.
  static absl::StatusOr<ContextFile> Load(const std::filesystem::path& path);

  // $SLUICE_CONFIG, or sluice/config.yaml below $XDG_CONFIG_HOME or $HOME/.config. Any of the three may be empty.
  static std::filesystem::path DefaultPath(std::string_view sluice_config, std::string_view xdg_config_home,
                                           std::string_view home);

  const std::vector<Context>& contexts() const { return contexts_; }
  const std::string& current() const { return current_; }
  const std::filesystem::path& path() const { return path_; }
  // Where the CLI writes what it was given, beside the file: CAs of clusters.
  std::filesystem::path folder() const { return path_.parent_path(); }

  // The context of that name, the current one when `name` is empty; CONTEXT_NOT_FOUND or NO_CONTEXT.
  absl::StatusOr<Context> Find(std::string_view name) const;

  // Adds or replaces by name; the first one becomes the current.
  void Put(Context context);
  // CONTEXT_NOT_FOUND
  absl::Status Use(std::string_view name);
  // Replaces the file in one step; readable by its owner alone.
  absl::Status Save() const;

  // `file` itself when absolute, else below this file's folder.
  std::filesystem::path Resolve(std::string_view file) const;

 private:
  std::filesystem::path path_;
  std::string current_;
  std::vector<Context> contexts_;
};

}  // namespace sluice::cli
