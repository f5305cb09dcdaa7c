#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace odograph::config {

class Values;

/// What a value is and how TOML writes it.
enum class Type {
  kText,       ///< "truck-17"; at most 4096 bytes, no control characters.
  kPath,       ///< As text; a file or folder name.
  kInteger,    ///< 115200
  kNumber,     ///< 2.5; an integer is taken too. Never NaN or infinite.
  kBoolean,    ///< true, false
  kDuration,   ///< "20ms", "1s", "5min", "24h", "7d"; a bare number is refused, since nobody knows its unit.
  kBytes,      ///< "512B", "64KiB", "256MiB", "8GiB"; a bare number is refused.
  kTextList,   ///< ["a", "b"]; at most 1000.
  kPositions,  ///< [[47.1, 8.2], [47.2, 8.3]]: latitude and longitude in degrees, WGS 84; at most 1000.
};

/// Whether a change takes effect on SIGHUP.
enum class Reload { kNeedsRestart, kOnReload };

// Members are all initialised, so that a table may name only those that it needs.

/// One option: the source of its validation, its default, and its lines in the example file.
///
/// `default_value`, `example`, `min` and `max` are in the notation of the value; text, paths, durations and bytes
/// without their quotes: "50ms". A default that its own option refuses is our own mistake and ends the program.
struct OptionSpec {
  std::string key{};  ///< Dotted: "kafka.brokers"; inside a group without the group's name: "device".
  Type type = Type::kText;
  std::optional<std::string> default_value{};   ///< Nothing: the option is unset unless somebody sets it.
  bool required = false;                        ///< Somebody has to set it; goes without a default.
  std::string unit{};                           ///< "km/h"; empty for none.
  std::string min{};                            ///< Smallest value (of a list the fewest items), empty for none.
  std::string max{};                            ///< Largest value.
  std::vector<std::string> one_of{};            ///< Allowed texts, also for the items of a list; empty for any.
  bool (*accepts)(std::string_view) = nullptr;  ///< A further test of a text; `expected` says what it wants.
  std::string expected{};                       ///< "1 to 64 of A-Z a-z 0-9 . _ -"; of a list: of each item.
  std::vector<std::string> aliases{};           ///< What others call it, for the hint at an unknown key: last words.
  Reload reload = Reload::kNeedsRestart;
  std::string doc{};      ///< One or two sentences.
  std::string example{};  ///< Needed where there is no default: what the example file shows.
};

/// The options that one value of a group's selector brings along: those of a driver.
struct VariantSpec {
  std::string name{};
  std::string doc{};
  std::vector<OptionSpec> options{};
};

/// An array of tables: `[[source]]`. Items are numbered from 0; their full keys are "source.0.device".
struct GroupSpec {
  std::string key{};  ///< No dots.
  std::string doc{};
  std::size_t count_min = 0;
  std::size_t count_max = 100;
  std::vector<OptionSpec> options{};
  std::string selector{};               ///< The text option whose value names the variant; empty for none.
  std::vector<VariantSpec> variants{};  ///< The selector takes exactly these names; its `one_of` need not repeat them.
  std::string unique{};                 ///< A text option whose value no two items share; empty for none.
  std::vector<std::string> aliases{};   ///< As of an option.
};

/// A heading of the example: the comment above `[kafka]`.
struct SectionSpec {
  std::string key{};
  std::string doc{};
  std::vector<std::string> aliases{};  ///< As of an option.
};

/// One thing that is wrong with values that are each sound: at which full key, and what.
struct Misfit {
  std::string key{};
  std::string what{};  ///< `expected at least track.hdop_warn, which is 20.0, found 10.0`
};

/// What only shows when several values are taken together, or a value with the machine (a file that is missing).
struct Relation {
  std::vector<std::string> keys{};  ///< It is looked at only where each of these is sound.
  std::string group{};              ///< Not empty: looked at for each sound item of this group.
  /// Pure but for looking at files. `item`: the number in `group`, else 0.
  std::vector<Misfit> (*check)(const Values& values, std::size_t item) = nullptr;
};

/// Everything that a configuration file may hold.
struct Schema {
  std::string title{};  ///< First lines of the example.
  std::vector<SectionSpec> sections{};
  std::vector<OptionSpec> options{};
  std::vector<GroupSpec> groups{};
  std::vector<Relation> relations{};
};

/// The schema with each selector's `one_of` filled in from its variants.
Schema completed(Schema schema);

/// "source", 0, "device" -> "source.0.device".
std::string item_key(std::string_view group, std::size_t index, std::string_view option);

/// What the option takes, as an error says it: `a duration such as "20ms" or "24h", from 1ms to 1h`.
std::string expectation(const OptionSpec& option);

/// What a list option takes as an item: `"host:port"`.
std::string item_expectation(const OptionSpec& option);

}  // namespace odograph::config
