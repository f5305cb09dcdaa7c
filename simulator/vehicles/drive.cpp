#include "simulator/vehicles/drive.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace odograph::vehicles {
namespace {

constexpr double kMetresPerDegree = 111'195.0;
constexpr double kAccelerationMps2 = 1.5;
constexpr double kBrakingMps2 = 2.5;
constexpr double kErrorMemory = 0.98;  // Gauss-Markov with a time constant of about 50 s at 1 Hz

struct StretchKind {
  double share;        ///< Of all stretches.
  double of_top;       ///< Target speed, relative to the drive's top speed.
  double curve_per_m;  ///< One sigma of the curvature, rad/m.
  int least_s;
  int most_s;
};
constexpr StretchKind kStretches[] = {
    {0.15, 0.00, 0.0000, 5, 40},    // a stop
    {0.40, 0.35, 0.0060, 30, 240},  // town
    {0.25, 0.62, 0.0015, 60, 400},  // country road
    {0.20, 1.00, 0.0004, 60, 500},  // motorway
};

/// `$<body>*hh` and CRLF.
std::string sentence(const std::string& body) {
  unsigned sum = 0;
  for (const char c : body) sum ^= static_cast<unsigned char>(c);
  return fmt::format("${}*{:02X}\r\n", body, sum);
}

/// ddmm.mmmmm,H or dddmm.mmmmm,H: 5 decimals of minutes, rounded to nearest.
std::string angle(std::int32_t e7, int degree_digits, const char* hemispheres) {
  const auto magnitude = static_cast<std::uint64_t>(std::abs(static_cast<std::int64_t>(e7)));
  const std::uint64_t minutes_e5 = (magnitude * 60 + 50) / 100;
  const std::uint64_t degrees = minutes_e5 / 6'000'000;
  const std::uint64_t rest = minutes_e5 % 6'000'000;
  return fmt::format("{:0{}}{:02}.{:05},{}", degrees, degree_digits, rest / 100'000, rest % 100'000,
                     e7 < 0 ? hemispheres[1] : hemispheres[0]);
}

}  // namespace

Drive::Drive(DriveConfig config)
    : config_(config), random_(config.seed), time_(config.start), course_rad_(uniform() * 2 * std::numbers::pi) {
  start_stretch();
}

double Drive::uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

double Drive::normal() {
  // The standard's own distribution differs between libraries; Box and Muller's does not.
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

void Drive::start_stretch() {
  double pick = uniform();
  const StretchKind* kind = kStretches;
  for (const auto& candidate : kStretches) {
    kind = &candidate;
    pick -= candidate.share;
    if (pick < 0) break;
  }
  const double vary = kind->of_top > 0 ? 0.9 + 0.15 * uniform() : 1.0;
  target_mps_ = kind->of_top * vary * config_.top_speed_kmh / 3.6;
  turn_rad_per_m_ = kind->curve_per_m * normal();
  stretch_left_s_ = kind->least_s + static_cast<int>(uniform() * (kind->most_s - kind->least_s));
}

void Drive::move() {
  if (--stretch_left_s_ <= 0) start_stretch();
  const double wish = std::max(0.0, target_mps_ + (target_mps_ > 0 ? 0.4 * normal() : 0.0));
  speed_mps_ = std::clamp(wish, std::max(0.0, speed_mps_ - kBrakingMps2), speed_mps_ + kAccelerationMps2);
  course_rad_ += turn_rad_per_m_ * speed_mps_ + (speed_mps_ > 1 ? 0.002 * normal() : 0.0);
  north_m_ += speed_mps_ * std::cos(course_rad_);
  east_m_ += speed_mps_ * std::sin(course_rad_);
  const double kick = config_.noise_m * std::sqrt(1 - kErrorMemory * kErrorMemory);
  error_north_m_ = kErrorMemory * error_north_m_ + kick * normal();
  error_east_m_ = kErrorMemory * error_east_m_ + kick * normal();
}

Moment Drive::next() {
  Moment moment;
  moment.time = time_;
  move();
  time_ += std::chrono::seconds{1};

  const double lat = config_.origin.lat_e7 / 1e7 + (north_m_ + error_north_m_) / kMetresPerDegree;
  const double shrink = std::cos(lat * std::numbers::pi / 180);
  const double lon = config_.origin.lon_e7 / 1e7 + (east_m_ + error_east_m_) / (kMetresPerDegree * shrink);
  moment.position = {static_cast<std::int32_t>(std::lround(lat * 1e7)),
                     static_cast<std::int32_t>(std::lround(lon * 1e7))};
  moment.alt_dm = static_cast<std::int32_t>(4'500 + 800 * std::sin(north_m_ / 4'000));
  moment.speed_mmps = static_cast<std::int32_t>(std::lround(speed_mps_ * 1000));
  const double turns = course_rad_ / (2 * std::numbers::pi);
  moment.course_cdeg = static_cast<std::int32_t>((turns - std::floor(turns)) * 36'000) % 36'000;
  moment.hdop_deci = 8 + static_cast<int>(uniform() * 6);
  moment.satellites = 8 + static_cast<int>(uniform() * 5);
  moment.valid = uniform() * 3'600 >= config_.void_per_hour;
  if (tunnel_left_s_ == 0 && uniform() * 3'600 < config_.tunnels_per_hour) {
    tunnel_left_s_ = 5 + static_cast<int>(uniform() * 115);
  }
  if (tunnel_left_s_ > 0) {
    --tunnel_left_s_;
    moment.silent = true;
  }
  return moment;
}

std::string to_nmea(const Moment& moment) {
  if (moment.silent) return {};
  const auto day = std::chrono::floor<std::chrono::days>(moment.time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{moment.time - day};
  const std::string time = fmt::format("{:02}{:02}{:02}.{:03}", clock.hours().count(), clock.minutes().count(),
                                       clock.seconds().count(), clock.subseconds().count());
  const std::string date_text = fmt::format("{:02}{:02}{:02}", static_cast<unsigned>(date.day()),
                                            static_cast<unsigned>(date.month()), static_cast<int>(date.year()) % 100);
  if (!moment.valid) {
    return sentence(fmt::format("GPRMC,{},V,,,,,,,{},,,N", time, date_text)) +
           sentence(fmt::format("GPGGA,{},,,,,0,00,,,M,,M,,", time));
  }
  const std::string where = angle(moment.position.lat_e7, 2, "NS") + "," + angle(moment.position.lon_e7, 3, "EW");
  // Knots with two decimals, as receivers write them; the position above has the rounding of five decimals of a minute.
  const auto knots_e2 = (static_cast<std::int64_t>(moment.speed_mmps) * 360 + 926) / 1852;
  const std::string knots = fmt::format("{}.{:02}", knots_e2 / 100, knots_e2 % 100);
  const std::string course = fmt::format("{}.{:02}", moment.course_cdeg / 100, moment.course_cdeg % 100);
  const std::string hdop = fmt::format("{}.{}", moment.hdop_deci / 10, moment.hdop_deci % 10);
  return sentence(fmt::format("GPRMC,{},A,{},{},{},{},,,A", time, where, knots, course, date_text)) +
         sentence(fmt::format("GPGGA,{},{},1,{:02},{},{}.{},M,48.0,M,,0000", time, where, moment.satellites, hdop,
                              moment.alt_dm / 10, moment.alt_dm % 10)) +
         sentence(fmt::format("GPGSA,A,3,04,17,13,23,20,07,32,,,,,,2.5,{},1.9", hdop)) +
         sentence(fmt::format("GPVTG,{},T,,M,{},N,,K,A", course, knots));
}

}  // namespace odograph::vehicles
