#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "drivers/nmea/digits.h"
#include "drivers/nmea/framing.h"
#include "drivers/nmea/maybe.h"

namespace odograph::nmea {

/// More fields than any sentence that is read has: two sentences run together can have a right checksum.
inline constexpr std::size_t kFieldsMax = 20;

/// Where the fields of a sentence lie. Kept from one sentence of a type to the next, because the next most often has
/// its commas in the same places.
class FieldLayout {
 public:
  /// Makes it that of `frame`. One with blanks is measured anew each time.
  void fit(const Frame& frame) {
    if (length_ != frame.text.size() || marks_ != frame.scan->commas || frame.scan->blanks) measure(frame);
  }

 private:
  friend class Fields;
  void measure(const Frame& frame);
  void trim(std::string_view text);

  std::array<std::uint64_t, kSentenceBytesMax / 64> marks_{};
  std::size_t length_ = 0;
  std::size_t count_ = 0;
  /// By the field's number, 0 for the tag; both the text's end for those behind the last one.
  std::array<std::uint8_t, kFieldsMax + 2> begins_{};
  std::array<std::uint8_t, kFieldsMax + 2> ends_{};
};

/// The fields of a sentence, by the numbers of the field tables: 1 is the first after the tag.
class Fields {
 public:
  /// `layout` is fitted, and outlives this.
  Fields(const Frame& frame, FieldLayout& layout) : text_(frame.text.data()), layout_(layout) { layout.fit(frame); }

  /// How many there are after the tag; kFieldsMax + 1 stands for more.
  std::size_t count() const { return layout_.count_; }

  /// Field `number`, without blanks around it; empty where the sentence ends before it. 1 <= number <= kFieldsMax.
  std::string_view operator[](std::size_t number) const {
    const std::size_t begin = layout_.begins_[number];
    return {text_ + begin, layout_.ends_[number] - begin};
  }

  /// Fields `first` to `last` with what lies between them, as they were sent. 1 <= first <= last <= count().
  std::string_view span(std::size_t first, std::size_t last) const {
    const std::size_t begin = layout_.begins_[first];
    return {text_ + begin, layout_.ends_[last] - begin};
  }

  /// Its only letter; NUL if the field is empty, '?' if it is longer.
  char letter(std::size_t number) const {
    const std::string_view field = (*this)[number];
    return field.empty() ? '\0' : field.size() == 1 ? field.front() : '?';
  }

 private:
  const char* text_;
  const FieldLayout& layout_;
};

/// A field of up to sixteen characters, kept to be quickly compared with another. It is read from the text and written
/// to the memory without a copy on the way, for which the processor would wait.
class FieldKey {
 public:
  /// False for any field once a longer one was kept, or none.
  bool is(std::string_view field) const {
    if (field.size() != size_) return false;
    const std::uint64_t tail = tail_ ^ load(field.data() + field.size() - 8);
    if (field.size() < 8) return (tail & kLast[field.size()]) == 0;
    return (tail | (head_ ^ load(field.data()))) == 0;
  }
  void keep(std::string_view field) {
    size_ = field.size() <= 16 ? field.size() : std::string_view::npos;
    tail_ = load(field.data() + field.size() - 8);
    if (field.size() >= 8) head_ = load(field.data());
  }
  void forget() { size_ = std::string_view::npos; }

 private:
  std::size_t size_ = std::string_view::npos;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;  ///< The field's last eight characters, and what is before a shorter one.
};

/// The same for some fields side by side, of 16 to 32 characters.
class SpanKey {
 public:
  bool is(std::string_view span) const {
    if (span.size() != size_) return false;
    const char* const end = span.data() + span.size();
    return ((words_[0] ^ load(span.data())) | (words_[1] ^ load(span.data() + 8)) | (words_[2] ^ load(end - 16)) |
            (words_[3] ^ load(end - 8))) == 0;
  }
  void keep(std::string_view span) {
    forget();
    if (span.size() < 16 || span.size() > 32) return;
    size_ = span.size();
    const char* const end = span.data() + span.size();
    words_ = {load(span.data()), load(span.data() + 8), load(end - 16), load(end - 8)};
  }
  void forget() { size_ = std::string_view::npos; }

 private:
  std::size_t size_ = std::string_view::npos;
  std::array<std::uint64_t, 4> words_{};
};

/// The value that a text had the last time. Receivers tell time, position, speed and course of an epoch in several
/// sentences and with the same text, and the date for a whole day.
template <class Value, class Key = FieldKey>
class Remembered {
 public:
  /// What `read` makes of `text`, asked only if it is another than the last one or that was not sound.
  template <class Read>
  Maybe<Value> get(std::string_view text, Read&& read) {
    if (key_.is(text)) return value_;
    key_.keep(text);
    const Maybe<Value> value = read(text);
    if (value) {
      value_ = *value;
    } else {
      key_.forget();
    }
    return value;
  }

  /// The same for a structure, which `read` fills in: false if the text is not sound. Returned by value it would go
  /// through memory part by part.
  template <class Read>
  bool learn(std::string_view text, Read&& read) {
    if (key_.is(text)) return true;
    key_.keep(text);
    if (read(value_)) return true;
    key_.forget();
    return false;
  }
  const Value& value() const { return value_; }

 private:
  Key key_;
  Value value_{};
};

// Readers of one field. The field lies in a frame behind a tag of at least five characters and its comma, so that the
// seven bytes before it may be read too. None takes an empty field, and all refuse what is not wholly of their form;
// nothing means refused.
//
// They stay functions of their own: where GCC 12 inlines them behind a sentence's many checks, it takes them for rarely
// used and divides by constants with the division instruction.

/// Digits only, at most nine.
Maybe<std::uint32_t> read_digits(std::string_view field);

/// `12`, `12.3` or `.3` without sign, at most nine digits before the point, as hundredths rounded half up from up to
/// six decimals. Refuses what is above `max`, before it is rounded.
[[gnu::noinline]] Maybe<std::uint64_t> read_centi(std::string_view field, std::uint64_t max);

/// `ddmm.mmmm` or `dddmm.mmmm` with three to five digits before the point (or without one) as 1e-7 degrees, rounded
/// half up from up to ten decimals; `degrees_max` is 90 or 180. Refuses minutes from 60 on and whatever lies beyond the
/// pole.
[[gnu::noinline]] Maybe<std::int32_t> read_angle_e7(std::string_view field, std::uint32_t degrees_max);

/// A speed in knots as mm/s to the nearest, from up to six decimals. Refuses what mm/s has no 31 bits for.
[[gnu::noinline]] Maybe<std::int32_t> read_knots_mmps(std::string_view field);

/// A course of 0 to 360 degrees as hundredths, 0..35999: 360 is 0.
[[gnu::noinline]] Maybe<std::int32_t> read_course_cdeg(std::string_view field);

/// Time of day in milliseconds, and whether it was told as second 60 (then it is the last millisecond before).
struct TimeOfDay {
  std::int32_t ms = 0;
  bool leap_second = false;
};

/// `hhmmss`, `hhmmss.s` ...; further digits than milliseconds are cut. False if refused.
[[gnu::noinline]] bool read_time(std::string_view field, TimeOfDay& out);

/// `ddmmyy`; years 69..99 are 1969..1999, the others 2000..2068. Refuses days that no month has.
[[gnu::noinline]] Maybe<std::chrono::sys_days> read_date(std::string_view field);

}  // namespace odograph::nmea
