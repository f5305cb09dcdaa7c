#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/base/histogram.h"

namespace odograph::service {

inline constexpr std::size_t kMetricSeriesMax = 1000;

/// One series: its name and help are the family's, its labels its own.
struct Series {
  std::string name;                           ///< "odograph_records_made_total"; [a-zA-Z_:][a-zA-Z0-9_:]*
  std::string help;                           ///< One sentence; the first of a name holds.
  std::map<std::string, std::string> labels;  ///< lane="bulk"
};

/// Counters, gauges and histograms in Prometheus' text format. One thread.
///
/// Nothing is counted in here: `collect` copies the values in right before they are told. A name that Prometheus does
/// not take, or one for both a counter and a gauge, is our own mistake and ends the program.
class Metrics {
 public:
  using Collect = std::function<void(Metrics&)>;
  explicit Metrics(Collect collect);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counters never fall: a smaller `value` than before is left out.
  void set_counter(const Series& series, double value);
  /// A gauge that `collect` does not tell any more is gone from the next answer on.
  void set_gauge(const Series& series, double value);
  /// Told again and again it has the same bounds, and never loses a value.
  void set_histogram(const Series& series, const base::Histogram& values);

  /// Collects, then writes everything. Series beyond `kMetricSeriesMax` are left out and counted in
  /// `odograph_metric_series_refused`.
  std::string text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace odograph::service
