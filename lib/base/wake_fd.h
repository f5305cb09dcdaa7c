#pragma once

#include "lib/base/unique_fd.h"

namespace odograph::base {

/// An eventfd by which one thread wakes another that waits in poll(2) or Asio. Any thread may call `wake`.
class WakeFd {
 public:
  WakeFd();
  /// Readable after `wake` until `clear`.
  int fd() const { return fd_.get(); }
  void wake() const;
  void clear() const;

 private:
  UniqueFd fd_;
};

}  // namespace odograph::base
