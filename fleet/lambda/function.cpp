#include "fleet/lambda/function.h"

#include <iterator>
#include <utility>

#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"

namespace odograph::lambda {

std::unique_ptr<process::Processor> make_processor(const FunctionRules& rules) {
  auto processor = std::make_unique<process::Processor>(rules.processor);
  if (!rules.alert_rules.rules.empty()) processor->plug_in(std::make_unique<watch::RulesFactory>(rules.alert_rules));
  return processor;
}

void process(process::Processor& processor, const kafka::Message& message, vehicle::Outcome& outcome) {
  // Message by message, so that the reports of a whole batch are never in memory together.
  vehicle::Outcome own;
  processor.on_message(message, own);
  std::erase_if(own.outputs, [](const vehicle::Output& output) { return output.topic == topics::kProcessedData; });
  outcome.outputs.insert(outcome.outputs.end(), std::make_move_iterator(own.outputs.begin()),
                         std::make_move_iterator(own.outputs.end()));
  for (std::string& line : own.notes) vehicle::note(outcome, std::move(line));
}

}  // namespace odograph::lambda
