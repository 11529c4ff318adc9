#include "cli/config/context_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/config/private_file.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::cli {
namespace {

std::string Text(const YAML::Node& node, const char* key) { return node[key] ? node[key].as<std::string>() : ""; }

void Emit(YAML::Emitter& out, const char* key, const std::string& value) {
  if (!value.empty()) out << YAML::Key << key << YAML::Value << value;
}

}  // namespace

std::filesystem::path ContextFile::DefaultPath(std::string_view sluice_config, std::string_view xdg_config_home,
                                               std::string_view home) {
  if (!sluice_config.empty()) return sluice_config;
  if (!xdg_config_home.empty()) return std::filesystem::path(xdg_config_home) / "sluice" / "config.yaml";
  return std::filesystem::path(home) / ".config" / "sluice" / "config.yaml";
}

absl::StatusOr<ContextFile> ContextFile::Load(const std::filesystem::path& path) {
  ContextFile file;
  file.path_ = path;
  ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadFileIfThere(path));
  if (!text) return file;
  try {
    const YAML::Node root = YAML::Load(*text);
    if (!root.IsMap() && !root.IsNull()) throw YAML::RepresentationException(root.Mark(), "it is no mapping");
    file.current_ = Text(root, "current");
    for (const YAML::Node& node : root["contexts"]) {
      file.contexts_.push_back({.name = Text(node, "name"),
                                .endpoint = Text(node, "endpoint"),
                                .ca_file = Text(node, "ca_file"),
                                .key_file = Text(node, "key_file"),
                                .organization = Text(node, "organization"),
                                .environment = Text(node, "environment"),
                                .balancer_endpoint = Text(node, "balancer_endpoint")});
    }
  } catch (const YAML::Exception& error) {
    return MakeError(absl::StatusCode::kInvalidArgument, path.string() + " is no context file: " + error.what(),
                     {.reason = "CONTEXT_FILE_INVALID",
                      .remedy = "Repair it, or move it away and run 'sluice context add'.",
                      .metadata = {{"file", path.string()}}});
  }
  return file;
}

absl::StatusOr<Context> ContextFile::Find(std::string_view name) const {
  const std::string wanted = name.empty() ? current_ : std::string(name);
  if (wanted.empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "no context is set in " + path_.string(),
                     {.reason = "NO_CONTEXT",
                      .remedy = "Run 'sluice context add NAME --endpoint HOST:PORT --ca-file CA.pem --key-file KEY "
                                "--organization ORG --environment ENV', or start a local one with 'make run'."});
  }
  auto found = std::find_if(contexts_.begin(), contexts_.end(), [&](const Context& c) { return c.name == wanted; });
  if (found == contexts_.end()) {
    return MakeError(absl::StatusCode::kNotFound, "there is no context '" + wanted + "' in " + path_.string(),
                     {.reason = "CONTEXT_NOT_FOUND", .field = "context", .remedy = "See 'sluice context list'."});
  }
  return *found;
}

void ContextFile::Put(Context context) {
  if (current_.empty()) current_ = context.name;
  auto found =
      std::find_if(contexts_.begin(), contexts_.end(), [&](const Context& c) { return c.name == context.name; });
  if (found == contexts_.end()) {
    contexts_.push_back(std::move(context));
  } else {
    *found = std::move(context);
  }
}

absl::Status ContextFile::Use(std::string_view name) {
  ASSIGN_OR_RETURN(const Context context, Find(name));
  current_ = context.name;
  return absl::OkStatus();
}

absl::Status ContextFile::Save() const {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "current" << YAML::Value << current_;
  out << YAML::Key << "contexts" << YAML::Value << YAML::BeginSeq;
  for (const Context& context : contexts_) {
    out << YAML::BeginMap;
    Emit(out, "name", context.name);
    Emit(out, "endpoint", context.endpoint);
    Emit(out, "ca_file", context.ca_file);
    Emit(out, "key_file", context.key_file);
    Emit(out, "organization", context.organization);
    Emit(out, "environment", context.environment);
    Emit(out, "balancer_endpoint", context.balancer_endpoint);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return WriteFileInOneStep(path_, absl::StrCat(out.c_str(), "\n"), FileMode::kOwnerOnly);
}

std::filesystem::path ContextFile::Resolve(std::string_view file) const {
  const std::filesystem::path given(file);
  return given.is_absolute() ? given : folder() / given;
}

}  // namespace sluice::cli
