#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/model/reading.h"
#include "lib/rules/event_time.h"

namespace odograph::rules {

/// Appends numbers and texts to bytes: base-128 varints of zigzag numbers, texts behind their length. Equal values give
/// equal bytes on every machine.
class StateWriter {
 public:
  static constexpr bool kReads = false;
  explicit StateWriter(std::string& bytes) : bytes_(bytes) {}
  void number(std::int64_t value);
  void text(std::string_view value);

 private:
  std::string& bytes_;
};

/// Takes apart what a `StateWriter` wrote. Whatever the bytes are, it stays inside them: after the first thing that
/// does not fit all reads give nothing, and `sound` is false.
class StateReader {
 public:
  static constexpr bool kReads = true;
  /// Of a list or a text; no state of ours comes near.
  static constexpr std::int64_t kItemsMax = 65'536;

  explicit StateReader(std::string_view bytes) : rest_(bytes) {}
  std::int64_t number();
  std::string text();
  /// A number that leaves room for sums: within +-2^56.
  std::int64_t time_ms();
  /// A number from 0 to `kItemsMax`.
  std::size_t size();
  /// What is wrong with a value, only its owner knows.
  void fail() { sound_ = false; }
  bool sound() const { return sound_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

/// One list of fields serves both ways: `StateWriter` with const values, `StateReader` with values to be filled.
template <class T>
requires std::integral<T> || std::is_enum_v<T>
void field(StateWriter& writer, const T& value) { writer.number(static_cast<std::int64_t>(value)); }
template <class T>
requires std::integral<T> || std::is_enum_v<T>
void field(StateReader& reader, T& value) {
  const std::int64_t number = reader.number();
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    if (!std::in_range<T>(number)) return reader.fail();
  } else {
    if (number < 0 || number > 127) return reader.fail();
  }
  value = static_cast<T>(number);
}

inline void field(StateWriter& writer, const base::Millis& value) { writer.number(value.count()); }
inline void field(StateReader& reader, base::Millis& value) { value = base::Millis(reader.time_ms()); }
inline void field(StateWriter& writer, const EventTime& value) { writer.number(value.time_since_epoch().count()); }
inline void field(StateReader& reader, EventTime& value) { value = EventTime(base::Millis(reader.time_ms())); }
inline void field(StateWriter& writer, const std::string& value) { writer.text(value); }
inline void field(StateReader& reader, std::string& value) { value = reader.text(); }

template <class Archive, class T>
requires std::same_as<std::remove_const_t<T>, model::Position>
void field(Archive& archive, T& value) {
  field(archive, value.lat_e7);
  field(archive, value.lon_e7);
}

/// A struct that names its fields: `template <class Self, class Archive> static void fields(Self&, Archive&)`.
template <class Archive, class T>
requires requires(T& value, Archive& archive) { std::remove_const_t<T>::fields(value, archive); }
void field(Archive& archive, T& value) { std::remove_const_t<T>::fields(value, archive); }

template <class T>
void field(StateWriter& writer, const std::optional<T>& value) {
  writer.number(value ? 1 : 0);
  if (value) field(writer, *value);
}
template <class T>
void field(StateReader& reader, std::optional<T>& value) {
  value.reset();
  if (reader.number() != 0) field(reader, value.emplace());
}

template <class T>
void field(StateWriter& writer, const std::vector<T>& values) {
  writer.number(static_cast<std::int64_t>(values.size()));
  for (const T& value : values) field(writer, value);
}
template <class T>
void field(StateReader& reader, std::vector<T>& values) {
  values.clear();
  for (std::size_t left = reader.size(); left > 0 && reader.sound(); --left) field(reader, values.emplace_back());
}

}  // namespace odograph::rules
