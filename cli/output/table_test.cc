#include "cli/output/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::cli {
namespace {

TEST(TableTest, ColumnsAreAlignedAndEndWithoutSpaces) {
  Table table({"NAME", "STATE", "TOPICS"});
  table.Add({"orders", {"READY", Tone::kGood}, "3"});
  table.Add({"größe", "PROVISIONING", ""});
  std::ostringstream out;
  table.Print(out, /*colour=*/false);
  EXPECT_EQ(out.str(),
            "NAME    STATE         TOPICS\n"
            "orders  READY         3\n"
            "größe   PROVISIONING  \n");
}

TEST(TableTest, ColourDoesNotMoveColumns) {
  Table table({"A", "B"});
  table.Add({{"READY", Tone::kGood}, "x"});
  std::ostringstream out;
  table.Print(out, /*colour=*/true);
  EXPECT_EQ(out.str(), "\x1b[1mA\x1b[0m      \x1b[1mB\x1b[0m\n\x1b[32mREADY\x1b[0m  x\n");
}

TEST(TableTest, WithoutRowsItSaysSo) {
  std::ostringstream out;
  Table({"NAME"}, "No clusters.").Print(out, false);
  Table({"NAME"}).Print(out, false);
  EXPECT_EQ(out.str(), "No clusters.\n");
}

TEST(TableTest, WhatComesFromElsewhereCannotSteerTheTerminal) {
  Table table({"NAME"});
  table.Add({"\x1b[2Jx\ny"});
  std::ostringstream out;
  table.Print(out, false);
  EXPECT_EQ(out.str(), "NAME\n?[2Jx?y\n");
}

TEST(SheetTest, EmptyLinesAreLeftOut) {
  Sheet sheet;
  sheet.Add("type", "SERVERLESS");
  sheet.Add("region", "");
  sheet.Add("bootstrap", "localhost:9092");
  std::ostringstream out;
  sheet.Print(out, false, 2);
  EXPECT_EQ(out.str(), "  type       SERVERLESS\n  bootstrap  localhost:9092\n");
}

}  // namespace
}  // namespace sluice::cli
