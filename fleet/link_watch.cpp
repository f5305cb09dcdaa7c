#include "fleet/link_watch.h"

namespace odograph::fleet {

LinkWatch::News LinkWatch::look(base::BootTime now) {
  if (now < due_) return {};
  due_ = now + kEvery;
  switch (files_.look()) {
    case kafka::LinkFiles::Verdict::kRenew: return {News::Kind::kRenew, files_.why()};
    case kafka::LinkFiles::Verdict::kGone: return {News::Kind::kGone, files_.why()};
    case kafka::LinkFiles::Verdict::kSame:
    case kafka::LinkFiles::Verdict::kUnfit: break;
  }
  if (files_.why().empty()) told_.clear();
  if (files_.why() == told_) return {};
  told_ = files_.why();
  return {News::Kind::kTrouble, told_};
}

}  // namespace odograph::fleet
