#pragma once

// For the tests of this folder: a broker and a disk that do as they are told.

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/outbox/outbox.h"
#include "agent/uplink/options.h"
#include "lib/base/wake_fd.h"
#include "lib/kafka/producer.h"

namespace odograph::uplink {

/// What a handle was given and what it is to report; outlives the handle.
struct FakeHandle {
  struct Sent {
    std::string topic, key, value;
    std::uint64_t tag = 0;
  };
  std::vector<Sent> sent;    ///< All of it, in order.
  std::size_t reported = 0;  ///< Of `sent`, from the front.
  std::vector<kafka::Delivery> reports;
  kafka::LinkState link{.connected = true, .last_error = {}};
  bool queue_full = false;
  bool stores_at_once = false;
  bool deaf = false;  ///< Does not even answer a purge.
  std::size_t size_max = 1'000'000;
  int purges = 0;
  bool alive = true;
  base::WakeFd wake;

  /// Reports the next `count` messages.
  void report(kafka::Delivery::Outcome outcome, std::size_t count = 1, const std::string& error = "refused") {
    for (; count > 0 && reported < sent.size(); --count) {
      const bool stored = outcome == kafka::Delivery::Outcome::kStored;
      reports.push_back({sent[reported++].tag, outcome, stored ? "" : error});
    }
    wake.wake();
  }
  void store_all() { report(kafka::Delivery::Outcome::kStored, sent.size()); }
};

/// Takes and reports what its handle is told to.
class FakeProducer final : public kafka::Producer {
 public:
  explicit FakeProducer(std::shared_ptr<FakeHandle> handle) : handle_(std::move(handle)) {}
  FakeProducer(const FakeProducer&) = delete;
  FakeProducer& operator=(const FakeProducer&) = delete;
  ~FakeProducer() override { handle_->alive = false; }

  base::Status send(const kafka::Outgoing& message, std::uint64_t tag) override {
    if (handle_->queue_full) return base::retry_error("queue full");
    if (message.value.size() > handle_->size_max) return base::drop_error("too large");
    handle_->sent.push_back({message.topic, std::string{message.key}, std::string{message.value}, tag});
    if (handle_->stores_at_once) handle_->store_all();
    return {};
  }
  void poll(std::chrono::milliseconds, std::vector<kafka::Delivery>& deliveries) override {
    handle_->wake.clear();
    deliveries.insert(deliveries.end(), handle_->reports.begin(), handle_->reports.end());
    handle_->reports.clear();
  }
  int event_fd() const override { return handle_->wake.fd(); }
  std::size_t outstanding() const override {
    return handle_->sent.size() - handle_->reported + handle_->reports.size();
  }
  kafka::LinkState link() const override { return handle_->link; }
  std::vector<std::string> take_log_lines() override { return {}; }
  void purge() override {
    ++handle_->purges;
    if (!handle_->deaf) handle_->report(kafka::Delivery::Outcome::kAgain, handle_->sent.size(), "purged");
  }
  void flush(std::chrono::milliseconds, std::vector<kafka::Delivery>& deliveries) override { poll({}, deliveries); }

 private:
  std::shared_ptr<FakeHandle> handle_;
};

/// Chunks in memory, handed out, acknowledged and rewound as by the real one. One thread.
class FakeOutbox final : public outbox::Outbox {
 public:
  /// A chunk of `count` records from `first_n` on.
  void add(model::Lane lane, std::uint32_t first_n, std::uint32_t count, std::uint32_t boot = 1);
  /// A chunk as it is.
  void add(outbox::Chunk chunk);
  std::size_t stored(model::Lane lane) const { return of(lane).chunks.size(); }
  int rewinds(model::Lane lane) const { return of(lane).rewinds; }

  bool push(model::Lane, model::Record, std::optional<outbox::SourceMark>, std::uint64_t) override { return true; }
  std::size_t room(model::Lane) const override { return 0; }
  int room_fd() const override { return -1; }
  void set_anchor(outbox::Anchor) override {}
  void note_link(outbox::Link link) override { link_ = link; }
  outbox::Link link() const { return link_; }
  bool flush(base::Millis) override { return true; }
  bool close(base::Millis) override { return true; }
  outbox::SourceMarks source_marks() const override { return {}; }
  std::optional<outbox::Chunk> next(model::Lane lane) override;
  int chunk_fd(model::Lane lane) const override { return of(lane).wake.fd(); }
  void ack(outbox::ChunkId through) override;
  void rewind(model::Lane lane) override;
  int salvage_fd() const override { return salvaged_.wake.fd(); }
  std::optional<outbox::Chunk> next_salvaged() override;
  void ack_salvaged(outbox::ChunkId through) override;
  void rewind_salvaged() override;
  outbox::Stats stats() const override;

  /// Bulk that waits for its commit, since then.
  void wait_in_ring(std::optional<base::UtcTime> since) { in_ring_since_ = since; }
  /// 0: none yet, as before a file was open.
  void set_boot(std::uint32_t boot) { boot_ = boot; }
  /// Another broken file's chunk, in its turn.
  void add_salvaged(outbox::Chunk chunk);
  std::size_t salvaged() const { return salvaged_.chunks.size(); }

 private:
  struct PerLane {
    std::deque<outbox::Chunk> chunks;
    std::size_t handed = 0;  ///< Of `chunks`, from the front.
    std::uint32_t last_chunk_no = 0;
    int rewinds = 0;
    base::WakeFd wake;
  };
  PerLane& of(model::Lane lane) { return lanes_.at(static_cast<std::size_t>(lane) - 1); }
  const PerLane& of(model::Lane lane) const { return lanes_.at(static_cast<std::size_t>(lane) - 1); }
  static void show(const PerLane& queue);

  std::array<PerLane, 3> lanes_;
  PerLane salvaged_;
  outbox::Link link_ = outbox::Link::kDown;
  std::optional<base::UtcTime> in_ring_since_;
  std::uint32_t boot_ = 1;
};

/// Records of the lane's own kind, good enough to be packed.
std::vector<model::Record> records_from(std::uint32_t first_n, std::uint32_t count);

}  // namespace odograph::uplink
