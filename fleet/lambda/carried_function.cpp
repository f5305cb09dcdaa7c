#include "fleet/lambda/carried_function.h"

#include <map>
#include <utility>

#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

using RowName = std::pair<std::int32_t, std::string>;

base::Status load(const std::map<RowName, std::string>& rows, process::Processor& processor) {
  for (const auto& [name, value] : rows) {
    kafka::Message row;
    row.topic = topics::kVehicleState;
    row.partition = name.first;
    row.key = name.second;
    row.value = value;
    if (auto status = processor.load(row); !status) return status;
  }
  return {};
}

}  // namespace

base::Result<Answer> CarriedFunction::invoke(const MskEvent& event) {
  std::map<RowName, std::string> rows;
  for (const StateRow& row : event.states) rows[{row.partition, row.key}] = row.value;
  const auto processor = make_processor(rules_);
  if (auto status = load(rows, *processor); !status) return status.error();
  vehicle::Outcome outcome;
  for (const kafka::Message& message : event.messages) process(*processor, message, outcome);
  Answer answer{.messages = event.messages.size(), .outputs = {}, .states = {}, .notes = std::move(outcome.notes)};
  vehicle::Outcome saved;
  processor->save(saved);
  for (auto* written : {&outcome, &saved}) {
    for (vehicle::Output& output : written->outputs) {
      if (output.topic != topics::kVehicleState) {
        answer.outputs.push_back(std::move(output));
      } else if (output.value) {
        rows[{*output.partition, output.key}] = std::move(*output.value);
      } else {
        rows.erase({*output.partition, output.key});
      }
    }
  }
  for (auto& [name, value] : rows) answer.states.push_back({name.first, name.second, std::move(value)});
  return answer;
}

}  // namespace odograph::lambda
