#include "lib/service/emf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lib/base/test_folder.h"

namespace odograph::service {
namespace {

using nlohmann::json;

EmfLine line() {
  return {.name_space = "Odograph",
          .time = base::UtcTime(base::Millis(1'764'000'000'123)),
          .dimensions = {{"group", "odograph-process"}, {"instance", "processor-0"}},
          .metrics = {{"lag_messages", "Count", 12}, {"event_latency_p90", "Seconds", 2.5}}};
}

TEST(Emf, IsWhatCloudWatchReads) {
  EXPECT_EQ(json::parse(to_json(line())), json::parse(R"({
    "_aws": {"Timestamp": 1764000000123, "CloudWatchMetrics": [{
      "Namespace": "Odograph", "Dimensions": [["group", "instance"]],
      "Metrics": [{"Name": "lag_messages", "Unit": "Count"}, {"Name": "event_latency_p90", "Unit": "Seconds"}]}]},
    "group": "odograph-process", "instance": "processor-0", "lag_messages": 12, "event_latency_p90": 2.5})"));
  EXPECT_EQ(to_json(line()).find('\n'), std::string::npos);
}

TEST(Emf, LeavesOutWhatItHasNoWordFor) {
  EmfLine odd = line();
  odd.metrics[0].value = std::numeric_limits<double>::quiet_NaN();
  odd.metrics[1].value = std::numeric_limits<double>::infinity();
  odd.dimensions = {{"instance", "\xff\n"}};
  const json told = json::parse(to_json(odd));
  EXPECT_TRUE(told["_aws"]["CloudWatchMetrics"][0]["Metrics"].empty());
  EXPECT_FALSE(told.contains("lag_messages"));
  EXPECT_EQ(to_json(odd).find('\n'), std::string::npos);
}

TEST(Emf, KeepsToTheLimits) {
  EmfLine large = line();
  for (int i = 0; i < 200; ++i) large.metrics.push_back({"m" + std::to_string(i), "Count", 1});
  for (int i = 0; i < 200; ++i) large.dimensions.emplace_back("d" + std::to_string(i), "x");
  const json told = json::parse(to_json(large))["_aws"]["CloudWatchMetrics"][0];
  EXPECT_EQ(told["Metrics"].size(), kEmfMetricsMax);
  EXPECT_EQ(told["Dimensions"][0].size(), kEmfDimensionsMax);
}

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(EmfFile, AppendsAndBeginsAnewWhenItIsFull) {
  const base::TestFolder folder;
  const auto path = folder.path() / "metrics.json";
  const EmfFile file(path, 10);
  ASSERT_TRUE(file.write("1234"));
  ASSERT_TRUE(file.write("5678"));
  EXPECT_EQ(content(path), "1234\n5678\n");
  ASSERT_TRUE(file.write("9"));
  EXPECT_EQ(content(path), "9\n");
  EXPECT_EQ(content(path.string() + ".1"), "1234\n5678\n");
  ASSERT_TRUE(file.write("longer than the whole of it"));
  ASSERT_TRUE(file.write("x"));
  EXPECT_EQ(content(path), "x\n");
}

TEST(EmfFile, NamesTheFileThatCannotBeWritten) {
  const base::TestFolder folder;
  const auto path = folder.path() / "missing" / "metrics.json";
  const auto status = EmfFile(path).write("x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, base::Action::kRetry);
  EXPECT_EQ(status.error().what, "write metrics to " + path.string() + ": No such file or directory");
}

}  // namespace
}  // namespace odograph::service
