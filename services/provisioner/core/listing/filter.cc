#include "services/provisioner/core/listing/filter.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::provisioner {
namespace {

// A filter of more is a program.
constexpr size_t kMaxTerms = 16;
constexpr size_t kMaxLength = 2048;

absl::Status Invalid(const std::string& problem) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, absl::StrCat("filter: ", problem),
      {.reason = "INVALID_FILTER",
       .field = "filter",
       .remedy = "write field = value, several joined by AND, such as: state = READY AND labels.team = \"a\""});
}

struct Token {
  enum class Kind { kWord, kText, kEquals, kEnd } kind = Kind::kEnd;
  std::string text;
};

class Lexer {
 public:
  explicit Lexer(const std::string& text) : text_(text) {}

  absl::StatusOr<Token> Next() {
    while (at_ < text_.size() && absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ == text_.size()) return Token{};
    if (text_[at_] == '=') {
      ++at_;
      return Token{Token::Kind::kEquals, "="};
    }
    return text_[at_] == '"' ? Text() : Word();
  }

 private:
  absl::StatusOr<Token> Text() {
    Token token{Token::Kind::kText, ""};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return token;
      }
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      token.text += text_[at_];
    }
    return Invalid("a quoted value has no end");
  }

  absl::StatusOr<Token> Word() {
    Token token{Token::Kind::kWord, ""};
    const auto fits = [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("_.-/*", std::string(1, c));
    };
    while (at_ < text_.size() && fits(text_[at_])) token.text += text_[at_++];
    if (token.text.empty()) return Invalid(absl::StrCat("cannot read on at character ", at_ + 1));
    return token;
  }

  const std::string& text_;
  size_t at_ = 0;
};

bool IsKnown(const std::string& field, const std::vector<std::string>& fields) {
  return std::any_of(fields.begin(), fields.end(), [&](const std::string& known) {
    return known.back() == '.' ? absl::StartsWith(field, known) && field.size() > known.size() : field == known;
  });
}

bool MatchesAll(const Filter& filter, const std::function<std::string(const std::string&)>& value_of) {
  return std::all_of(filter.terms.begin(), filter.terms.end(), [&](const Filter::Term& term) {
    const std::string value = value_of(term.field);
    return term.prefix ? absl::StartsWith(value, term.value) : value == term.value;
  });
}

}  // namespace

absl::StatusOr<Filter> ParseFilter(const std::string& text, const std::vector<std::string>& fields) {
  Filter filter;
  if (text.size() > kMaxLength) return Invalid("it is longer than 2048 characters");
  Lexer lexer(text);
  ASSIGN_OR_RETURN(Token token, lexer.Next());
  if (token.kind == Token::Kind::kEnd) return filter;
  while (true) {
    if (token.kind != Token::Kind::kWord) return Invalid("a field is missing");
    Filter::Term term{.field = token.text};
    if (!IsKnown(term.field, fields)) {
      return Invalid(absl::StrCat("there is no field ", term.field, " here, but ", absl::StrJoin(fields, ", ")));
    }
    ASSIGN_OR_RETURN(token, lexer.Next());
    if (token.kind != Token::Kind::kEquals) return Invalid(absl::StrCat("'=' is missing after ", term.field));
    ASSIGN_OR_RETURN(token, lexer.Next());
    if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kText) return Invalid("a value is missing");
    term.value = token.text;
    if (absl::EndsWith(term.value, "*")) {
      term.prefix = true;
      term.value.pop_back();
    }
    filter.terms.push_back(std::move(term));
    if (filter.terms.size() > kMaxTerms) return Invalid("it has more than 16 terms");
    ASSIGN_OR_RETURN(token, lexer.Next());
    if (token.kind == Token::Kind::kEnd) return filter;
    if (token.kind != Token::Kind::kWord || token.text != "AND") return Invalid("terms are joined by AND");
    ASSIGN_OR_RETURN(token, lexer.Next());
  }
}

const std::vector<std::string>& ClusterFilterFields() {
  static const std::vector<std::string> fields = {"name", "uid", "type", "state", "region", "data_plane", "labels."};
  return fields;
}

const std::vector<std::string>& OperationFilterFields() {
  static const std::vector<std::string> fields = {"done", "target", "verb"};
  return fields;
}

const std::vector<std::string>& TopicFilterFields() {
  static const std::vector<std::string> fields = {"name"};
  return fields;
}

std::string StateName(ClusterState state) {
  static constexpr const char* kNames[] = {"STATE_UNSPECIFIED", "ACCEPTED",  "PLACING", "PROVISIONING", "READY",
                                           "UPDATING",          "SUSPENDED", "FAILED",  "DELETING",     "DELETED"};
  return kNames[static_cast<int>(state)];
}

bool Matches(const Filter& filter, const KafkaCluster& cluster) {
  // A name is the whole resource name, or its last part.
  const auto names_whole = [](const Filter::Term& term) {
    return term.field == "name" && absl::StrContains(term.value, "/");
  };
  const bool whole = std::any_of(filter.terms.begin(), filter.terms.end(), names_whole);
  return MatchesAll(filter, [&](const std::string& field) -> std::string {
    if (field == "name") return whole ? cluster.meta.name : cluster.id;
    if (field == "uid") return cluster.meta.uid;
    if (field == "type") return cluster.type == ClusterType::kServerless ? "SERVERLESS" : "DEDICATED";
    if (field == "state") return StateName(cluster.state);
    if (field == "region") return cluster.region;
    if (field == "data_plane") return cluster.placement.data_plane;
    const auto label = cluster.labels.find(field.substr(std::string("labels.").size()));
    return label == cluster.labels.end() ? "" : label->second;
  });
}

bool Matches(const Filter& filter, const Operation& operation) {
  static constexpr const char* kVerbs[] = {"", "create", "update", "delete", "undelete"};
  return MatchesAll(filter, [&](const std::string& field) -> std::string {
    if (field == "done") return operation.done ? "true" : "false";
    if (field == "target") return operation.target;
    return kVerbs[static_cast<int>(operation.verb)];
  });
}

bool Matches(const Filter& filter, const Topic& topic) {
  return MatchesAll(filter, [&](const std::string&) { return topic.id; });
}

absl::StatusOr<Order> ParseOrder(const std::string& text) {
  if (text.empty() || text == "name") return Order{};
  if (text == "name desc") return Order{.descending = true};
  if (text == "create_time") return Order{.by_create_time = true};
  if (text == "create_time desc") return Order{.by_create_time = true, .descending = true};
  return MakeError(
      absl::StatusCode::kInvalidArgument, absl::StrCat("cannot order by ", text),
      {.reason = "INVALID_ORDER", .field = "order_by", .remedy = "take name or create_time, with desc or not"});
}

}  // namespace sluice::provisioner
