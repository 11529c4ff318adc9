#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace sluice::kafka_client {

// PEM files of a client identity.
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

struct ConnectionOptions {
  // host:port, comma-separated
  std::string bootstrap_servers;
  // Unset: plain text, for tests only.
  std::optional<TlsFiles> tls;
  // Shown in the broker's logs and quotas.
  std::string client_id = "sluice";
  // Further librdkafka settings, by its names; they win over ours.
  std::map<std::string, std::string> settings;
};

// Raw header, in the order that it was written.
struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

}  // namespace sluice::kafka_client
