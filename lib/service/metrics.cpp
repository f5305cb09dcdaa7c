#include "lib/service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
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

  /// What nobody told since the last answer.
  void remove_stale_gauges() {
    for (auto at = gauges.begin(); at != gauges.end();) {
      if (at->second.round == round) {
        ++at;
        continue;
      }
      at->second.family->Remove(at->second.gauge);
      known.erase(at->first);
      at = gauges.erase(at);
    }
  }

  using Key = std::pair<std::string, std::map<std::string, std::string>>;
  struct Gauge {
    prometheus::Family<prometheus::Gauge>* family = nullptr;
    prometheus::Gauge* gauge = nullptr;
    std::uint64_t round = 0;  ///< In which it was told last.
  };
  struct Histogram {
    prometheus::Histogram* histogram = nullptr;
    base::Histogram told;
  };

  const Collect collect;
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
  std::set<Key> known;
  std::map<Key, Gauge> gauges;
  std::map<Key, Histogram> histograms;
  std::uint64_t round = 0;
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
  Impl::Gauge& gauge = impl_->gauges[{series.name, series.labels}];
  if (gauge.gauge == nullptr) {
    gauge.family = made([&]() -> prometheus::Family<prometheus::Gauge>& {
      return prometheus::BuildGauge().Name(series.name).Help(series.help).Register(impl_->registry);
    });
    gauge.gauge = made([&]() -> prometheus::Gauge& { return gauge.family->Add(series.labels); });
  }
  gauge.round = impl_->round;
  gauge.gauge->Set(value);
}

void Metrics::set_histogram(const Series& series, const base::Histogram& values) {
  if (!impl_->admit(series)) return;
  const auto [known, is_new] = impl_->histograms.try_emplace(
      {series.name, series.labels}, Impl::Histogram{nullptr, base::Histogram(values.bounds())});
  if (is_new) {
    known->second.histogram = made([&]() -> prometheus::Histogram& {
      return prometheus::BuildHistogram()
          .Name(series.name)
          .Help(series.help)
          .Register(impl_->registry)
          .Add(series.labels, values.bounds());
    });
  }
  const base::Histogram more = values.since(known->second.told);
  const std::vector<double> increments(more.counts().begin(), more.counts().end());
  known->second.histogram->ObserveMultiple(increments, more.sum());
  known->second.told = values;
}

std::string Metrics::text() {
  impl_->refused_count = 0;
  ++impl_->round;
  impl_->collect(*this);
  impl_->remove_stale_gauges();
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
