#include "lib/service/emf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "lib/base/unique_fd.h"

namespace odograph::service {
namespace {

using nlohmann::json;

base::Error failed(const std::filesystem::path& path) {
  return base::retry_error("write metrics to " + path.string() + ": " + std::generic_category().message(errno));
}

bool write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

}  // namespace

std::string to_json(const EmfLine& line) {
  json document = json::object();
  json names = json::array();
  for (const auto& [name, value] : line.dimensions) {
    if (names.size() == kEmfDimensionsMax) break;
    names.push_back(name);
    document[name] = value;
  }
  json metrics = json::array();
  for (const EmfMetric& metric : line.metrics) {
    if (metrics.size() == kEmfMetricsMax) break;
    if (!std::isfinite(metric.value)) continue;
    metrics.push_back({{"Name", metric.name}, {"Unit", metric.unit}});
    document[metric.name] = metric.value;
  }
  const json directive = {
      {"Namespace", line.name_space}, {"Dimensions", json::array({names})}, {"Metrics", std::move(metrics)}};
  document["_aws"] = {{"Timestamp", line.time.time_since_epoch().count()},
                      {"CloudWatchMetrics", json::array({directive})}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Status EmfFile::write(const std::string& line) const {
  const std::string text = line + '\n';
  if (!path_) {
    if (write_all(STDOUT_FILENO, text)) return {};
    return failed("standard output");
  }
  std::error_code none;
  const auto size = std::filesystem::file_size(*path_, none);
  if (!none && size > 0 && size + text.size() > bytes_max_) {
    std::filesystem::rename(*path_, path_->string() + ".1", none);
    if (none) return base::retry_error("write metrics to " + path_->string() + ": " + none.message());
  }
  const base::UniqueFd file(::open(path_->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file || !write_all(file.get(), text)) return failed(*path_);
  return {};
}

}  // namespace odograph::service
