#include "lib/kafka/link_files.h"

#include <algorithm>
#include <utility>

#include "lib/kafka/security_settings.h"

namespace odograph::kafka {

namespace {

/// What librdkafka would have against them, and what it only finds out when it is too late to keep what was good.
base::Status check(const Security& security) {
  if (const auto settings = security_settings(security); !settings) return settings.error();
  if (!security.ca_file.empty()) {
    if (auto sound = aws::check_pem_authorities(security.ca_file); !sound) return sound;
  }
  if (security.cert_file.empty()) return {};
  return aws::check_pem_pair(security.cert_file, security.key_file);
}

}  // namespace

LinkFiles::LinkFiles(Security security) : security_(std::move(security)), used_(marks()), last_(used_) {}

LinkFiles::Marks LinkFiles::marks() const {
  if (security_.protocol == Protocol::kPlaintext) return {};
  const auto mark = [](const std::string& path) { return path.empty() ? std::nullopt : aws::mark_of(path); };
  return {mark(security_.ca_file), mark(security_.cert_file), mark(security_.key_file)};
}

LinkFiles::Verdict LinkFiles::look() {
  if (final_) return *final_;
  const Marks now = marks();
  const bool settled = now == last_;
  last_ = now;
  if (now == used_) {
    gone_ = 0;
    why_.clear();
    return Verdict::kSame;
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (used_.at(i) && !now.at(i)) return look_for_missing(now);
  }
  gone_ = 0;
  if (!settled) return Verdict::kUnfit;
  if (const auto sound = check(security_); !sound) return unfit(sound.error().what);
  // What was read meanwhile may be others again.
  if (marks() != now) return Verdict::kUnfit;
  why_ = "the certificate files are others";
  final_ = Verdict::kRenew;
  return Verdict::kRenew;
}

LinkFiles::Verdict LinkFiles::look_for_missing(const Marks& now) {
  if (++gone_ < kGoneLooks) return Verdict::kUnfit;
  const std::array<std::pair<const char*, const std::string*>, 3> files = {{{"kafka.ca_file", &security_.ca_file},
                                                                            {"kafka.cert_file", &security_.cert_file},
                                                                            {"kafka.key_file", &security_.key_file}}};
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (used_.at(i) && !now.at(i))
      why_ = std::string{files.at(i).first} + " " + *files.at(i).second + " was taken away";
  }
  final_ = Verdict::kGone;
  return Verdict::kGone;
}

LinkFiles::Verdict LinkFiles::unfit(const std::string& why) {
  why_ = "the certificate files are others, which cannot serve; those from before stay in use: " + why;
  return Verdict::kUnfit;
}

}  // namespace odograph::kafka
