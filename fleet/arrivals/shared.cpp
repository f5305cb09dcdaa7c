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
  for (const auto& [part, row] : rows_[partition]) put_row(row, taught->knowledge);
  taught_[partition] = std::move(taught);
}

void Shared::on_row(const vehicle::TableRow& row) {
  auto name = from_key(row.key);
  if (!name || !row.value) return;
  auto value = parse_row(*row.value);
  if (!value) {
    ++refused_rows_;
    return;
  }
  rows_[name->partition][name->part] = *std::move(value);
}

void Shared::before_commit(vehicle::Outcome& outcome) {
  for (const auto& [partition, taught] : taught_) {
    for (const Row& row : changed_rows(taught->knowledge, taught->changes))
      outcome.outputs.push_back(
          {topics::kSegmentProfile, to_key({partition, row.part}), row.value.SerializeAsString(), {}, {}});
    taught->changes = {};
  }
}

}  // namespace odograph::arrivals
