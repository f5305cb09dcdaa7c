#include "fleet/arrivals/shared.h"

#include <utility>

#include "fleet/topics/topic_table.h"

namespace odograph::arrivals {

Shared::Use::Use(Shared& shared, std::int32_t partition) : shared_(&shared), partition_(partition) {
  if (!shared.taught_.contains(partition)) shared.open(partition);
  taught_ = shared.taught_.at(partition).get();
  ++taught_->users;
}

Shared::Use::Use(Use&& other) noexcept
    : shared_(other.shared_), partition_(other.partition_), taught_(std::exchange(other.taught_, nullptr)) {}

Shared::Use& Shared::Use::operator=(Use&& other) noexcept {
  if (this == &other) return *this;
  release();
  shared_ = other.shared_;
  partition_ = other.partition_;
  taught_ = std::exchange(other.taught_, nullptr);
  return *this;
}

Shared::Use::~Use() { release(); }

void Shared::Use::release() {
  if (taught_ == nullptr || --taught_->users > 0) return;
  taught_ = nullptr;
  shared_->taught_.erase(partition_);
}

void Shared::open(std::int32_t partition) {
  auto taught = std::make_unique<Taught>();
  for (const auto& [part, of_partition] : rows_) {
    if (const auto own = of_partition.find(partition); own != of_partition.end())
      put_row(own->second, Whose::kOwn, taught->knowledge);
  }
  taught_[partition] = std::move(taught);
  for (const auto& [part, of_partition] : rows_) tell_others(partition, part);
}

void Shared::tell_others(std::int32_t partition, const std::string& part) {
  const auto rows = rows_.find(part);
  if (rows == rows_.end()) return;
  std::optional<odograph::SegmentProfile> sum;
  for (const auto& [whose, row] : rows->second) {
    if (whose == partition) continue;
    if (sum) {
      add_row(row, *sum);
    } else {
      sum = row;
    }
  }
  if (sum) put_row(*sum, Whose::kOthers, taught_.at(partition)->knowledge);
}

void Shared::on_row(const vehicle::TableRow& row) {
  auto name = from_key(row.key);
  if (!name || !row.value) return;
  auto value = parse_row(*row.value);
  if (!value) {
    ++refused_rows_;
    return;
  }
  rows_[name->part][name->partition] = *std::move(value);
  news_.insert(std::move(name->part));
}

void Shared::before_commit(vehicle::Outcome& outcome) {
  for (const auto& [partition, taught] : taught_) {
    for (const Row& row : changed_rows(taught->knowledge, taught->changes))
      outcome.outputs.push_back(
          {topics::kSegmentProfile, to_key({partition, row.part}), row.value.SerializeAsString(), {}, {}});
    taught->changes = {};
  }
  if (++commits_ % kCommitsBetweenLooks != 0) return;
  for (const auto& [partition, taught] : taught_) {
    for (const std::string& part : news_) tell_others(partition, part);
  }
  news_.clear();
}

}  // namespace odograph::arrivals
