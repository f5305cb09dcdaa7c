#include "fleet/process/counters.h"

#include <fmt/format.h>

#include <array>

namespace odograph::process {
namespace {

constexpr auto kCounter = CounterKind::kCounter;
constexpr auto kGauge = CounterKind::kGauge;

constexpr std::array kFields = {
    CounterField{"messages", "Messages read from raw-data-topic.", kCounter, &Counters::messages},
    CounterField{"records", "Records in them, repeats included.", kCounter, &Counters::records},
    CounterField{"repeats", "Records dropped because they came before; agents resend after an outage.", kCounter,
                 &Counters::repeats},
    CounterField{"reports", "Vehicle reports written.", kCounter, &Counters::reports},
    CounterField{"live", "Of them, previews of the live lane.", kCounter, &Counters::live},
    CounterField{"undated", "Positions without UTC, which no rule looked at.", kCounter, &Counters::undated},
    CounterField{
        "ahead",
        "Records whose time lies more than a day after their message was appended: reported, and nothing else. "
        "Not 0: the log names the vehicles; their receivers or clocks are wrong.",
        kCounter, &Counters::ahead},
    CounterField{"gaps_explained", "Records that never came and that the vehicle's loss records account for.", kCounter,
                 &Counters::gaps_explained},
    CounterField{"gaps_unexplained", "Records that never came and that nothing accounts for. Not 0: look at the log.",
                 kGauge, &Counters::gaps_unexplained},
    CounterField{"gap_entries_forgotten", "Gaps or explanations pushed out by their bound.", kCounter,
                 &Counters::gap_entries_forgotten},
    CounterField{
        "records_thinned",
        "Records that vehicles left out to make room, as their loss records tell. Growing: too long offline, or "
        "a larger storage.cap.",
        kCounter, &Counters::records_thinned},
    CounterField{"thinned_error_m", "The largest position error that such a loss record told, in metres.", kGauge,
                 &Counters::thinned_error_m},
    CounterField{
        "boots_reused",
        "Boots under a number that was given to another one before: the vehicle's disk takes back what it said "
        "to be stored, and what had not been sent by then is lost. Not 0: look at the log, replace the disk.",
        kCounter, &Counters::boots_reused},
    CounterField{"alerts_raised", "Alerts raised.", kCounter, &Counters::alerts_raised},
    CounterField{"alerts_updated", "Alerts updated.", kCounter, &Counters::alerts_updated},
    CounterField{"alerts_cleared", "Alerts cleared.", kCounter, &Counters::alerts_cleared},
    CounterField{"dead_letters", "Messages that could not be read, now on dead-letter-topic with the reason.", kCounter,
                 &Counters::dead_letters},
    CounterField{"unknown_columns", "Columns of a newer agent left alone. Growing: update the processor.", kCounter,
                 &Counters::unknown_columns},
    CounterField{"vehicles", "Vehicles held in memory.", kGauge, &Counters::vehicles},
    CounterField{"vehicles_forgotten", "Vehicles pushed out of memory by vehicles_max. Growing: add instances.",
                 kCounter, &Counters::vehicles_forgotten},
    CounterField{"streams_forgotten", "Streams of one vehicle pushed out; its outbox is made anew again and again.",
                 kCounter, &Counters::streams_forgotten},
    CounterField{"outputs_refused", "Outputs that the broker will never take. Not 0: look at the log.", kCounter,
                 &Counters::outputs_refused},
    CounterField{"commits", "Transactions committed.", kCounter, &Counters::commits},
    CounterField{"aborts", "Transactions aborted; what was in them is done again. Growing: look at the log.", kCounter,
                 &Counters::aborts},
    CounterField{"producers_replaced",
                 "Producers made anew after a fault or a doubt about a commit. Growing: look at the log.", kCounter,
                 &Counters::producers_replaced},
    CounterField{"rebalances", "Times that the group assigned partitions.", kCounter, &Counters::rebalances},
    CounterField{"restores", "Times that state was read back from vehicle-state-topic.", kCounter, &Counters::restores},
    CounterField{"restored_rows", "Rows of vehicle-state-topic read for that.", kCounter, &Counters::restored_rows},
    CounterField{"restore_ms", "Milliseconds that the last one took.", kGauge, &Counters::restore_ms},
    CounterField{"messages_gone",
                 "Messages of raw-data-topic that were deleted before they were processed. Not 0: more retention.",
                 kCounter, &Counters::messages_gone},
    CounterField{"rewinds", "Messages that came a second time without being asked for; left out.", kCounter,
                 &Counters::rewinds},
    CounterField{"messages_moved",
                 "Messages of vehicles that are in another partition since some were added; processed there.", kCounter,
                 &Counters::messages_moved},
    CounterField{"partitions", "Partitions of raw-data-topic that this instance works on.", kGauge,
                 &Counters::partitions},
    CounterField{"partitions_caught_up", "Of them, those that are read to their end. Fewer for long: add instances.",
                 kGauge, &Counters::partitions_caught_up},
};

}  // namespace

std::span<const CounterField> counter_fields() { return kFields; }

std::string to_json(const Counters& counters) {
  std::string json = "{";
  for (const CounterField& field : kFields) {
    if (json.size() > 1) json += ", ";
    json += fmt::format("\"{}\": {}", field.name, counters.*field.value);
  }
  return json + "}";
}

std::string summary(const Counters& counters) {
  return fmt::format(
      "{} records of {} vehicles, {} repeats dropped, missing {} explained {} unexplained, alerts {} raised {} "
      "cleared, "
      "{} dead letters",
      counters.records, counters.vehicles, counters.repeats, counters.gaps_explained, counters.gaps_unexplained,
      counters.alerts_raised, counters.alerts_cleared, counters.dead_letters);
}

}  // namespace odograph::process
