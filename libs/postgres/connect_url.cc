#include "libs/postgres/connect_url.h"

#include <cstdlib>
#include <regex>

#include "absl/strings/str_replace.h"
#include "libs/base/error.h"

namespace sluice::postgres {

absl::StatusOr<ConnectOptions> ConnectOptionsOf(const std::string& url, const std::string& password_file,
                                                const std::string& application_name) {
  static const std::regex shape(R"(postgres(?:ql)?://([^@:/?]+)@([^:/?]+)(?::(\d{1,5}))?/([^/?]+))");
  std::smatch match;
  if (!std::regex_match(url, match, shape)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "--database-url cannot be read",
                     {.reason = "INVALID_FIELD",
                      .field = "--database-url",
                      .remedy = "give postgresql://user@host:port/dbname, the password in --database-password-file"});
  }
  ConnectOptions options;
  options.user = match[1];
  options.host = absl::StrReplaceAll(match[2].str(), {{"%2F", "/"}});
  if (match[3].matched) options.port = std::atoi(match[3].str().c_str());
  options.dbname = match[4];
  options.password_file = password_file;
  options.application_name = application_name;
  return options;
}

}  // namespace sluice::postgres
