#include "fleet/topics/topics_commands.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace odograph::topics {
namespace {

std::vector<std::string> names(const std::vector<kafka::TopicSpec>& table) {
  std::vector<std::string> all;
  for (const auto& spec : table) all.push_back(spec.name);
  return all;
}

void print_table(const std::vector<kafka::TopicSpec>& table, std::ostream& out) {
  for (const auto& spec : table) {
    out << std::left << std::setw(24) << spec.name << std::right << std::setw(4) << spec.partitions << " partitions  "
        << spec.replication << " replicas  " << std::left << std::setw(8) << spec.config.at("cleanup.policy")
        << purpose(spec.name) << '\n';
  }
}

int judge(const std::vector<kafka::TopicSpec>& table, const std::vector<kafka::TopicState>& found, std::ostream& out) {
  const std::vector<std::string> lines = differences(table, found);
  const Unchecked unknown = unchecked(table, found);
  if (lines.empty()) {
    out << "All " << table.size() << " topics are as they should be"
        << (unknown.settings == 0 ? ".\n" : ", as far as they were checked.\n");
  } else {
    out << lines.size() << (lines.size() == 1 ? " thing is wrong:\n" : " things are wrong:\n");
    for (const std::string& line : lines) out << "  " << line << '\n';
  }
  if (unknown.settings > 0) {
    out << unknown.settings
        << (unknown.settings == 1 ? " setting was not checked:\n" : " settings were not checked:\n");
    for (const std::string& line : unknown.lines) out << "  " << line << '\n';
  }
  return lines.empty() ? 0 : 1;
}

}  // namespace

void list(const Layout& layout, ListFormat format, std::ostream& out) {
  const auto table = topic_table(layout);
  switch (format) {
    case ListFormat::kTable: print_table(table, out); break;
    case ListFormat::kNames:
      for (const auto& spec : table) out << spec.name << '\n';
      break;
    case ListFormat::kBrokerArgs:
      for (const auto& spec : table) {
        out << (&spec == &table.front() ? "" : " ") << "--topic " << spec.name << ':' << spec.partitions;
      }
      out << '\n';
      break;
  }
}

base::Result<int> create(kafka::Admin& admin, const Layout& layout, std::ostream& out) {
  const auto table = topic_table(layout);
  const auto before = admin.describe(names(table));
  if (!before) return before.error();
  std::vector<kafka::TopicSpec> missing;
  std::vector<kafka::TopicSpec> existing;
  for (const auto& spec : table) {
    const bool exists = std::any_of(before->begin(), before->end(), [&](const kafka::TopicState& state) {
      return state.name == spec.name && state.exists;
    });
    (exists ? existing : missing).push_back(spec);
  }
  if (!missing.empty()) {
    if (auto status = admin.create_topics(missing); !status) return status.error();
  }
  for (const auto& spec : missing) {
    out << "created " << spec.name << " (" << spec.partitions << " partitions, " << spec.replication << " replicas)\n";
  }
  // What was just made is what was asked for; asking again would race with the brokers' metadata.
  return existing.empty() ? 0 : judge(existing, *before, out);
}

base::Result<int> check(kafka::Admin& admin, const Layout& layout, std::ostream& out) {
  const auto table = topic_table(layout);
  const auto found = admin.describe(names(table));
  if (!found) return found.error();
  return judge(table, *found, out);
}

}  // namespace odograph::topics
