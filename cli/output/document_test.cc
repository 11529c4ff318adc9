#include "cli/output/document.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>

namespace sluice::cli {
namespace {

TEST(DocumentTest, JsonKeepsTheOrderOfItsFields) {
  Document document;
  document["name"] = "orders";
  document["id"] = "lkc-1";
  std::ostringstream out;
  WriteJsonLine(out, document);
  EXPECT_EQ(out.str(), "{\"name\":\"orders\",\"id\":\"lkc-1\"}\n");
}

TEST(DocumentTest, BytesThatAreNoTextDoNotStopIt) {
  Document document;
  document["name"] = "\xff\xfe";
  std::ostringstream out;
  WriteJson(out, document);
  EXPECT_NE(out.str().find("\xEF\xBF\xBD"), std::string::npos);
}

TEST(DocumentTest, YamlSaysTheSameAsJson) {
  Document document;
  document["plain"] = "SASL_SSL";
  document["word"] = "no";
  document["number_like"] = "1e3";
  document["lines"] = "a: b\n- c";
  document["empty"] = "";
  document["count"] = 3;
  document["ratio"] = 0.5;
  document["flag"] = true;
  document["nothing"] = nullptr;
  document["none"] = Document::array();
  document["labels"] = Document::object();
  document["list"] = {1, "two"};
  document["deep"]["deeper"] = "x";
  std::ostringstream out;
  WriteYaml(out, document);

  const YAML::Node read = YAML::Load(out.str());
  EXPECT_EQ(read["plain"].as<std::string>(), "SASL_SSL");
  EXPECT_EQ(read["lines"].as<std::string>(), "a: b\n- c");
  EXPECT_EQ(read["empty"].as<std::string>(), "");
  EXPECT_EQ(read["count"].as<int>(), 3);
  EXPECT_EQ(read["ratio"].as<double>(), 0.5);
  EXPECT_TRUE(read["flag"].as<bool>());
  EXPECT_TRUE(read["nothing"].IsNull());
  EXPECT_EQ(read["none"].size(), 0u);
  EXPECT_EQ(read["list"][1].as<std::string>(), "two");
  EXPECT_EQ(read["deep"]["deeper"].as<std::string>(), "x");
  // Quoted, so that no reader makes a boolean or a number of them.
  EXPECT_NE(out.str().find("word: \"no\""), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("number_like: \"1e3\""), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("plain: SASL_SSL"), std::string::npos) << out.str();
}

}  // namespace
}  // namespace sluice::cli
