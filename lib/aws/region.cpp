#include "lib/aws/region.h"

#include <algorithm>
#include <array>
#include <utility>

namespace odograph::aws {
namespace {

constexpr std::size_t kHostCharsMax = 253;
constexpr std::size_t kLabelCharsMax = 63;
constexpr std::size_t kRegionCharsMax = 32;
/// Of the partitions in which there is MSK and that can be reached from a vehicle.
constexpr std::array<std::string_view, 3> kSuffixes{".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// Cuts the last label, without its dot, off `name`; the whole of it where there is no dot.
std::string_view take_last_label(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? name : name.substr(dot + 1);
  name = dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
  return label;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelCharsMax && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '-'; });
}

bool is_kafka(std::string_view label) { return label == "kafka" || label.starts_with("kafka-"); }

/// As an error shows it: what was given may be anything.
std::string shown(std::string_view text) {
  std::string out = "\"" + std::string(text.substr(0, kHostCharsMax)) + "\"";
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c >= '\x7f'; }, '?');
  return out;
}

/// "host:9098" without the port; as it is where there is none.
std::string_view without_port(std::string_view broker) {
  const std::size_t colon = broker.rfind(':');
  if (colon == std::string_view::npos) return broker;
  const std::string_view port = broker.substr(colon + 1);
  const bool number = !port.empty() && std::all_of(port.begin(), port.end(), is_digit);
  return number ? broker.substr(0, colon) : broker;
}

}  // namespace

bool is_region(std::string_view text) {
  // Letters in at least two parts, then a number: "us-east-1", "us-gov-west-1", "eusc-de-east-1".
  if (text.size() > kRegionCharsMax) return false;
  const std::size_t last = text.rfind('-');
  if (last == std::string_view::npos) return false;
  const std::string_view number = text.substr(last + 1);
  if (number.empty() || number.size() > 2 || !std::all_of(number.begin(), number.end(), is_digit)) return false;
  std::size_t words = 0;
  for (std::string_view rest = text.substr(0, last + 1); !rest.empty(); ++words) {
    const std::string_view word = rest.substr(0, rest.find('-'));
    if (word.empty() || !std::all_of(word.begin(), word.end(), is_lower)) return false;
    rest.remove_prefix(word.size() + 1);
  }
  return words >= 2;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostCharsMax || text.front() == '.') return false;
  while (!text.empty()) {
    if (!is_label(take_last_label(text))) return false;
  }
  return true;
}

std::optional<std::string> region_of_broker(std::string_view broker) {
  std::string_view host = without_port(broker);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!is_host_name(host)) return std::nullopt;
  const std::string lower = lower_case(host);
  for (const std::string_view suffix : kSuffixes) {
    if (!lower.ends_with(suffix)) continue;
    std::string_view rest = std::string_view(lower).substr(0, lower.size() - suffix.size());
    std::string_view region = take_last_label(rest);
    if (region == "vpce") region = take_last_label(rest);
    const std::string_view service = take_last_label(rest);
    if (is_region(region) && is_kafka(service)) return std::string(region);
  }
  return std::nullopt;
}

base::Result<Region> choose_region(const std::string& configured, const std::vector<std::string>& brokers) {
  if (!configured.empty() && !is_region(configured)) {
    return base::stop_error(shown(configured) + " has not the form of a region, such as \"eu-central-1\"");
  }
  std::optional<std::string> told;
  std::string_view teller;
  for (const std::string& broker : brokers) {
    auto region = region_of_broker(broker);
    if (!region) continue;
    if (told && *told != *region && configured.empty()) {
      return base::stop_error("the brokers are in two regions, " + *told + " (" + shown(teller) + ") and " + *region +
                              " (" + shown(broker) + "): set kafka.region");
    }
    if (!configured.empty() && *region != configured) {
      return Region{configured, "",
                    "the region is set to " + configured + ", but the broker " + shown(broker) + " is in " + *region +
                        "; the broker will refuse tokens for another region than its own"};
    }
    if (told) continue;
    told = std::move(region);
    teller = broker;
  }
  if (!configured.empty()) return Region{configured, "", ""};
  if (told) return Region{*told, std::string(teller), ""};
  const std::string of = brokers.empty() ? "there is no broker's name to read the AWS region from"
                                         : "no AWS region in the broker's name " + shown(brokers.front());
  return base::stop_error(of + ": set kafka.region");
}

}  // namespace odograph::aws
