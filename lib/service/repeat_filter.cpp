#include "lib/service/repeat_filter.h"

#include "lib/service/human.h"

namespace odograph::service {

std::vector<std::string> RepeatFilter::finish() {
  std::vector<std::string> out;
  if (left_out_ > 0)
    out.push_back("same message " + human_count(left_out_) + (left_out_ == 1 ? " time" : " times") + " more: " + last_);
  left_out_ = 0;
  last_.clear();
  return out;
}

std::vector<std::string> RepeatFilter::on_line(base::BootTime now, const std::string& line) {
  if (line == last_ && now - shown_at_ < interval_) {
    ++left_out_;
    return {};
  }
  std::vector<std::string> out = finish();
  out.push_back(line);
  last_ = line;
  shown_at_ = now;
  return out;
}

}  // namespace odograph::service
