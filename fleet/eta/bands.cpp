#include "fleet/eta/bands.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fleet/eta/fields.h"

namespace odograph::eta {
namespace {

constexpr std::string_view kWord = "band";
constexpr std::string_view kWidths = "widths";
constexpr double kWidthStep = 0.001;
constexpr double kWidthMin = 0.25;
constexpr double kWidthMax = 4;
constexpr double kTail = 0.1;
constexpr double kFirstHorizonS = 60;
constexpr double kBinWidth = 0.03;
constexpr double kPriorCount = 15;
constexpr double kPriorSpread = 0.3;
constexpr double kSeenMax = 800;

}  // namespace

const Bands::Histogram& Bands::prior() {
  static const Histogram kPrior = [] {
    Histogram shape{};
    double sum = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double log = (static_cast<double>(bin) + 0.5 - kBins / 2.0) * kBinWidth;
      shape[bin] = std::exp(-log * log / (2 * kPriorSpread * kPriorSpread));
      sum += shape[bin];
    }
    for (double& one : shape) one = one * kPriorCount / sum;
    return shape;
  }();
  return kPrior;
}

Bands::Between Bands::between(double ahead_s) {
  const double place = std::clamp(std::log2(ahead_s / kFirstHorizonS), 0.0, static_cast<double>(kHorizons - 1));
  const auto first = std::min(static_cast<std::size_t>(place), kHorizons - 2);
  return {first, place - static_cast<double>(first)};
}

Bands::Histogram Bands::blended(double ahead_s, std::size_t stays) const {
  const Between near = between(ahead_s);
  const auto& of_stays = seen_[std::min(stays, kStays - 1)];
  Histogram sum = prior();
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const double first = of_stays[near.first][bin];
    const double second = of_stays[near.first + 1][bin];
    sum[bin] = sum[bin] + (1 - near.second_share) * first + near.second_share * second;
  }
  return sum;
}

double Bands::quantile(const Histogram& histogram, double share) {
  double left = share * std::accumulate(histogram.begin(), histogram.end(), 0.0);
  std::size_t bin = 0;
  while (bin + 1 < kBins && left > histogram[bin]) left -= histogram[bin++];
  const double inside = histogram[bin] > 0 ? std::clamp(left / histogram[bin], 0.0, 1.0) : 0.5;
  return std::exp((static_cast<double>(bin) + inside - kBins / 2.0) * kBinWidth);
}

Band Bands::at(double ahead_s, std::size_t stays) const {
  const Histogram histogram = blended(ahead_s, stays);
  const double middle = quantile(histogram, 0.5);
  return {middle * std::pow(quantile(histogram, kTail) / middle, widths_.below), middle,
          middle * std::pow(quantile(histogram, 1 - kTail) / middle, widths_.above)};
}

void Bands::learn(double predicted_s, double actual_s, std::size_t stays) {
  const Band told = at(predicted_s, stays);
  const auto follow = [](double& width, bool outside) {
    width = std::clamp(width * std::exp(kWidthStep * ((outside ? 1 : 0) - kTail)), kWidthMin, kWidthMax);
  };
  follow(widths_.below, actual_s < predicted_s * told.p10);
  follow(widths_.above, actual_s > predicted_s * told.p90);
  const Between near = between(predicted_s);
  const double place = std::log(actual_s / predicted_s) / kBinWidth + kBins / 2.0;
  const auto bin = static_cast<std::size_t>(std::clamp(place, 0.0, kBins - 1.0));
  auto& of_stays = seen_[std::min(stays, kStays - 1)];
  const auto add = [bin](Histogram& histogram, double weight) {
    histogram[bin] += weight;
    const double sum = std::accumulate(histogram.begin(), histogram.end(), 0.0);
    if (sum <= kSeenMax) return;
    for (double& one : histogram) one *= kSeenMax / sum;
  };
  add(of_stays[near.first], 1 - near.second_share);
  add(of_stays[near.first + 1], near.second_share);
}

bool Bands::owns(std::string_view line) {
  const std::string_view word = next_word(line);
  return word == kWord || word == kWidths;
}

void Bands::write(std::string& out) const {
  out += kWidths;
  append_amount(out, widths_.below);
  append_amount(out, widths_.above);
  out += '\n';
  for (std::size_t stays = 0; stays < kStays; ++stays) {
    for (std::size_t horizon = 0; horizon < kHorizons; ++horizon) {
      const Histogram& histogram = seen_[stays][horizon];
      if (std::all_of(histogram.begin(), histogram.end(), [](double one) { return one <= 0; })) continue;
      out += std::string(kWord) + ' ' + std::to_string(stays) + ' ' + std::to_string(horizon);
      for (const double one : histogram) append_amount(out, one);
      out += '\n';
    }
  }
}

base::Status Bands::read_line(std::string_view line) {
  if (next_word(line) == kWidths) {
    const auto below = to_amount(next_word(line));
    const auto above = to_amount(next_word(line));
    const auto sound = [](const auto& width) { return width && *width >= kWidthMin && *width <= kWidthMax; };
    if (!sound(below) || !sound(above) || !line.empty())
      return base::drop_error("field width is missing or out of range");
    widths_.below = *below;
    widths_.above = *above;
    return {};
  }
  const auto stays = to_count(next_word(line));
  const auto horizon = to_count(next_word(line));
  if (!stays || *stays >= kStays) return base::drop_error("field stays is missing or out of range");
  if (!horizon || *horizon >= kHorizons) return base::drop_error("field horizon is missing or out of range");
  Histogram histogram{};
  for (double& one : histogram) {
    const auto amount = to_amount(next_word(line));
    if (!amount || *amount > 2 * kSeenMax) return base::drop_error("field count is missing or out of range");
    one = *amount;
  }
  if (!line.empty()) return base::drop_error("more counts than " + std::to_string(kBins));
  seen_[*stays][*horizon] = histogram;
  return {};
}

}  // namespace odograph::eta
