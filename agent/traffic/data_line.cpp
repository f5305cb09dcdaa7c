#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "agent/traffic/data_budget.h"
#include "lib/base/crc32c.h"

namespace odograph::traffic {
namespace {

// "odograph-data 1 <month> <bytes> <undated> <month before> <bytes> <recent bytes> <age, ms> <utc, ms> <margin> <crc>":
// decimal numbers, months counted from year 0, `-` for what is not known; the CRC-32C is of what stands before it.
constexpr std::string_view kBegin = "odograph-data 1 ";
constexpr std::size_t kLineBytesMax = 512;
constexpr std::int64_t kMonthMax = 9999 * 12 + 11;
constexpr std::int64_t kMsMax = 253'402'300'799'999;  // The end of year 9999.
constexpr std::int64_t kBytesMax = std::int64_t{1} << 60;

std::string word(std::optional<std::int64_t> value) { return (value ? std::to_string(*value) : "-") + " "; }

std::int64_t whole(std::uint64_t bytes) { return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, kBytesMax)); }

std::optional<std::int64_t> number(std::optional<std::chrono::year_month> month) {
  if (!month) return std::nullopt;
  return std::int64_t{static_cast<int>(month->year())} * 12 + static_cast<unsigned>(month->month()) - 1;
}

/// Reads word after word; what is no number, or out of range, makes it unsound for good.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> maybe(std::int64_t max) {
    if (text_.starts_with("- ")) {
      text_.remove_prefix(2);
      return std::nullopt;
    }
    return sure(max);
  }

  std::int64_t sure(std::int64_t max) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    const auto used = static_cast<std::size_t>(end - text_.data());
    is_sound_ =
        is_sound_ && error == std::errc{} && value >= 0 && value <= max && used < text_.size() && text_[used] == ' ';
    text_.remove_prefix(is_sound_ ? used + 1 : text_.size());
    return is_sound_ ? value : 0;
  }

  std::optional<std::chrono::year_month> month() {
    const auto count = maybe(kMonthMax);
    if (!count) return std::nullopt;
    return std::chrono::year{static_cast<int>(*count / 12)} /
           std::chrono::month{static_cast<unsigned>(*count % 12) + 1};
  }

  bool ended() const { return is_sound_ && text_.empty(); }

 private:
  std::string_view text_;
  bool is_sound_ = true;
};

}  // namespace

std::string to_line(const DataAccount& account, std::uint64_t margin_bytes) {
  std::optional<std::int64_t> utc_ms;
  if (account.utc) utc_ms = std::clamp<std::int64_t>(account.utc->time_since_epoch().count(), 0, kMsMax);
  std::string line{kBegin};
  line += word(number(account.month)) + word(whole(account.bytes)) + word(whole(account.undated_bytes));
  line += word(number(account.before)) + word(whole(account.before_bytes));
  line += word(std::llround(std::min(account.recent_bytes, static_cast<double>(kBytesMax))));
  line += word(std::min(account.recent_age.count(), kMsMax)) + word(utc_ms) + word(whole(margin_bytes));
  return line + std::to_string(base::crc32c(line)) + "\n";
}

base::Result<DataAccount> from_line(std::string_view line) {
  const auto refused = [] { return base::drop_error("this is no sound account of data"); };
  if (line.size() > kLineBytesMax || !line.starts_with(kBegin) || !line.ends_with('\n')) return refused();
  line.remove_suffix(1);
  const std::size_t end = line.rfind(' ') + 1;
  if (line.substr(end) != std::to_string(base::crc32c(line.substr(0, end)))) return refused();
  Words words(line.substr(kBegin.size(), end - kBegin.size()));
  DataAccount account;
  account.month = words.month();
  account.bytes = static_cast<std::uint64_t>(words.sure(kBytesMax));
  account.undated_bytes = static_cast<std::uint64_t>(words.sure(kBytesMax));
  account.before = words.month();
  account.before_bytes = static_cast<std::uint64_t>(words.sure(kBytesMax));
  account.recent_bytes = static_cast<double>(words.sure(kBytesMax));
  account.recent_age = base::Millis{words.sure(kMsMax)};
  if (const auto utc_ms = words.maybe(kMsMax)) account.utc = base::UtcTime{base::Millis{*utc_ms}};
  const auto margin = static_cast<std::uint64_t>(words.sure(kBytesMax));
  if (!words.ended()) return refused();
  account.undated_bytes += margin;
  account.recent_bytes += static_cast<double>(margin);
  return account;
}

}  // namespace odograph::traffic
