#pragma once

#include <iosfwd>

#include "fleet/topics/topic_table.h"
#include "lib/base/result.h"
#include "lib/kafka/admin.h"

namespace odograph::topics {

enum class ListFormat {
  kTable,       ///< For people.
  kNames,       ///< One name a line.
  kBrokerArgs,  ///< One line of arguments for `odograph-sim broker`.
};

void list(const Layout& layout, ListFormat format, std::ostream& out);

/// Creates the topics that are missing, leaves the others as they are and judges those as `check` does.
/// Returns the program's exit code; the admin's error where the broker could not be asked.
base::Result<int> create(kafka::Admin& admin, const Layout& layout, std::ostream& out);

/// Says in plain words what is wrong and what to do; exit code 0 if nothing is, else 1. What the broker does not tell
/// is named as not checked, and counts for nothing.
base::Result<int> check(kafka::Admin& admin, const Layout& layout, std::ostream& out);

}  // namespace odograph::topics
