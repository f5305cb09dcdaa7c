#pragma once

#include <string>
#include <vector>

#include "lib/config/schema.h"
#include "lib/config/values.h"
#include "lib/rules/speed_limit.h"

namespace odograph::keys {

/// A speed limit in km/h that has to be given.
config::OptionSpec limit_option(std::string key, std::string doc);

/// All of [rules], first rules.speed_limit_kmh, which is the whole vehicle's and says `limit_doc`; it is not set by
/// default.
std::vector<config::OptionSpec> rule_options(std::string limit_doc);

/// [[zone]].
config::GroupSpec zone_group();

/// The limit at the full key `key` must leave room for rules.hysteresis_kmh. Pure.
std::vector<config::Misfit> limit_misfits(const config::Values& values, const std::string& key);

/// What [rules] and [[zone]] must be together: a hysteresis below every limit, outlines that enclose something. With
/// them `speed_limit_of` is valid (`rules::validate`).
std::vector<config::Relation> rule_relations();

/// What both of them say.
rules::SpeedLimitConfig speed_limit_of(const config::Values& values);

}  // namespace odograph::keys
