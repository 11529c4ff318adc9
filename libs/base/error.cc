#include "libs/base/error.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "libs/base/strings.h"

namespace sluice {
namespace {

constexpr char kPayloadUrl[] = "sluice/error-detail";

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail) {
  std::string text(message);
  if (!detail.remedy.empty()) absl::StrAppend(&text, " — ", detail.remedy);
  nlohmann::json payload = {
      {"reason", detail.reason}, {"field", detail.field}, {"remedy", detail.remedy}, {"metadata", detail.metadata}};
  if (detail.retry_after) payload["retry_after_ms"] = absl::ToInt64Milliseconds(*detail.retry_after);
  absl::Status status(code, text);
  // A field's name may come from a caller's bytes: replace what is not UTF-8 rather than throw.
  status.SetPayload(kPayloadUrl, absl::Cord(payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  return status;
}

std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status) {
  auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  nlohmann::json json = nlohmann::json::parse(std::string(*payload), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  ErrorDetail detail{.reason = json.value("reason", ""),
                     .field = json.value("field", ""),
                     .remedy = json.value("remedy", ""),
                     .metadata = json.value("metadata", std::map<std::string, std::string>())};
  if (json.contains("retry_after_ms")) {
    detail.retry_after = absl::Milliseconds(json["retry_after_ms"].get<int64_t>());
  }
  return detail;
}

std::string ErrorReason(const absl::Status& status) {
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  return detail ? detail->reason : "";
}

}  // namespace sluice
