#include "agent/uplink/trouble.h"

namespace odograph::uplink {

Recovery recovery_from(Trouble trouble, bool handle_spent, const Options& options) {
  switch (trouble) {
    // Made right away: there is nobody to be spared.
    case Trouble::kRenewal: return {{base::Millis{0}, base::Millis{0}}, true};
    case Trouble::kNone:
    case Trouble::kAgain: return {handle_spent ? options.restart : options.again, handle_spent};
    case Trouble::kPoison:
      // Nothing is wrong with the connection, so that the next try need not be far.
      return {options.again, handle_spent};
    case Trouble::kPause:
      // A topic that was refused stays marked in its handle until the next metadata, minutes later.
      return {options.pause, true};
    case Trouble::kWatchdog:
      // It took long enough, and a link that is back must not wait for a handle. How often brokers are asked is the
      // gate's business, whatever the handle.
      return {{options.restart.min, 2 * options.restart.min}, true};
    case Trouble::kFatal: break;
  }
  return {options.restart, true};
}

const char* to_string(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNone: return "sending";
    case Trouble::kRenewal: return "reconnecting with other certificate files";
    case Trouble::kAgain: return "sending again";
    case Trouble::kFatal: return "reconnecting after a fatal error";
    case Trouble::kWatchdog: return "reconnecting, the broker did not answer";
    case Trouble::kPoison: return "splitting a message that the broker refused";
    case Trouble::kPause: return "paused";
  }
  return "?";
}

}  // namespace odograph::uplink
