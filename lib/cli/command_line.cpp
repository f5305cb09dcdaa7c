#include "lib/cli/command_line.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "lib/cli/version.h"
#include "lib/config/suggest.h"

namespace odograph::cli {
namespace {

// So much of an option's name tells which one is meant, if only one begins so.
constexpr std::size_t kBeginningBytesMin = 2;
// A longer word is shown in part.
constexpr std::size_t kShownBytesMax = 80;

std::string shown(const std::string& word) {
  return "'" + (word.size() <= kShownBytesMax ? word : word.substr(0, kShownBytesMax) + "...") + "'";
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    // Groups of options are nameless commands to CLI11.
    if (!command->get_name().empty()) names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  for (const CLI::App* group : app.get_subcommands(nullptr)) {
    if (!group->get_name().empty()) continue;
    for (std::string& name : options_of(*group)) names.push_back(std::move(name));
  }
  return names;
}

/// The option of `app` that `word` was to be; empty if none is near.
std::string nearest_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  const std::vector<std::string> known = options_of(app);
  std::string nearest = config::nearest_word(name, known);
  if (!nearest.empty() || name.size() < kBeginningBytesMin) return nearest;
  const auto begins = [&](const std::string& one) { return one.starts_with(name); };
  return std::count_if(known.begin(), known.end(), begins) == 1 ? *std::find_if(known.begin(), known.end(), begins)
                                                                : "";
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

std::string did_you_mean(const std::string& nearest) {
  return nearest.empty() ? "" : ", did you mean '" + nearest + "'?";
}

/// What is wrong with `word`, which `command` could do nothing with.
std::string about(const CLI::App& command, const std::string& word) {
  if (word.starts_with("-")) {
    const std::string option = word.substr(0, word.find('='));
    const std::string nearest = nearest_option(command, option);
    return "unknown option " + shown(option) + did_you_mean(nearest.empty() ? "" : "--" + nearest);
  }
  const std::vector<std::string> commands = commands_of(command);
  if (commands.empty()) return "unexpected argument " + shown(word);
  return "unknown command " + shown(word) + did_you_mean(config::nearest_word(word, commands));
}

/// The commands that were given, `app` first: odograph-fleet, topics, create.
std::vector<const CLI::App*> given(const CLI::App& app) {
  std::vector<const CLI::App*> chain = {&app};
  for (auto next = app.get_subcommands(); !next.empty(); next = chain.back()->get_subcommands()) {
    chain.push_back(next.front());
  }
  return chain;
}

std::string misuse(const CLI::App& app, const std::string& program, const CLI::ParseError& error) {
  const std::vector<const CLI::App*> chain = given(app);
  const CLI::App* command = chain.back();
  std::string path = program;
  std::string what = error.what();
  for (const CLI::App* one : chain) {
    if (one != &app) path += " " + one->get_name();
    const std::vector<std::string> extras = one->remaining();
    if (extras.empty()) continue;
    what = about(*one, extras.front());
    command = one;
    break;
  }
  const std::vector<std::string> commands = commands_of(*command);
  if (command->remaining().empty() && !commands.empty() && command->get_subcommands().empty()) {
    what = "a command is missing";
  }
  std::string text = path + ": " + what + "\n";
  if (!commands.empty()) text += "Commands: " + listed(commands) + "\n";
  return text + "See '" + path + " --help'.\n";
}

}  // namespace

Understood understand(CLI::App& app, int argc, const char* const* argv) {
  app.set_version_flag("--version", version());
  try {
    app.parse(argc, argv);
    return {};
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(asked, out, err);
    return {code, out.str(), err.str()};
  } catch (const CLI::ParseError& error) {
    const std::string_view path = argc > 0 ? argv[0] : "";
    return {kMisused, "", misuse(app, std::string(path.substr(path.rfind('/') + 1)), error)};
  }
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, const Streams& streams) {
  const Understood understood = understand(app, argc, argv);
  streams.out << understood.out;
  streams.err << understood.err;
  return understood.exit_code;
}

std::string error_text(std::string_view program, std::string_view what) {
  std::string text;
  while (!what.empty()) {
    const std::size_t end = std::min(what.find('\n'), what.size());
    (((text += program) += ": ") += what.substr(0, end)) += '\n';
    what.remove_prefix(std::min(end + 1, what.size()));
  }
  return text;
}

}  // namespace odograph::cli
