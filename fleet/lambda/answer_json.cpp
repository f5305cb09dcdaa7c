#include "fleet/lambda/answer_json.h"

#include "fleet/decode/json.h"
#include "fleet/decode/lines.h"
#include "fleet/lambda/base64.h"
#include "fleet/topics/topic_table.h"

namespace odograph::lambda {
namespace {

using decode::JsonArray;
using decode::JsonObject;

std::string alert_json(const vehicle::Output& output) {
  const std::string value = output.value.value_or("");
  JsonObject headers;
  for (const auto& [name, text] : output.headers) headers.text(name, text);
  kafka::Message message;
  message.topic = output.topic;
  message.key = output.key;
  message.value = value;
  const auto lines = decode::lines_of(message, decode::Place::kLeftOut);
  JsonObject alert;
  alert.text("key", output.key).text("value", to_base64(value)).raw("headers", headers.str());
  if (lines && !lines->empty()) alert.raw("alert", lines->front());
  return alert.str();
}

std::string dead_letter_json(const vehicle::Output& output) {
  JsonObject letter;
  for (const auto& [name, text] : output.headers) {
    const bool is_number = name == "source_partition" || name == "source_offset";
    is_number ? letter.raw(name, text) : letter.text(name, text);
  }
  return letter.text("key", to_base64(output.key)).text("value", to_base64(output.value.value_or(""))).str();
}

std::string states_json(const std::vector<StateRow>& states) {
  JsonArray rows;
  for (const StateRow& state : states) {
    JsonObject row;
    row.number("partition", std::int64_t{state.partition}).text("key", state.key).text("value", to_base64(state.value));
    rows.raw(row.str());
  }
  return rows.str();
}

}  // namespace

base::Result<std::string> to_json(const Answer& answer) {
  JsonArray alerts;
  JsonArray dead_letters;
  for (const vehicle::Output& output : answer.outputs) {
    if (output.topic == topics::kAlerts) alerts.raw(alert_json(output));
    if (output.topic == topics::kDeadLetter) dead_letters.raw(dead_letter_json(output));
  }
  JsonObject json;
  json.number("messages", std::uint64_t{answer.messages})
      .raw("alerts", alerts.str())
      .raw("dead_letters", dead_letters.str());
  if (!answer.states.empty()) json.raw("state", states_json(answer.states));
  std::string text = json.str();
  if (text.size() > kAnswerBytesMax) {
    return base::drop_error("answer: " + std::to_string(text.size()) +
                            " bytes, more than Lambda takes; smaller batches");
  }
  return text;
}

std::string counts_json(const Answer& answer) {
  std::uint64_t alerts = 0;
  for (const vehicle::Output& output : answer.outputs) {
    if (output.topic == topics::kAlerts) ++alerts;
  }
  JsonObject json;
  json.number("messages", std::uint64_t{answer.messages})
      .number("alerts_left_out", alerts)
      .number("dead_letters_left_out", std::uint64_t{answer.outputs.size()} - alerts);
  return json.str();
}

std::string to_json(const base::Error& error) {
  JsonObject json;
  return json.text("errorMessage", error.what)
      .text("errorType", error_type(error.action))
      .raw("stackTrace", "[]")
      .str();
}

std::string error_type(base::Action action) {
  switch (action) {
    case base::Action::kRetry: return "Odograph.Unavailable";
    case base::Action::kDrop: return "Odograph.BadEvent";
    default: return "Odograph.Misconfigured";
  }
}

}  // namespace odograph::lambda
