#include "lib/service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <set>
#include <utility>

#include "lib/base/assert.h"

namespace odograph::service {
namespace {

/// The registry throws on bad names and types.
template <class Make>
auto* made(const Make& make) {
  decltype(&make()) out = nullptr;
  try {
    out = &make();
  } catch (const std::exception&) {
    out = nullptr;
  }
  ODOGRAPH_ASSERT(out != nullptr);
  return out;
}

}  // namespace

struct Metrics::Impl {
  explicit Impl(Collect collect_from) : collect(std::move(collect_from)) {}

  /// True if the series is known or there is room for it.
  bool admit(const Series& series) {
    const auto key = std::pair(series.name, series.labels);
    if (known.contains(key)) return true;
    if (known.size() >= kMetricSeriesMax) {
      ++refused_count;
      return false;
    }
    known.insert(key);
    return true;
  }

  const Collect collect;
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::set<std::pair<std::string, std::map<std::string, std::string>>> known;
  std::size_t refused_count = 0;
};

Metrics::Metrics(Collect collect) : impl_(std::make_unique<Impl>(std::move(collect))) {}
Metrics::~Metrics() = default;

void Metrics::set_counter(const Series& series, double value) {
  if (!impl_->admit(series)) return;
  auto* counter = made([&]() -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(series.name).Help(series.help).Register(impl_->registry).Add(series.labels);
  });
  const double more = value - counter->Value();
  if (more > 0) counter->Increment(more);
}

void Metrics::set_gauge(const Series& series, double value) {
  if (!impl_->admit(series)) return;
  auto* gauge = made([&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(series.name).Help(series.help).Register(impl_->registry).Add(series.labels);
  });
  gauge->Set(value);
}

std::string Metrics::text() {
  impl_->refused_count = 0;
  impl_->collect(*this);
  auto* refused = made([&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge()
        .Name("odograph_metric_series_refused")
        .Help("Series that were left out of this answer because there are too many.")
        .Register(impl_->registry)
        .Add({});
  });
  refused->Set(static_cast<double>(impl_->refused_count));
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace odograph::service
