#include "simulator/stop_signals.h"

#include <sys/signalfd.h>

#include <csignal>

namespace odograph::simulator {

base::UniqueFd stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return base::UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace odograph::simulator
