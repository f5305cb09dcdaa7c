#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "lib/base/time.h"
#include "lib/model/reading.h"

namespace odograph::vehicles {

struct DriveConfig {
  std::uint64_t seed = 1;
  base::UtcTime start{};
  model::Position origin{473'800'000, 85'400'000};
  double top_speed_kmh = 130;   ///< Target on the fastest stretches.
  double noise_m = 1.5;         ///< Slowly wandering receiver error, one sigma per axis.
  double void_per_hour = 12;    ///< Single epochs without a fix.
  double tunnels_per_hour = 4;  ///< Silences of 5 to 120 s.
};

/// What the receiver tells about one second of the drive.
struct Moment {
  base::UtcTime time;
  bool valid = true;
  bool silent = false;  ///< In a tunnel: the receiver says nothing at all.
  model::Position position{};
  std::int32_t alt_dm = 0;
  std::int32_t speed_mmps = 0;
  std::int32_t course_cdeg = 0;
  std::int32_t hdop_deci = 10;
  std::int32_t satellites = 9;
};

/// A car on made-up roads at 1 Hz: stretches of town, country and motorway with stops between them, acceleration of at
/// most 1.5 m/s2 and braking of 2.5, wandering receiver error, voids and tunnels. The same seed gives the same drive on
/// every machine.
class Drive {
 public:
  explicit Drive(DriveConfig config);

  /// The next second.
  Moment next();

 private:
  double uniform();  ///< [0, 1)
  double normal();   ///< Mean 0, sigma 1.
  void start_stretch();
  void move();

  DriveConfig config_;
  std::mt19937_64 random_;
  base::UtcTime time_;
  double north_m_ = 0;
  double east_m_ = 0;
  double speed_mps_ = 0;
  double course_rad_ = 0;
  double turn_rad_per_m_ = 0;
  double target_mps_ = 0;
  int stretch_left_s_ = 0;
  int tunnel_left_s_ = 0;
  double error_north_m_ = 0;
  double error_east_m_ = 0;
};

/// The moment as a receiver writes it: RMC, GGA, GSA and VTG with checksums and CRLF; nothing while silent.
std::string to_nmea(const Moment& moment);

}  // namespace odograph::vehicles
