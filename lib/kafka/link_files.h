#pragma once

// When clients have to be made anew because their certificate files are others.

#include <array>
#include <optional>
#include <string>

#include "lib/aws/pem_files.h"
#include "lib/kafka/security.h"

namespace odograph::kafka {

/// The certificate files that a client was made of. librdkafka reads them once, when a client is made, so that whoever
/// has one must learn that it is time for the next.
///
/// A rotation writes one file after the other, and some in pieces: nothing counts before it is the same in two looks
/// and can serve, certificate and key together. Until then the client goes on with what it has. A file that is gone for
/// `kGoneLooks` looks in a row was taken away: whoever did that wants no more of it to be used.
class LinkFiles {
 public:
  enum class Verdict {
    kSame,   ///< What the client was made of.
    kUnfit,  ///< Others, which cannot serve, or are not settled yet: the client stays.
    kRenew,  ///< Others that can serve: make a new client.
    kGone,   ///< One was taken away: no client can be made, and this one must go.
  };
  static constexpr unsigned kGoneLooks = 3;

  /// To be called before the client reads them, so that what is written in between counts as new.
  explicit LinkFiles(Security security);

  /// To be called every few seconds. `kRenew` and `kGone` stay.
  Verdict look();
  /// One line about the last verdict, naming the file; empty with `kSame`, and while a change has not settled.
  const std::string& why() const { return why_; }

 private:
  using Marks = std::array<std::optional<aws::FileMark>, 3>;
  Marks marks() const;
  Verdict unfit(const std::string& why);
  Verdict look_for_missing(const Marks& now);

  const Security security_;
  const Marks used_;
  Marks last_;
  unsigned gone_ = 0;  ///< Looks in a row.
  std::optional<Verdict> final_;
  std::string why_;
};

}  // namespace odograph::kafka
