#pragma once

#include <vector>

#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/rules/rule_book.h"

namespace odograph::keys {

/// [[rule]], [[fence]] and [[group]]: every alert rule but overspeed, and for whom and where it holds.
std::vector<config::GroupSpec> alert_groups();

/// What they must be together: fences and groups that are there, ranges that hold something, one rule for one thing.
/// With them `rule_book_of` is sound.
std::vector<config::Relation> alert_relations();

/// What they say.
rules::RuleBookConfig rule_book_of(const config::Values& values);

}  // namespace odograph::keys
