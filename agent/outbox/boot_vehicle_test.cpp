#include "agent/outbox/boot_vehicle.h"

#include <gtest/gtest.h>

#include "agent/outbox/boot_fixture.h"

namespace odograph::outbox {
namespace {

using model::Lane;

Options as(const std::string& vehicle_id, const std::filesystem::path& directory) {
  Options options = hasty(directory);
  options.vehicle_id = vehicle_id;
  return options;
}

BootVehicles vehicles_of(const std::vector<Chunk>& chunks) {
  BootVehicles vehicles;
  for (const Chunk& chunk : chunks) vehicles[chunk.boot] = chunk.vehicle_id;
  return vehicles;
}

/// The report with which the running boot began.
model::BootReport report_of(Rig& rig) {
  for (const Chunk& chunk : rig.drain(Lane::kEvent)) {
    if (chunk.boot != rig.loop->stats().boot) continue;
    const auto records = wire::unpack(chunk.packed.codec, chunk.packed.columns, chunk.first_n, chunk.count);
    if (records && records->front().boot) return *records->front().boot;
  }
  ADD_FAILURE() << "no boot record";
  return {};
}

TEST(BootVehicle, IsARowWhereItIsAnId) {
  EXPECT_EQ(vehicle_row(7, "truck-17").substr(0, 22), "('vehicle_7_truck-17',");
  for (const char* none : {"", "a b", "it's", "x'),('boot',1"}) EXPECT_EQ(vehicle_row(7, none), "") << none;
}

TEST(BootVehicle, IsBelievedWithItsChecksumOnly) {
  TempDir dir;
  auto opened = Database::open(dir.path() / "x.db", "");
  Database& database = *std::get<0>(opened);
  ASSERT_FALSE(database.exec("CREATE TABLE meta(k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID"));
  for (const auto& [boot, id] : BootVehicles{{1, "0017"}, {2, "a_b"}, {17, "truck"}, {21, "x"}}) {
    ASSERT_FALSE(database.exec("INSERT INTO meta VALUES" + vehicle_row(boot, id)));
  }
  ASSERT_FALSE(database.exec("UPDATE meta SET k='vehicle_17_trucj' WHERE k='vehicle_17_truck'"));
  ASSERT_FALSE(database.exec("UPDATE meta SET v=v+1 WHERE k='vehicle_21_x'"));
  ASSERT_FALSE(database.exec("INSERT INTO meta VALUES('vehicle_',1),('vehicle_3',1),('vehicle_x_y',1),('boot',9)"));
  EXPECT_EQ(std::get<0>(load_vehicles(database)), (BootVehicles{{1, "0017"}, {2, "a_b"}}));
  EXPECT_EQ(std::get<0>(load_vehicles(database, 2)), (BootVehicles{{2, "a_b"}}));
  EXPECT_EQ(std::get<0>(load_vehicles(database, 1)), (BootVehicles{{1, "0017"}}));
  EXPECT_EQ(std::get<0>(load_vehicles(database, 17)), BootVehicles{});
  ASSERT_FALSE(database.exec(forget_vehicles_sql("2")));
  EXPECT_EQ(std::get<0>(load_vehicles(database)), (BootVehicles{{2, "a_b"}}));
}

TEST(BootVehicle, StaysWithTheRecordsWhoeverSendsThem) {
  TempDir dir;
  const char* ids[] = {"truck-17", "truck-17", "truck-18"};
  for (std::uint32_t boot = 1; boot <= 3; ++boot) {
    Rig rig(as(ids[boot - 1], dir.path()));
    rig.open();
    push_a_record(rig, static_cast<std::int32_t>(boot));
    EXPECT_EQ(rig.loop->stats().vehicle_before, boot == 3 ? "truck-17" : "");
    if (boot == 3) {
      EXPECT_EQ(vehicles_of(rig.drain(Lane::kBulk)), (BootVehicles{{1, "truck-17"}, {2, "truck-17"}, {3, "truck-18"}}));
    }
  }
}

TEST(BootVehicle, GoesWithTheLastRowOfItsBoot) {
  TempDir dir;
  {
    Rig rig(as("truck-17", dir.path()));
    rig.open();
    push_a_record(rig, 1);
    for (const auto lane : model::kStoredLanes) {
      for (const Chunk& chunk : rig.drain(lane)) rig.handout.ack(id_of(chunk));
    }
    rig.step_after(base::Millis{2000});
    rig.loop->finish(rig.now);
  }
  {
    Rig rig(as("truck-18", dir.path()));
    rig.open();
    EXPECT_EQ(rig.loop->stats().vehicle_before, "truck-17");
  }
  EXPECT_EQ(asked(dir.path(), "SELECT group_concat(k) FROM meta WHERE k LIKE 'vehicle_%'"), "vehicle_2_truck-18");
}

TEST(BootVehicle, OfAFileThatWasMadeBeforeThereWereAnyIsNotKnown) {
  TempDir dir;
  {
    Rig rig(as("", dir.path()));
    rig.open();
    push_a_record(rig, 1);
  }
  Rig rig(as("truck-18", dir.path()));
  rig.open();
  push_a_record(rig, 2);
  EXPECT_EQ(rig.loop->stats().vehicle_before, "");
  EXPECT_EQ(vehicles_of(rig.drain(Lane::kBulk)), (BootVehicles{{1, ""}, {2, "truck-18"}}));
}

// The fleet would miss the records of the boot before in the new vehicle's stream.
TEST(BootVehicle, ABootOfAnotherVehicleIsNotTold) {
  TempDir dir;
  for (const auto& [id, previous] : {std::pair{"a", 0U}, {"a", 1U}, {"b", 0U}, {"b", 3U}, {"a", 0U}}) {
    Rig rig(as(id, dir.path()));
    rig.open();
    push_a_record(rig, 1);
    const model::BootReport report = report_of(rig);
    EXPECT_EQ(report.previous_boot, previous) << id;
    EXPECT_EQ(report.previous_ends.bulk, previous == 0 ? 0U : 1U) << id;
  }
}

TEST(BootVehicle, GoesOutWithWhatIsSalvaged) {
  TempDir dir;
  {
    Rig rig(as("truck-17", dir.path()));
    rig.open();
    push_a_record(rig, 1);
    rig.loop->finish(rig.now);
  }
  std::filesystem::create_directory(dir.path() / "quarantine-1");
  std::filesystem::rename(dir.path() / "outbox.db", dir.path() / "quarantine-1" / "outbox.db");
  std::filesystem::remove(dir.path() / "outbox.db-wal");
  Rig rig(as("truck-18", dir.path()));
  rig.open();
  BootVehicles found;
  for (int i = 0; i < 100 && rig.loop->stats().quarantines_waiting > 0; ++i) {
    rig.step_after(kSalvageEvery);
    while (auto chunk = rig.handout.next_salvaged()) {
      found[chunk->boot] = chunk->vehicle_id;
      rig.handout.ack_salvaged({chunk->lane, chunk_id(chunk->boot, chunk->chunk_no), chunk->stream_id});
    }
  }
  EXPECT_EQ(found, (BootVehicles{{1, "truck-17"}, {kClosingBoot, "truck-17"}}));
}

}  // namespace
}  // namespace odograph::outbox
