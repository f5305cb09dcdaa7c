#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/kafka/link_files.h"

namespace odograph::fleet {

/// Looks at the certificate files of a process's clients every five seconds.
class LinkWatch {
 public:
  static constexpr base::Millis kEvery{5'000};

  /// To be made before the clients are, which read the files after it.
  LinkWatch(kafka::Security security, base::BootTime now) : files_(std::move(security)), due_(now + kEvery) {}

  struct News {
    enum class Kind {
      kNone,
      kTrouble,  ///< The files cannot serve as they are; the clients stay. Told once per cause.
      kRenew,    ///< Make all clients anew, and a watch before them.
      kGone,     ///< A file was taken away: no client may go on.
    } kind = Kind::kNone;
    std::string why{};  ///< One line, naming the file; empty with `kNone`.
  };
  News look(base::BootTime now);

 private:
  kafka::LinkFiles files_;
  base::BootTime due_;
  std::string told_;
};

}  // namespace odograph::fleet
