// What a drive's records cost the flash: the outbox, beside an append of the same chunks and SQLite used plainly.
// Prints one JSON object: records, commits, what was handed to write calls, CPU time, and the bytes that the block
// device got.
//
//   flash_bench WAY DIRECTORY [--per-commit N] [--commits N] [--outage N] [--warm-up N] [--page BYTES] [--checkpoint
//   PAGES] [--stat /sys/block/X/stat]
//               [--pause MS] [--held 0|1]
//
// WAY: outbox (sent and deleted), outbox-kept, outbox-hold, append, prewritten, rows.
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "agent/outbox/batch.h"
#include "agent/outbox/counting_vfs.h"
#include "agent/outbox/handout.h"
#include "agent/outbox/ring.h"
#include "agent/outbox/storage_loop.h"
#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/wire/synthetic_drive.h"

namespace odograph::outbox {
namespace {

struct Job {
  std::string way;
  std::filesystem::path directory;
  std::size_t per_commit = 10;
  std::size_t commits = 720;  ///< Of records that count.
  std::size_t outage = 0;     ///< Commits first that are kept, then sent and deleted: the file has grown.
  std::size_t warm_up = 0;    ///< Before those that count.
  std::uint64_t page_bytes = kPageBytes;
  int checkpoint_pages = kCheckpointPages;
  bool is_held = true;  ///< Its room on the disk (reservation.h).
  std::string stat;     ///< Of the block device below `directory`; empty: not counted.
  std::chrono::milliseconds pause{0};

  std::size_t records(std::size_t of_commits) const { return of_commits * per_commit; }
};

/// Waits as a vehicle does between two commits: file systems write their journal some seconds after a change.
void keep_pace(std::chrono::milliseconds pause) {
  if (pause.count() > 0) ::poll(nullptr, 0, static_cast<int>(pause.count()));
}

/// What it came to, between `begin` and `end`.
class Meter {
 public:
  explicit Meter(const Job& job) : job_(job) {}
  void begin() { *this = Meter(job_, device_bytes(), cpu_ns()); }
  void end(std::uint64_t written) {
    written_ = written;
    cpu_ns_ = cpu_ns() - cpu_ns_;
    device_bytes_ = device_bytes() - device_bytes_;
  }
  void print() const {
    std::printf("{\"way\": \"%s\", \"per_commit\": %zu, \"records\": %zu, \"written\": %llu, \"device\": %llu, ",
                job_.way.c_str(), job_.per_commit, job_.records(job_.commits),
                static_cast<unsigned long long>(written_), static_cast<unsigned long long>(device_bytes_));
    std::printf("\"cpu_us\": %.3f}\n", static_cast<double>(cpu_ns_) / 1e3);
  }

 private:
  Meter(const Job& job, std::uint64_t device_bytes, std::uint64_t cpu_ns)
      : job_(job), device_bytes_(device_bytes), cpu_ns_(cpu_ns) {}
  /// Field 7 of the statistics is sectors of 512 bytes, whatever the device's own are.
  std::uint64_t device_bytes() const {
    if (job_.stat.empty()) return 0;
    ::sync();
    std::ifstream file(job_.stat);
    std::uint64_t value = 0;
    for (int i = 0; i < 7; ++i) file >> value;
    return value * 512;
  }
  static std::uint64_t cpu_ns() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
  }

  Job job_;
  std::uint64_t written_ = 0;
  std::uint64_t device_bytes_ = 0;
  std::uint64_t cpu_ns_ = 0;
};

/// A drive at 1 Hz through the storage loop on a clock of its own: a record a second, and what was handed out is
/// acknowledged a second later.
class Drive {
 public:
  explicit Drive(const Job& job) {
    Options options;
    options.directory = job.directory;
    options.file.page_bytes = job.page_bytes;
    options.hold = job.way == "outbox-hold";
    options.file.checkpoint_pages = job.checkpoint_pages;
    if (!job.is_held) options.file.disk.reserve = [](int, std::uint64_t) { return EOPNOTSUPP; };
    // The last of a commit's records comes just before its time is up.
    options.commit_after[2] = std::chrono::seconds{job.per_commit - 1};
    for (std::size_t i = 0; i < rings_.size(); ++i) {
      rings_[i] = std::make_unique<Ring>(options.ring_records[i], options.commit_bytes);
    }
    loop_ = std::make_unique<StorageLoop>(StorageLoop::Parts{options, own_record(now_), rings_, handout_});
    const auto failure = loop_->open(now_);
    ODOGRAPH_ASSERT(!failure);
    loop_->set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
    step();
  }

  enum class Link { kUp, kDown };
  void take(const model::Record& record, Link link) {
    now_ += std::chrono::seconds{1};
    if (link == Link::kUp) acknowledge();
    loop_->note_pipeline_time(now_);
    auto& bulk = *rings_[index_of(model::Lane::kBulk)];
    model::Record stamped = record;
    stamped.boot_time = now_;
    bulk.push({std::move(stamped), std::nullopt}, [this] { return now_; });
    const auto before = loop_->stats().commits;
    step();
    if (loop_->stats().commits != before) keep_pace(pause_);
  }
  void pause_after_commits(std::chrono::milliseconds pause) { pause_ = pause; }
  void finish() { loop_->finish(now_); }
  Stats stats() const { return loop_->stats(); }

 private:
  void step() {
    auto wake = loop_->step(now_);
    while (wake && *wake <= now_) wake = loop_->step(now_);
  }
  void acknowledge() {
    for (const auto lane : model::kStoredLanes) {
      while (const auto chunk = handout_.next(lane)) handout_.ack({lane, chunk_id(chunk->boot, chunk->chunk_no)});
    }
  }

  std::chrono::milliseconds pause_{0};
  base::BootTime now_{base::Millis{1000}};
  StorageLoop::Rings rings_;
  Handout handout_{[] {}};
  std::unique_ptr<StorageLoop> loop_;
};

void run_outbox(const Job& job, Meter& meter) {
  const auto records = wire::synthetic_drive(7, job.records(job.outage + job.warm_up + job.commits));
  auto next = records.begin();
  const bool is_whole_life = job.outage + job.warm_up == 0;
  if (is_whole_life) meter.begin();
  Drive drive(job);
  for (std::size_t i = 0; i < job.records(job.outage); ++i) drive.take(*next++, Drive::Link::kDown);
  for (std::size_t i = 0; i < job.records(job.warm_up); ++i) drive.take(*next++, Drive::Link::kUp);
  drive.pause_after_commits(job.pause);
  const auto before = is_whole_life ? 0 : drive.stats().bytes_written;
  if (!is_whole_life) meter.begin();
  const auto link = job.way == "outbox-kept" ? Drive::Link::kDown : Drive::Link::kUp;
  while (next != records.end()) drive.take(*next++, link);
  if (is_whole_life) drive.finish();
  meter.end(drive.stats().bytes_written - before);
}

std::vector<std::string> chunks(const Job& job) {
  const auto records = wire::synthetic_drive(7, job.records(job.commits));
  std::vector<std::string> chunks;
  for (std::size_t i = 0; i < records.size(); i += job.per_commit) {
    chunks.push_back(wire::pack(std::span(records).subspan(i, job.per_commit)).columns);
  }
  return chunks;
}

/// A log of the same chunks: what the medium asks for at the least.
void run_append(const Job& job, Meter& meter) {
  const auto all = chunks(job);
  const auto path = job.directory / "log";
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ODOGRAPH_ASSERT(file.get() >= 0);
  const auto put = [&](const std::string& bytes) {
    ODOGRAPH_ASSERT(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  };
  if (job.way == "prewritten") {
    for (const auto& chunk : all) put(std::string(chunk.size(), '\xFF'));
    ODOGRAPH_ASSERT(::fsync(file.get()) == 0 && ::lseek(file.get(), 0, SEEK_SET) == 0);
  }
  meter.begin();
  std::uint64_t written = 0;
  for (const auto& chunk : all) {
    put(chunk);
    written += chunk.size();
    ODOGRAPH_ASSERT(::fdatasync(file.get()) == 0);
    keep_pace(job.pause);
  }
  meter.end(written);
}

/// SQLite as most use it: a row and a transaction a record, rows as small as ours.
void run_rows(const Job& job, Meter& meter) {
  std::size_t bytes = 0;
  for (const auto& chunk : chunks(job)) bytes += chunk.size();
  const std::string row(std::max<std::size_t>(1, bytes / job.records(job.commits)), 'r');
  const auto counting = CountingVfs::over("");
  sqlite3* database = nullptr;
  const auto path = job.directory / "rows.db";
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  ODOGRAPH_ASSERT(sqlite3_open_v2(path.c_str(), &database, flags, counting->name()) == SQLITE_OK);
  const auto exec = [&](const char* sql) {
    ODOGRAPH_ASSERT(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == 0);
  };
  exec("PRAGMA locking_mode=EXCLUSIVE");
  exec("PRAGMA journal_mode=WAL");
  exec("PRAGMA synchronous=FULL");
  exec("CREATE TABLE records(id INTEGER PRIMARY KEY, payload BLOB NOT NULL)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO records(payload) VALUES(?)", -1, &insert, nullptr);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < job.records(job.warm_up + job.commits); ++i) {
    if (i == job.records(job.warm_up)) {
      meter.begin();
      before = counting->bytes_written();
    }
    sqlite3_bind_blob(insert, 1, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
    ODOGRAPH_ASSERT(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
    if (i >= job.records(job.warm_up)) keep_pace(job.pause);
  }
  meter.end(counting->bytes_written() - before);
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

Job job_from(int argc, char** argv) {
  Job job{.way = argv[1], .directory = argv[2]};
  std::map<std::string, std::string> given;
  for (int i = 3; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  const auto number = [&](const char* key, std::size_t otherwise) {
    return given.contains(key) ? std::stoul(given[key]) : otherwise;
  };
  job.per_commit = number("--per-commit", job.per_commit);
  job.commits = number("--commits", job.commits);
  job.outage = number("--outage", 0);
  job.warm_up = number("--warm-up", job.warm_up);
  job.page_bytes = number("--page", job.page_bytes);
  job.pause = std::chrono::milliseconds{number("--pause", 0)};
  job.checkpoint_pages = static_cast<int>(number("--checkpoint", kCheckpointPages));
  job.is_held = number("--held", 1) != 0;
  job.stat = given["--stat"];
  return job;
}

int bench(int argc, char** argv) {
  const std::map<std::string, void (*)(const Job&, Meter&)> ways = {
      {"outbox", run_outbox}, {"outbox-kept", run_outbox}, {"outbox-hold", run_outbox},
      {"append", run_append}, {"prewritten", run_append},  {"rows", run_rows}};
  if (argc < 3 || !ways.contains(argv[1])) {
    std::fprintf(
        stderr,
        "usage: flash_bench outbox|outbox-kept|outbox-hold|append|prewritten|rows DIRECTORY [--KEY VALUE]...\n");
    return 2;
  }
  const Job job = job_from(argc, argv);
  Meter meter(job);
  ways.at(job.way)(job, meter);
  meter.print();
  return 0;
}

}  // namespace
}  // namespace odograph::outbox

int main(int argc, char** argv) { return odograph::outbox::bench(argc, argv); }
