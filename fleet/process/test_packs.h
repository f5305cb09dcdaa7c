#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fleet/vehicle/outcome.h"
#include "proto/public/processed.pb.h"

namespace odograph::process {

/// For tests: the values of a message, each report by itself.
inline std::vector<std::string> unpacked(const vehicle::Output& output) {
  if (output.topic != "processed-data-topic") return {*output.value};
  odograph::ProcessedRecord message;
  EXPECT_TRUE(message.ParseFromString(*output.value));
  if (!message.has_pack()) return {*output.value};
  EXPECT_GT(message.pack().records_size(), 1);
  EXPECT_EQ(message.id(), message.pack().records(0).id() + "/pack");
  EXPECT_EQ(message.SerializeAsString(), *output.value);
  std::vector<std::string> values;
  for (const auto& record : message.pack().records()) {
    EXPECT_TRUE(record.has_report());
    values.push_back(record.SerializeAsString());
  }
  return values;
}

/// The name of the fact that a value tells: "report", "stop_event".
inline std::string fact_of(const std::string& value) {
  odograph::ProcessedRecord record;
  EXPECT_TRUE(record.ParseFromString(value));
  const auto* field = odograph::ProcessedRecord::descriptor()->FindFieldByNumber(record.fact_case());
  return field == nullptr ? "" : field->name();
}

}  // namespace odograph::process
