#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/rules/rule_config.h"

namespace odograph::rules {

/// What one vehicle is watched by. Vehicles with the same rules share it.
using RuleSet = std::vector<std::shared_ptr<const RuleSpec>>;

/// All rules of a fleet as they were written down.
struct RuleBookConfig {
  std::vector<RuleSpec> rules;
  std::map<std::string, std::vector<std::string>> groups;  ///< Vehicles by the name of their group.
};

/// The same with rules that others hold too.
struct SharedRules {
  RuleSet rules;
  std::map<std::string, std::vector<std::string>> groups;
};

/// Two rules that watch the same of the same vehicle, none more particular than the other.
struct Clash {
  std::size_t first = 0;  ///< Indices into the rules.
  std::size_t second = 0;
  std::string vehicle_id;  ///< Empty: of all vehicles.
};
std::optional<Clash> find_clash(const RuleBookConfig& config);

/// Which rules hold for which vehicle: of those of one kind and subject the one that names the vehicle, else the one
/// that names a group of it, else the one that names nobody. One thread.
class RuleBook {
 public:
  /// `config` must be without a clash; groups that it names and does not hold have no vehicles.
  explicit RuleBook(RuleBookConfig config);
  /// Two books of the same rules give sets of the same rules: which ones, a comparison of the pointers tells.
  explicit RuleBook(const SharedRules& shared);

  std::shared_ptr<const RuleSet> of(std::string_view vehicle_id);

  bool empty() const { return rules_.empty(); }
  std::size_t size() const { return rules_.size(); }

 private:
  struct Entry {
    std::shared_ptr<const RuleSpec> spec;
    std::size_t slot = 0;  ///< Equal for rules of one kind and subject; in their order.
    std::set<std::string, std::less<>> named;
    std::set<std::string, std::less<>> grouped;
  };
  std::vector<Entry> rules_;
  std::size_t slots_ = 0;
  std::map<std::vector<std::size_t>, std::shared_ptr<const RuleSet>> sets_;  ///< By what was chosen.
};

}  // namespace odograph::rules
