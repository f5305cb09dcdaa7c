#include "lib/service/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace odograph::service {

base::Result<Signals> Signals::create() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  const int failure = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (failure != 0) return base::stop_error("block signals: " + std::generic_category().message(failure));
  ::signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files (systemd's LimitFSIZE) is then an error of a write, which is told, and no end.
  ::signal(SIGXFSZ, SIG_IGN);
  base::UniqueFd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return base::stop_error("signalfd: " + std::generic_category().message(errno));
  return Signals(std::move(fd));
}

std::optional<Signal> Signals::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return info.ssi_signo == SIGHUP ? Signal::kReload : Signal::kStop;
}

}  // namespace odograph::service
