#include "agent/recording_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "agent/source_options.h"
#include "lib/service/human.h"

namespace odograph::agent {
namespace {

using service::human_count;

constexpr base::Millis kFirstTelling{1'000};
constexpr base::Millis kFirstTellingMoving{10'000};
constexpr base::Millis kTellEvery = std::chrono::minutes{1};

bool has_option(std::string_view driver, std::string_view option) {
  const auto* info = find_driver(driver);
  return info != nullptr && std::any_of(info->options.begin(), info->options.end(),
                                        [&](const drivers::DriverOption& one) { return one.name == option; });
}

}  // namespace

std::string nothing_found(const std::string& name, const drivers::DecoderCounters& counters, std::string_view driver) {
  const bool is_sound = counters.sentences > 0;
  std::string words = is_sound ? fmt::format("{} tells neither a time nor a position: {} bytes read, {} sentences",
                                             name, human_count(counters.bytes), human_count(counters.sentences))
                               : fmt::format("no sentence found in {}: ", name);
  if (counters.bytes == 0) return words + "it is empty";
  if (!is_sound) words += human_count(counters.bytes) + " bytes read";
  const bool takes_none = has_option(driver, "require_checksum");
  const std::string_view no_checksum = "refused for want of a checksum";
  const std::array<std::pair<std::uint64_t, std::string_view>, 6> reasons = {
      {{counters.unknown_type, "of a type that is not read"},
       {counters.malformed, "with impossible content"},
       {counters.bad_checksum, "refused for a wrong checksum"},
       {counters.no_checksum, no_checksum},
       {counters.too_long, "refused for their length"},
       {counters.garbage_bytes, "bytes outside of sentences"}}};
  for (const auto& [count, reason] : reasons) {
    if (count > 0) words += fmt::format(", {} {}", human_count(count), reason);
    if (reason == no_checksum && count > 0 && takes_none) words += " (--option require_checksum=false takes such)";
  }
  return words;
}

std::string left_out(const drivers::DecoderCounters& counters) {
  if (counters.late == 0) return {};
  return counters.late == 1
             ? "1 sentence for an instant that had been told already was left out"
             : human_count(counters.late) + " sentences for instants that had been told already were left out";
}

ReplayCounts replay_counts(const Snapshot& snapshot, std::uint64_t of_recording, std::uint64_t skipped) {
  ReplayCounts counts;
  for (const auto& lane : snapshot.outbox.lanes) {
    counts.made += lane.made;
    counts.durable += lane.durable;
    counts.waiting += lane.stored + lane.in_ring;
  }
  counts.own = counts.made - std::min(counts.made, of_recording);
  counts.skipped = skipped;
  return counts;
}

std::string to_words(const ReplayCounts& counts) {
  std::string words = human_count(counts.made) + (counts.made == 1 ? " record made" : " records made");
  if (counts.own > 0 && counts.own == counts.made) words += ", the agent's own";
  if (counts.own > 0 && counts.own < counts.made)
    words += fmt::format(" ({} of them the agent's own)", human_count(counts.own));
  words += fmt::format(", {} durable", human_count(counts.durable));
  if (counts.skipped > 0) words += fmt::format(", {} more were so before", human_count(counts.skipped));
  return words +
         fmt::format("; {}{} for the broker", human_count(counts.waiting), counts.waiting == 1 ? " waits" : " wait");
}

std::string records_wait(std::uint64_t waiting) {
  return human_count(waiting) + (waiting == 1 ? " record waits" : " records wait") + " for the broker";
}

std::string waiting_reason(const Snapshot& snapshot) {
  if (snapshot.sending == Sending::kSending || snapshot.sending == Sending::kIdle) return "being sent";
  // The error in full, where it is the one that the reason sums up.
  const bool is_same = !snapshot.sending_reason.empty() && snapshot.link_error.starts_with(snapshot.sending_reason);
  return is_same ? snapshot.link_error : snapshot.sending_reason;
}

bool WaitTelling::is_due(base::BootTime now, Sending sending) {
  if (!since_) since_ = now;
  const bool is_moving = sending == Sending::kSending || sending == Sending::kIdle;
  const auto due = told_ > 0 ? last_ + kTellEvery : *since_ + (is_moving ? kFirstTellingMoving : kFirstTelling);
  if (now < due) return false;
  last_ = now;
  ++told_;
  return true;
}

}  // namespace odograph::agent
