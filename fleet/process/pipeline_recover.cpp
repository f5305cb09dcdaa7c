// What is done when something fails, and what is left behind then.

#include <algorithm>

#include "fleet/process/pipeline.h"
#include "lib/base/ids.h"

namespace odograph::process {
namespace {

/// For the brokers' word on an abort.
constexpr base::Millis kAnswerMax{5'000};
/// How often a topic or partition may be missing before that is taken for the truth.
constexpr int kMissingMax = 3;

}  // namespace

void Pipeline::drop_assignment() {
  begin_anew();
  assigned_.clear();
  state_ = State::kIdle;
}

void Pipeline::drop_producer() {
  producer_.reset();
  taken_over_ = false;
  in_transaction_ = false;
  ++counted_.producers_replaced;
}

/// What is in memory may be ahead of what is committed.
void Pipeline::begin_anew() {
  for (const std::int32_t partition : assigned_) processor_.drop(partition);
  restorer_.reset();
  tables_.reset();
  heir_.reset();
  next_.clear();
  moved_.clear();
  caught_up_.clear();
  behind_.clear();
  fresh_.on_anew();
  policy_.reset();
  state_ = assigned_.empty() ? State::kIdle : State::kToRestore;
}

/// A transaction, or the handle, is lost: nobody has seen any of it. The state in memory is ahead now and goes too.
base::Status Pipeline::recover(Phase phase, const base::Error& error, Notes& notes) {
  if (producer_ && producer_->is_fenced()) ++fences_;
  // Without a producer there may be a refusal that is waited for.
  if (producer_) refusal_ = producer_->refusal();
  const bool refused = producer_ && !refusal_.empty();
  Remedy remedy = remedy_of({phase, error.action, fences_, refused});
  if (!refused) notes.troubles.push_back(error.what);
  if (remedy == Remedy::kStop && fences_ > 0) {
    return base::stop_error("another instance has this one's name (kafka.instance); this one ends");
  }
  if (remedy == Remedy::kStop) return base::stop_error(error.what);
  const base::Millis pause = pauses_.after_failure(refused, base::random_u64());
  pause_until_ = std::max(pause_until_, clock_.boot_now() + pause);
  if (remedy == Remedy::kAgain) return {};
  if (in_transaction_ && (refused || remedy == Remedy::kAbort)) ++counted_.aborts;
  if (remedy == Remedy::kAbort && in_transaction_) {
    if (auto status = producer_->abort(kAnswerMax); !status) {
      notes.troubles.push_back(status.error().what);
      remedy = Remedy::kReplace;
    }
  }
  in_transaction_ = false;
  if (remedy == Remedy::kReplace) {
    if (producer_) {
      std::vector<std::string> lines = producer_->take_log_lines();
      std::move(lines.begin(), lines.end(), std::back_inserter(notes.troubles));
    }
    drop_producer();
  }
  begin_anew();
  if (!refused) return {};
  refused_as_ = connections_.credentials ? connections_.credentials() : "";
  notes.troubles.push_back(refusal_ + "; next try in " + std::to_string(pause.count() / 1000) + " s");
  return {};
}

/// Who was refused waits for long, but not with other credentials.
void Pipeline::look_at_credentials() {
  if (refusal_.empty() || !connections_.credentials || clock_.boot_now() >= pause_until_) return;
  if (connections_.credentials() == refused_as_) return;
  pauses_.renewed();
  pause_until_ = clock_.boot_now();
}

/// Reading failed: the same with one of the next steps, unless nothing would help.
base::Status Pipeline::retry(const base::Error& error, Notes& notes) {
  if (error.action == base::Action::kStop) return error;
  if (error.action == base::Action::kDrop && missing_++ >= kMissingMax) {
    return base::stop_error(error.what + "; see odograph-fleet topics check");
  }
  notes.troubles.push_back(error.what);
  pause_until_ = std::max(pause_until_, clock_.boot_now() + pauses_.after_failure(false, 0));
  return {};
}

}  // namespace odograph::process
