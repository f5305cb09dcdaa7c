// Whatever a shared file holds, it is read or refused in one printable line, and a plan made of it can be carried out.
#include <algorithm>
#include <cstdint>
#include <string>

#include "lib/aws/answer.h"
#include "lib/aws/ini_file.h"
#include "lib/aws/profile_plan.h"
#include "lib/aws/run_program.h"
#include "lib/base/assert.h"

namespace odograph::aws {
namespace {

void check_error(const base::Error& error) {
  ODOGRAPH_ASSERT(!error.what.empty() && error.what.size() < kIniLineBytesMax + 300);
  ODOGRAPH_ASSERT(
      std::all_of(error.what.begin(), error.what.end(), [](char one) { return one >= ' ' && one < '\x7f'; }));
}

void check_plan(const ProfilePlan& plan) {
  ODOGRAPH_ASSERT(plan.roles.size() <= kProfileHopsMax);
  for (const RoleStep& role : plan.roles) {
    ODOGRAPH_ASSERT(is_role_arn(role.role_arn) && role.duration_s >= 900 && role.duration_s <= 43'200);
  }
  if (const auto* keys = std::get_if<Credentials>(&plan.base)) ODOGRAPH_ASSERT(check_keys(*keys).has_value());
}

void check_files(const std::string& text) {
  const auto config = parse_ini(text, IniKind::kConfig);
  const auto credentials = parse_ini(text, IniKind::kCredentials);
  ODOGRAPH_ASSERT(config.has_value() == credentials.has_value() || !credentials);
  if (!config) check_error(config.error());
  if (!credentials) check_error(credentials.error());
  if (!config || !credentials) return;
  const SharedFiles files = {*config, *credentials};
  for (const auto& [name, keys] : files.credentials) {
    const auto plan = plan_profile(files, name);
    if (!plan) check_error(plan.error());
    if (plan && *plan) check_plan(**plan);
  }
}

void check_command(const std::string& text) {
  const auto words = split_command(text);
  ODOGRAPH_ASSERT(!words || (!words->empty() && !words->front().empty() && words->size() <= kProgramWordsMax));
}

}  // namespace
}  // namespace odograph::aws

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  odograph::aws::check_files(text);
  odograph::aws::check_command(text);
  return 0;
}
