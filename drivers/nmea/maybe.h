#pragma once

#include <optional>

namespace odograph::nmea {

/// A value, or nothing: what std::optional is, for what is made anew with every sentence.
///
/// std::optional keeps its value in a union, which GCC 12 builds in memory a part at a time and then copies whole; the
/// processor waits for that at every field. This one stays in registers, and a sentence costs a quarter less.
template <class T>
struct Maybe {
  constexpr Maybe() = default;
  constexpr Maybe(T told) : value(told), has(true) {}

  constexpr bool has_value() const { return has; }
  constexpr explicit operator bool() const { return has; }
  constexpr const T& operator*() const { return value; }
  constexpr T& operator*() { return value; }
  constexpr const T* operator->() const { return &value; }
  constexpr T value_or(T other) const { return has ? value : other; }
  friend constexpr bool operator==(const Maybe& a, const Maybe& b) {
    return a.has == b.has && (!a.has || a.value == b.value);
  }
  friend constexpr bool operator==(const Maybe& a, const T& b) { return a.has && a.value == b; }
  friend constexpr bool operator==(const Maybe& a, const std::optional<T>& b) {
    return a.has == b.has_value() && (!a.has || a.value == *b);
  }

  /// Takes `other` if nothing is held yet. Part by part, because a copy of the whole would wait for the parts that were
  /// written a moment ago.
  constexpr void keep_first(const Maybe& other) {
    if (has || !other.has) return;
    value = other.value;
    has = true;
  }

  T value{};
  bool has = false;
};

}  // namespace odograph::nmea
