#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fleet/lambda/msk_event.h"
#include "fleet/process/processor.h"
#include "fleet/vehicle/outcome.h"
#include "lib/base/result.h"
#include "lib/rules/rule_book.h"

namespace odograph::lambda {

/// What one invocation came to. `outputs` are those of alerts-topic and dead-letter-topic, in the order in which the
/// processor writes them and with the same bytes; reports are left out.
struct Answer {
  std::size_t messages = 0;
  std::vector<vehicle::Output> outputs;
  std::vector<StateRow> states;    ///< For the caller to keep; empty where the function keeps them.
  std::vector<std::string> notes;  ///< For the log.
};

/// What a batch is judged by.
struct FunctionRules {
  process::ProcessorOptions processor;
  rules::RuleBookConfig alert_rules;  ///< All but overspeed.
};

/// A batch of messages to alerts. One thread.
class Function {
 public:
  virtual ~Function() = default;

  /// An error fails the invocation: Lambda hands the same batch in again, and its answer is the same then. `kRetry`:
  /// brokers that cannot be reached. `kDrop`: what the event brings along makes no sense. `kStop`: a setting, or a
  /// state that a newer version wrote.
  virtual base::Result<Answer> invoke(const MskEvent& event) = 0;
};

/// The processor that judges the batch, with the rules plugged in.
std::unique_ptr<process::Processor> make_processor(const FunctionRules& rules);

/// Gives `message` to the processor and appends what is to be written of it: all but reports.
void process(process::Processor& processor, const kafka::Message& message, vehicle::Outcome& outcome);

}  // namespace odograph::lambda
