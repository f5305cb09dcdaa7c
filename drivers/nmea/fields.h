#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "drivers/nmea/framing.h"
#include "drivers/nmea/maybe.h"

namespace odograph::nmea {

/// More fields than any sentence that is read has: two sentences run together can have a right checksum.
inline constexpr std::size_t kFieldsMax = 20;

/// Where the fields of a sentence lie. Kept from one sentence of a type to the next, because the next most often has
/// its commas in the same places.
class FieldLayout {
 public:
  /// Makes it that of `frame`.
  void fit(const Frame& frame) {
    if (length_ != frame.text.size() || marks_ != frame.scan->commas) measure(frame);
  }

 private:
  friend class Fields;
  void measure(const Frame& frame);

  std::array<std::uint64_t, kSentenceBytesMax / 64> marks_{};
  std::size_t length_ = 0;
  std::size_t count_ = 0;
  std::array<std::uint8_t, kFieldsMax + 2> commas_{};  ///< The comma before each field, then the text's end.
};

/// The fields of a sentence, by the numbers of the field tables: 1 is the first after the tag.
class Fields {
 public:
  /// `layout` is fitted, and outlives this.
  Fields(const Frame& frame, FieldLayout& layout)
      : text_(frame.text.data()), blanks_(frame.scan->blanks), layout_(layout) {
    layout.fit(frame);
  }

  /// How many there are after the tag; kFieldsMax + 1 stands for more.
  std::size_t count() const { return layout_.count_; }

  /// Field `number`, without blanks around it; empty where the sentence ends before it. 1 <= number <= kFieldsMax.
  std::string_view operator[](std::size_t number) const {
    if (number > layout_.count_) return {};
    const std::size_t begin = layout_.commas_[number - 1] + std::size_t{1};
    const std::string_view field(text_ + begin, layout_.commas_[number] - begin);
    return blanks_ ? trimmed(field) : field;
  }

  /// Its only letter; NUL if the field is empty, '?' if it is longer.
  char letter(std::size_t number) const {
    const std::string_view field = (*this)[number];
    return field.empty() ? '\0' : field.size() == 1 ? field.front() : '?';
  }

 private:
  static std::string_view trimmed(std::string_view field);

  const char* text_;
  bool blanks_;
  const FieldLayout& layout_;
};

/// Eight characters as a word, the first in the lowest byte.
inline std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// By a count of characters, 0..8: the highest so many bytes of a word, which are its last characters.
inline constexpr std::array<std::uint64_t, 9> kLast = {0,
                                                       0xFF00000000000000U,
                                                       0xFFFF000000000000U,
                                                       0xFFFFFF0000000000U,
                                                       0xFFFFFFFF00000000U,
                                                       0xFFFFFFFFFF000000U,
                                                       0xFFFFFFFFFFFF0000U,
                                                       0xFFFFFFFFFFFFFF00U,
                                                       0xFFFFFFFFFFFFFFFFU};

/// A field of one to sixteen characters as something that is quickly compared; all zero for a longer or an empty one.
struct TextKey {
  std::size_t size = 0;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  friend bool operator==(const TextKey&, const TextKey&) = default;
};
inline TextKey key_of(std::string_view field) {
  if (field.size() > 16) return {};
  const std::uint64_t tail = load(field.data() + field.size() - 8);
  if (field.size() < 8) return {field.size(), 0, tail & kLast[field.size()]};
  return {field.size(), load(field.data()), tail};
}

/// The value that a field's text had the last time. Receivers tell time, position, speed and course of an epoch in
/// several sentences and with the same text, and the date for a whole day.
template <class Value>
class Remembered {
 public:
  /// What `read` makes of `field`, asked only if the text is another than the last sound one.
  template <class Read>
  Maybe<Value> get(std::string_view field, Read&& read) {
    const TextKey key = key_of(field);
    if (key.size != 0 && key == key_) return value_;
    const Maybe<Value> value = read(field);
    if (value) {
      key_ = key;
      value_ = *value;
    }
    return value;
  }

 private:
  TextKey key_;
  Value value_{};
};

// Readers of one field. The field lies in a frame behind a tag of at least five characters and its comma, so that the
// seven bytes before it may be read too. None takes an empty field, and all refuse what is not wholly of their form;
// nothing means refused.

/// Digits only, at most nine.
Maybe<std::uint32_t> read_digits(std::string_view field);

/// `12`, `12.3` or `.3` without sign, as an exact integer of 1e-6: at most nine digits before the point; digits past
/// the sixth after it are cut.
Maybe<std::uint64_t> read_decimal_e6(std::string_view field);

/// `ddmm.mmmm` or `dddmm.mmmm` with three to five digits before the point (or without one) as 1e-7 degrees, rounded
/// half up from up to ten decimals; `degrees_max` is 90 or 180. Refuses minutes from 60 on and whatever lies beyond the
/// pole.
Maybe<std::int32_t> read_angle_e7(std::string_view field, std::uint32_t degrees_max);

/// A speed in knots as mm/s to the nearest, from up to six decimals. Refuses what mm/s has no 31 bits for.
Maybe<std::int32_t> read_knots_mmps(std::string_view field);

/// A course of 0 to 360 degrees as hundredths, 0..35999: 360 is 0.
Maybe<std::int32_t> read_course_cdeg(std::string_view field);

/// Time of day in milliseconds, and whether it was told as second 60 (then it is the last millisecond before).
struct TimeOfDay {
  std::int32_t ms = 0;
  bool leap_second = false;
};

/// `hhmmss`, `hhmmss.s` ...; further digits than milliseconds are cut.
Maybe<TimeOfDay> read_time(std::string_view field);

/// `ddmmyy`; years 69..99 are 1969..1999, the others 2000..2068. Refuses days that no month has.
Maybe<std::chrono::sys_days> read_date(std::string_view field);

}  // namespace odograph::nmea
