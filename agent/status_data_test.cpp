// What status and metrics tell of the data that went over the link.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/metrics.h"
#include "agent/status.h"

namespace odograph::agent {
namespace {

using testing::HasSubstr;

traffic::DataForecast data(double used_mb, double forecast_mb, double limit_mb, std::size_t step = 0) {
  traffic::DataForecast told;
  told.counted = {.sent = 900'000, .received = 80'000, .headers = 20'000, .connections = 3};
  told.month_bytes = static_cast<std::uint64_t>(used_mb * 1e6);
  told.forecast_bytes = forecast_mb * 1e6;
  told.limit_bytes = limit_mb * 1e6;
  told.month_is_known = true;
  told.step = step;
  return told;
}

template <class Change>
traffic::DataForecast with(traffic::DataForecast told, Change change) {
  change(told);
  return told;
}

TEST(StatusWords, SayWhatTheMonthComesTo) {
  const auto undated = [](traffic::DataForecast& told) { told.month_is_known = false; };
  const struct {
    const char* name = "";
    traffic::DataForecast data{};
    const char* line = "";
  } cases[] = {
      {"NoLimit", data(42, 88, 0), "\ndata      42 MB this month; at this rate 88 MB by its end\n"},
      {"Within", data(42, 78, 100), "\ndata      42 MB of 100 MB this month; at this rate 78 MB by its end\n"},
      {"Little", data(0.042, 4.24, 10), "\ndata      42 kB of 10 MB this month; at this rate 4.2 MB by its end\n"},
      {"Waiting", data(42, 81, 100, 1),
       "\ndata      42 MB of 100 MB this month; at this rate 81 MB by its end; to keep to it positions are sent every"
       " 10 s\n"},
      {"Sampling", data(42, 92, 100, 3),
       "by its end; to keep to it positions are sent every 60 s and sampled 2 times less often\n"},
      {"Exceeded", data(103, 140, 100, 5),
       "\ndata      103 MB of 100 MB this month; at this rate 140 MB by its end; the limit is exceeded; to keep to it"
       " positions are sent every 5 min and sampled 8 times less often\n"},
      {"NoClockYet", with(data(42, 88, 100), undated),
       "\ndata      42 MB of 100 MB; of which month is not known yet\n"},
      {"NeitherClockNorLimit", with(data(42, 88, 0), undated), "\ndata      1.0 MB since the start\n"},
      {"NotKept", with(data(42, 88, 0), [](auto& told) { told.trouble = "/data/data.account: Read-only file system"; }),
       "by its end; the account is not kept: /data/data.account: Read-only file system\n"},
  };
  for (const auto& c : cases) {
    Snapshot now;
    now.data = c.data;
    EXPECT_THAT(*to_words(to_json(now)), HasSubstr(c.line)) << c.name;
  }
}

TEST(StatusJson, TellsTheData) {
  Snapshot now;
  now.data = data(42, 92, 100, 3);
  const auto told = nlohmann::json::parse(to_json(now)).at("data");
  EXPECT_EQ(told, (nlohmann::json{{"sent_bytes", 900'000},
                                  {"received_bytes", 80'000},
                                  {"header_bytes", 20'000},
                                  {"connections", 3},
                                  {"month_bytes", 42'000'000},
                                  {"month_is_known", true},
                                  {"forecast_bytes", 92e6},
                                  {"limit_bytes", 100e6},
                                  {"step", 3},
                                  {"send_after_ms", 60'000},
                                  {"sampling_factor", 2},
                                  {"trouble", ""}}));
}

TEST(Metrics, CountTheData) {
  Snapshot now;
  now.data = data(42, 92, 100, 3);
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  const std::string text = metrics.text();
  for (const char* series :
       {R"(odograph_link_bytes_total{way="sent"} 900000)", R"(odograph_link_bytes_total{way="received"} 80000)",
        R"(odograph_link_bytes_total{way="headers"} 20000)", "odograph_link_connections_total 3",
        "odograph_data_month_bytes 42000000", "odograph_data_forecast_bytes 92000000",
        "odograph_data_limit_bytes 100000000", "odograph_data_step 3"}) {
    EXPECT_THAT(text, HasSubstr(series));
  }
}

}  // namespace
}  // namespace odograph::agent
