#include "fleet/lambda/serve.h"

#include "fleet/lambda/answer_json.h"
#include "fleet/lambda/msk_event.h"

namespace odograph::lambda {
namespace {

base::Result<std::string> answer_to(const Invocation& invocation, Function& function, const Tell& tell) {
  const auto event = parse_msk_event(invocation.event);
  if (!event) return event.error();
  auto answer = function.invoke(*event);
  if (!answer) return answer.error();
  for (const std::string& note : answer->notes) tell(note);
  auto json = to_json(*answer);
  // What is on the topics already needs no second way out; what is not must not get lost.
  if (!json && answer->states.empty()) return counts_json(*answer);
  return json;
}

}  // namespace

base::Error serve(const RuntimeApi& api, Function& function, const Tell& tell) {
  for (;;) {
    const auto invocation = api.next();
    if (!invocation) return invocation.error();
    auto answer = answer_to(*invocation, function, tell);
    base::Status told = answer ? api.respond(invocation->id, *answer) : base::Status(answer.error());
    if (!told && told.error().action == base::Action::kStop && answer) return told.error();
    if (told) continue;
    tell("invocation " + invocation->id + ": " + told.error().what);
    if (auto status = api.fail(invocation->id, told.error()); !status) {
      if (status.error().action == base::Action::kStop) return status.error();
      tell(status.error().what);
    }
  }
}

}  // namespace odograph::lambda
