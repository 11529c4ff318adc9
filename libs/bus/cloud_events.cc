#include "libs/bus/cloud_events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::bus {
namespace {

constexpr std::size_t kMaxAttribute = 512;
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

absl::Status Bad(std::string_view field, std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, "record header " + std::string(field) + " " + std::string(what),
                   {.reason = "UNDECODABLE_RECORD", .field = std::string(field)});
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool AllZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

// The attributes that we know, by name; each at most once.
enum Attribute { kId, kSource, kType, kTime, kSpecVersion, kGeneration, kContent, kTraceparent, kAttributes };
constexpr std::array<std::string_view, kAttributes> kNames = {
    "ce_id", "ce_source", "ce_type", "ce_time", "ce_specversion", "ce_generation", "content-type", "traceparent"};

using Attributes = std::array<const std::string*, kAttributes>;

absl::StatusOr<Attributes> Collect(const std::vector<kafka_client::Header>& headers) {
  Attributes found{};
  for (const kafka_client::Header& header : headers) {
    const auto* name = std::find(kNames.begin(), kNames.end(), header.name);
    if (name == kNames.end()) continue;
    const std::string*& place = found[static_cast<std::size_t>(name - kNames.begin())];
    if (place != nullptr) return Bad(header.name, "is there twice");
    place = &header.value;
  }
  return found;
}

absl::Status CheckText(const Attributes& attributes, Attribute attribute) {
  const std::string* text = attributes[attribute];
  if (text == nullptr || text->empty()) return Bad(kNames[attribute], "is missing");
  if (text->size() > kMaxAttribute) return Bad(kNames[attribute], "is too long");
  const bool printable = std::all_of(text->begin(), text->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return printable ? absl::OkStatus() : Bad(kNames[attribute], "has characters beyond printable ASCII");
}

absl::StatusOr<std::int64_t> ParseGeneration(const std::string* text) {
  if (text == nullptr) return 0;
  std::int64_t generation = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), generation);
  if (error != std::errc() || end != text->data() + text->size() || generation < 0) {
    return Bad(kNames[kGeneration], "is not a number ≥ 0");
  }
  return generation;
}

absl::StatusOr<absl::Time> ParseTime(const std::string& text) {
  absl::Time time;
  // absl's RFC3339 parser also takes "infinite-past" and leading blanks, which no record of ours has.
  const bool digits = text.size() >= 20 && text.size() <= 40 && text[0] >= '0' && text[0] <= '9';
  if (!digits || !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return Bad(kNames[kTime], "is not an RFC 3339 time");
  }
  return time;
}

}  // namespace

bool IsValidTraceparent(std::string_view traceparent) {
  if (traceparent.size() != 55 || traceparent.substr(0, 3) != "00-" || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return false;
  }
  const std::string_view trace = traceparent.substr(3, 32), span = traceparent.substr(36, 16);
  return IsLowerHex(trace) && IsLowerHex(span) && IsLowerHex(traceparent.substr(53)) && !AllZero(trace) &&
         !AllZero(span);
}

std::vector<kafka_client::Header> EncodeHeaders(const OutboxMessage& message, std::string_view id, absl::Time time) {
  std::vector<kafka_client::Header> headers;
  headers.reserve(8);
  headers.push_back({"ce_specversion", "1.0"});
  headers.push_back({"ce_id", std::string(id)});
  headers.push_back({"ce_source", message.source});
  headers.push_back({"ce_type", message.type});
  headers.push_back({"ce_time", absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone())});
  if (message.generation > 0) headers.push_back({"ce_generation", std::to_string(message.generation)});
  if (message.payload) headers.push_back({"content-type", kContentType});
  if (IsValidTraceparent(message.traceparent)) headers.push_back({"traceparent", message.traceparent});
  return headers;
}

absl::StatusOr<ReceivedEvent> DecodeCloudEvent(kafka_client::ConsumerRecord record) {
  if (!record.key || record.key->empty()) return Bad("key", "is missing");
  if (record.key->size() > kMaxAttribute) return Bad("key", "is too long");
  ASSIGN_OR_RETURN(const Attributes attributes, Collect(record.headers));
  for (const Attribute attribute : {kSpecVersion, kId, kSource, kType, kTime}) {
    RETURN_IF_ERROR(CheckText(attributes, attribute));
  }
  if (*attributes[kSpecVersion] != "1.0") return Bad(kNames[kSpecVersion], "is not 1.0");
  if (record.value && (attributes[kContent] == nullptr || *attributes[kContent] != kContentType)) {
    return Bad(kNames[kContent], "is not application/protobuf");
  }
  ReceivedEvent event;
  ASSIGN_OR_RETURN(event.generation, ParseGeneration(attributes[kGeneration]));
  ASSIGN_OR_RETURN(event.time, ParseTime(*attributes[kTime]));
  event.id = *attributes[kId];
  event.source = *attributes[kSource];
  event.type = *attributes[kType];
  if (attributes[kTraceparent] != nullptr && IsValidTraceparent(*attributes[kTraceparent])) {
    event.traceparent = *attributes[kTraceparent];
  }
  event.key = *std::move(record.key);
  event.payload = std::move(record.value);
  event.topic = std::move(record.topic);
  event.partition = record.partition;
  event.offset = record.offset;
  return event;
}

}  // namespace sluice::bus
