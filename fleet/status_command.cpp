#include "fleet/status_command.h"

#include <ostream>

#include "fleet/process_status.h"
#include "lib/service/status_socket.h"

namespace odograph::fleet {
namespace {

constexpr base::Millis kTimeout{5'000};

base::Result<std::filesystem::path> socket_of(const StatusCommand& command) {
  if (command.socket) return *command.socket;
  const auto values = load_config(command.source);
  if (!values) return values.error();
  if (values->has("status.socket")) return values->path("status.socket");
  return std::filesystem::path(kStatusSocket);
}

}  // namespace

base::Status run_status(const StatusCommand& command, std::ostream& out) {
  const auto socket = socket_of(command);
  if (!socket) return socket.error();
  const auto document = service::read_status(*socket, kTimeout, "processor");
  if (!document) {
    return base::Error{document.error().action,
                       document.error().what + " Its configuration has to name status.socket, and --socket the same."};
  }
  const auto told = command.format == StatusCommand::Format::kJson ? *document : to_words(*document);
  if (!told) return told.error();
  out << *told;
  return {};
}

}  // namespace odograph::fleet
