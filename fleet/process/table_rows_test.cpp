#include "fleet/process/table_rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace odograph::process {
namespace {

std::vector<std::string> rows_of(const TableRows& rows, std::string_view vehicle_id) {
  std::vector<std::string> told;
  rows.of(vehicle_id, [&](const vehicle::TableRow& row) {
    told.push_back(std::string(row.topic) + ' ' + std::string(row.key) + ' ' + std::string(row.value.value_or("gone")));
  });
  return told;
}

TEST(TableRows, KeepsTheNewestOfEachTopic) {
  TableRows rows;
  rows.put({"trips", "van", "one"});
  rows.put({"trips", "cab", "other"});
  rows.put({"more", "van", "x"});
  rows.put({"trips", "van", "two"});
  EXPECT_EQ(rows_of(rows, "van"), (std::vector<std::string>{"more van x", "trips van two"}));
  EXPECT_EQ(rows_of(rows, "nobody"), std::vector<std::string>{});
}

TEST(TableRows, ForgetsWhatIsTakenAway) {
  TableRows rows;
  rows.put({"trips", "nobody", std::nullopt});
  rows.put({"trips", "van", "one"});
  rows.put({"more", "van", "x"});
  rows.put({"trips", "van", std::nullopt});
  EXPECT_EQ(rows_of(rows, "van"), std::vector<std::string>{"more van x"});
  rows.put({"more", "van", std::nullopt});
  EXPECT_EQ(rows_of(rows, "van"), std::vector<std::string>{});
}

}  // namespace
}  // namespace odograph::process
