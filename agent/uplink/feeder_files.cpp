#include "agent/uplink/feeder.h"

namespace odograph::uplink {

void Feeder::note_files(const kafka::LinkState& link) {
  if (!link.files.empty() && !link.outdated && link.files != told_files_) {
    parts_.log(Telling::kTrouble, "uplink: " + link.files);
  }
  told_files_ = link.files;
  // Whatever else is wrong decides; a handle that is held is looked at again once it is open.
  if (!link.outdated || mode_ != Mode::kFeeding || trouble_ != Trouble::kNone) return;
  // No error of the link, so that its last one stays as it is.
  trouble_ = Trouble::kRenewal;
  why_ = link.files;
  parts_.log(Telling::kNews, "uplink: " + std::string{to_string(trouble_)} + ": " + why_);
}

}  // namespace odograph::uplink
