#include "drivers/nmea/nmea_driver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "drivers/api/driver_table.h"
#include "drivers/nmea/test_support.h"
#include "lib/base/test_folder.h"

namespace odograph::nmea {
namespace {

using base::BootTime;
using base::Millis;
using base::UniqueFd;

/// The driver's own defaults, with what a test says otherwise.
class Options final : public drivers::SourceOptions {
 public:
  using Told = std::map<std::string, std::string>;
  explicit Options(Told told) : told_(std::move(told)) {}
  std::string text(std::string_view option) const override { return value(option); }
  std::int64_t integer(std::string_view option) const override { return std::stoll(value(option)); }
  bool boolean(std::string_view option) const override { return value(option) == "true"; }

 private:
  std::string value(std::string_view option) const {
    const auto told = told_.find(std::string(option));
    if (told != told_.end()) return told->second;
    for (const auto& known : driver_info().options) {
      if (known.name == option) return std::string(known.default_value);
    }
    ADD_FAILURE() << "no such option: " << option;
    return "";
  }
  Told told_;
};

std::unique_ptr<drivers::Driver> make(const std::string& device) {
  auto driver = driver_info().make_driver(Options(Options::Told{{"device", device}}));
  EXPECT_TRUE(driver) << driver.error().what;
  return std::move(driver).value();
}

/// What a driver has read so far.
struct Received {
  drivers::Batch batch;
  base::Status status;
};

/// Waits for `fd` and reads from it until `wanted` readings are there or reading fails; false after five seconds.
bool read_until(drivers::Driver& driver, int fd, std::size_t wanted, Received& received) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (received.batch.readings.size() < wanted) {
    const auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
    received.status = driver.read(fd, BootTime{}, received.batch);
    if (!received.status) return true;
  }
  return true;
}

void write_all(int fd, const std::string& bytes) {
  ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

TEST(NmeaDriver, ReadsARawTerminalAndComesBackAfterAHangUp) {
  for (int round = 0; round < 2; ++round) {
    int master = -1;
    int slave = -1;
    char path[128];
    ASSERT_EQ(openpty(&master, &slave, path, nullptr, nullptr), 0);
    UniqueFd far(master);
    UniqueFd near(slave);
    const auto driver = make(path);
    auto fd = driver->open();
    ASSERT_TRUE(fd) << fd.error().what;
    EXPECT_NE(fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
    termios settings{};
    ASSERT_EQ(tcgetattr(fd->get(), &settings), 0);
    EXPECT_EQ(cfgetispeed(&settings), static_cast<speed_t>(B9600));
    EXPECT_EQ(settings.c_cflag & (CSIZE | PARENB | CSTOPB | CLOCAL), static_cast<tcflag_t>(CS8 | CLOCAL));
    EXPECT_EQ(settings.c_lflag & (ICANON | ECHO | ISIG), 0U);

    Received received;
    EXPECT_TRUE(driver->read(fd->get(), BootTime{}, received.batch)) << "nothing there is no failure";
    write_all(far.get(), generated_drive(3));
    ASSERT_TRUE(read_until(*driver, fd->get(), 2, received));
    ASSERT_TRUE(driver->next_deadline());
    ASSERT_TRUE(driver->on_deadline(fd->get(), *driver->next_deadline(), received.batch));
    EXPECT_EQ(received.batch.readings.size(), 3U);

    near.reset();
    far.reset();  // The line is hung up.
    ASSERT_TRUE(read_until(*driver, fd->get(), 99, received));
    EXPECT_EQ(received.status.error().action, base::Action::kRetry);
    EXPECT_EQ(driver->open().has_value(), false) << "its path has gone";
    EXPECT_EQ(driver->counters().sentences, 9U);
  }
}

/// A listening socket on a free port of the loopback interface.
UniqueFd listener(int& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(fd.get(), generic, size), 0);
  EXPECT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_EQ(::getsockname(fd.get(), generic, &size), 0);
  port = ntohs(address.sin_port);
  return fd;
}

TEST(NmeaDriver, ReadsTcpAndConnectsAgain) {
  int port = 0;
  const UniqueFd server = listener(port);
  const auto driver = make("tcp://127.0.0.1:" + std::to_string(port));
  for (int round = 0; round < 2; ++round) {
    auto fd = driver->open();
    ASSERT_TRUE(fd) << fd.error().what;
    UniqueFd peer(::accept(server.get(), nullptr, nullptr));
    ASSERT_TRUE(peer);
    write_all(peer.get(), generated_drive(2) + "$GPRMC,cut");
    peer.reset();
    Received received;
    ASSERT_TRUE(read_until(*driver, fd->get(), 99, received));
    EXPECT_EQ(received.status.error().action, base::Action::kRetry);
    EXPECT_EQ(received.batch.readings.size(), 2U) << "the open epoch is closed at the end";
  }
  EXPECT_EQ(driver->counters().sentences, 12U);
}

TEST(NmeaDriver, ARefusedConnectionIsToldByRead) {
  int port = 0;
  listener(port).reset();
  const auto driver = make("tcp://127.0.0.1:" + std::to_string(port));
  auto fd = driver->open();
  if (!fd) {
    EXPECT_EQ(fd.error().action, base::Action::kRetry);
    return;
  }
  Received received;
  ASSERT_TRUE(read_until(*driver, fd->get(), 1, received));
  ASSERT_FALSE(received.status);
  EXPECT_EQ(received.status.error().action, base::Action::kRetry);
}

class NmeaDriverFile : public testing::Test {
 protected:
  base::TestFolder folder_;
};

TEST_F(NmeaDriverFile, IsReadToItsEndAndTakenUpThereAgain) {
  const std::string path = folder_.path("drive.nmea");
  const std::string drive = generated_drive(2'000);
  const std::size_t half = drive.size() / 2;
  std::ofstream(path) << drive.substr(0, half);
  const auto driver = make(path);
  std::size_t readings = 0;
  int calls = 0;
  for (int round = 0; round < 2; ++round) {
    auto fd = driver->open();
    ASSERT_TRUE(fd) << fd.error().what;
    base::Status status;
    while (status) {
      drivers::Batch batch;
      status = driver->read(fd->get(), BootTime{}, batch);
      readings += batch.readings.size();
      ++calls;
    }
    EXPECT_EQ(status.error().action, base::Action::kStop) << "a file has an end";
    EXPECT_EQ(status.error().what, path + " was read to its end");
    std::ofstream(path, std::ios::app) << drive.substr(half);
  }
  EXPECT_GE(calls, 4) << "no call reads it all";
  EXPECT_GE(driver->counters().sentences, 5'998U);
  EXPECT_LE(driver->counters().sentences, 6'000U) << "nothing is read twice";
  EXPECT_GE(readings, 1'999U);
}

TEST_F(NmeaDriverFile, FifoIsRead) {
  const std::string path = folder_.path("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto driver = make(path);
  auto fd = driver->open();
  ASSERT_TRUE(fd) << fd.error().what;
  const UniqueFd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  write_all(writer.get(), generated_drive(3));
  Received received;
  ASSERT_TRUE(read_until(*driver, fd->get(), 2, received));
  EXPECT_TRUE(received.status);
}

TEST_F(NmeaDriverFile, ThatIsNotThereIsWorthAnotherTry) {
  auto fd = make(folder_.path("none"))->open();
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().action, base::Action::kRetry);
  EXPECT_NE(fd.error().what.find("none: No such file"), std::string::npos) << fd.error().what;
}

TEST_F(NmeaDriverFile, FolderIsNoDevice) {
  auto fd = make(folder_.path())->open();
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().action, base::Action::kRetry);
  EXPECT_EQ(fd.error().what, "open " + folder_.path().string() + ": Is a directory");
}

TEST(NmeaDriver, RefusesAddressesThatAreNone) {
  for (const char* good :
       {"/dev/ttyUSB0", "drive.nmea", "tcp://localhost:2000", "tcp://192.0.2.1:1", "tcp://[2001:db8::1]:65535"}) {
    EXPECT_TRUE(parse_device(good)) << good;
  }
  for (const char* bad : {"", "tcp://", "tcp://host", "tcp://host:", "tcp://host:0", "tcp://host:65536", "tcp://:2000",
                          "tcp://host:20x", "tcp://2001:db8::1:2000", "tcp://ho/st:1", "udp://host:2000"}) {
    const auto device = driver_info().make_driver(Options(Options::Told{{"device", bad}}));
    ASSERT_FALSE(device) << bad;
    EXPECT_EQ(device.error().action, base::Action::kStop) << bad;
  }
}

TEST(NmeaDriver, RefusesRatesThatNoPortHas) {
  for (const char* good : {"4800", "115200", "921600"}) {
    EXPECT_TRUE(driver_info().make_driver(Options(Options::Told{{"device", "x"}, {"baud", good}}))) << good;
  }
  for (const char* bad : {"0", "4801", "1200", "1000000"}) {
    EXPECT_FALSE(driver_info().make_driver(Options(Options::Told{{"device", "x"}, {"baud", bad}}))) << bad;
  }
}

TEST(NmeaDriver, IsInTheDriverTableWithARecordingsDecoder) {
  bool found = false;
  for (const drivers::DriverInfo* info : drivers::driver_table()) found |= info == &driver_info();
  EXPECT_TRUE(found);
  const auto decoder = driver_info().make_decoder(Options(Options::Told{{"device", "x"}}));
  drivers::Batch batch;
  decoder->feed(generated_drive(10), BootTime{}, batch);
  EXPECT_EQ(decoder->next_deadline(), std::nullopt) << "a recording is never silent";
  decoder->finish(BootTime{}, batch);
  EXPECT_EQ(batch.readings.size(), 10U);
}

}  // namespace
}  // namespace odograph::nmea
