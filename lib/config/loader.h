#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/config/document.h"
#include "lib/config/load.h"
#include "lib/config/suggest.h"

namespace odograph::config {

/// A full key taken apart along the schema.
struct KeyParts {
  const GroupSpec* group = nullptr;  ///< Null for a key outside all groups.
  std::size_t index = 0;
  std::string option;  ///< The rest: "device", or the whole key outside groups; empty for an item itself.
};
KeyParts split_key(const Schema& schema, const std::string& key);

/// The work of `load`, step by step: take the file, take the overrides, then validate everything at once.
class Loader {
 public:
  explicit Loader(Schema schema) : schema_(std::move(schema)) {}
  // `declared_` points into `schema_`.
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  void take_file(const File& file);
  void take_override(const std::string& text);
  Loaded finish();

 private:
  struct Found {
    Node node;
    Origin origin;
    Place place;
  };
  struct Declared {
    std::string key;
    const OptionSpec* option;
  };

  /// The beginning of a problem's line, and by what the lines are put in order.
  struct Where {
    enum class Part { kFile, kSet, kMissing } part = Part::kFile;
    Place place;
    std::string text;
  };
  struct Problem {
    Where where;
    std::string what;
  };

  void add_problem(const Where& where, const std::string& what);
  Where where(const Origin& origin, Place place, const std::string& key) const;
  Where missing(const std::string& key) const;
  bool table_is_sound(const Table& table, const Origin& origin);
  void note_item(const KeyParts& parts, const Origin& origin, Place place);
  void take(const Document& document, const Origin& origin);
  void remove(const std::string& key);
  std::string unknown(const std::string& key) const;
  std::string what_there_is(const KeyParts& parts, const std::string& key) const;
  std::vector<Candidate> candidates(const KeyParts& around) const;
  const OptionSpec* find_option(const std::string& key) const;

  void declare_groups();
  void declare_item(const GroupSpec& group, std::size_t index);
  /// That the item's selector names, or the nearest; null if none is near.
  const VariantSpec* variant_of(const GroupSpec& group, std::size_t index) const;
  void drop_items_from(const GroupSpec& group, std::size_t index);
  void check_found();
  void refuse(const std::string& key, const OptionSpec& option, const Found& found);
  void check_unknown(const std::string& key, const Found& found);
  void fill_in();
  void check_unique();
  void check_relations();
  bool is_sound(const std::string& key) const;
  Where where_set(const std::string& key, const Relation& relation) const;

  const Schema schema_;
  std::string file_name_ = "configuration";
  std::map<std::string, Place> tables_;  ///< Of the file.
  std::map<std::string, Found> found_;
  std::map<std::string, std::map<std::size_t, Where>> items_;  ///< Group -> number -> where it was opened.
  std::vector<Declared> declared_;
  std::set<std::string> unsound_;    ///< Keys that have a problem, and the groups whose items were dropped.
  std::set<std::string> tolerated_;  ///< Keys of items whose variant nobody knows: that alone is the problem.
  std::vector<Problem> problems_;
  std::size_t problems_left_out_ = 0;
  bool is_unreadable_ = false;  ///< The file is not TOML, or empty: what it lacks is not worth telling.
  Values values_;
};

}  // namespace odograph::config
