#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "fleet/arrivals/profile_rows.h"
#include "fleet/vehicle/module.h"

namespace odograph::arrivals {

/// What the vehicles of one partition have taught.
struct Taught {
  eta::Knowledge knowledge;
  eta::Changes changes;  ///< Since the last commit.
  std::size_t users = 0;

  Taught() { knowledge.changes = &changes; }
  Taught(const Taught&) = delete;
  Taught& operator=(const Taught&) = delete;
};

/// What vehicles share: for each partition that is worked on what its own vehicles teach, and nothing of what those of
/// others do, so that the records of a partition alone decide what comes of it. All of it lives in
/// segment-profile-topic, written in the transactions of the records that taught it. One thread.
class Shared {
 public:
  /// As long as somebody holds it, it is that partition's: it begins with what was written last, and is forgotten when
  /// nobody uses it any more (the partition went to somebody else, or its work is done again).
  class Use {
   public:
    Use() = default;
    Use(Shared& shared, std::int32_t partition);
    Use(Use&& other) noexcept;
    Use& operator=(Use&& other) noexcept;
    ~Use();
    /// False where nothing is held.
    explicit operator bool() const { return taught_ != nullptr; }
    eta::Knowledge& knowledge() const { return taught_->knowledge; }

   private:
    void release();
    Shared* shared_ = nullptr;
    std::int32_t partition_ = 0;
    Taught* taught_ = nullptr;
  };

  /// A row of segment-profile-topic; one that cannot be read is left out and counted.
  void on_row(const vehicle::TableRow& row);

  /// Appends what was learnt since the last call as rows to be written.
  void before_commit(vehicle::Outcome& outcome);

  std::uint64_t refused_rows() const { return refused_rows_; }

 private:
  using Parts = std::map<std::string, odograph::SegmentProfile>;

  void open(std::int32_t partition);

  std::map<std::int32_t, Parts> rows_;  ///< The newest of each part, by whose it is.
  std::map<std::int32_t, std::unique_ptr<Taught>> taught_;
  std::uint64_t refused_rows_ = 0;
};

}  // namespace odograph::arrivals
