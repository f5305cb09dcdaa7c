// The decoder beside framing and checksum alone, on a generated drive of RMC, GGA and VTG; ns per sentence.
//
// The two are run in alternation, because the machine's speed changes while they run; the ratio of a round's pair is
// what may be promised, and the median of the rounds is told as `ratio`.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "drivers/nmea/nmea_decoder.h"
#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

constexpr int kSeconds = 4'000;
constexpr double kSentences = 3.0 * kSeconds;
constexpr std::size_t kFeedBytes = 4096;
constexpr std::size_t kReadings = 1024;

const std::string& drive() {
  static const std::string log = generated_drive(kSeconds);
  return log;
}

/// This thread's own CPU time: what others do on the machine meanwhile is not counted.
double cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double framing_s() {
  const double start = cpu_s();
  drivers::DecoderCounters counters;
  Framer framer(MissingChecksum::kRefuse, counters);
  Frame frame;
  for (std::size_t at = 0; at < drive().size(); at += kFeedBytes) {
    framer.feed(std::string_view(drive()).substr(at, kFeedBytes), base::BootTime{});
    while (framer.next(frame)) benchmark::DoNotOptimize(frame.text.data());
  }
  return cpu_s() - start;
}

double decoder_s(drivers::Batch& batch) {
  const double start = cpu_s();
  NmeaDecoder decoder({});
  for (std::size_t at = 0; at < drive().size(); at += kFeedBytes) {
    batch.readings.clear();
    decoder.feed(std::string_view(drive()).substr(at, kFeedBytes), base::BootTime{}, batch);
    benchmark::DoNotOptimize(batch.readings.data());
  }
  return cpu_s() - start;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void decoder_beside_framing(benchmark::State& state) {
  drivers::Batch batch;
  batch.readings.reserve(kReadings);
  std::vector<double> framing;
  std::vector<double> decoding;
  std::vector<double> ratios;
  for ([[maybe_unused]] auto round : state) {
    framing.push_back(framing_s());
    decoding.push_back(decoder_s(batch));
    ratios.push_back(decoding.back() / framing.back());
    state.SetIterationTime(decoding.back());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(drive().size()));
  state.counters["decoder_ns_per_sentence"] = median(decoding) / kSentences * 1e9;
  state.counters["framing_ns_per_sentence"] = median(framing) / kSentences * 1e9;
  state.counters["ratio"] = median(ratios);
}

BENCHMARK(decoder_beside_framing)->UseManualTime()->Iterations(301)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace odograph::nmea
