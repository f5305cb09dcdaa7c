#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace odograph::wire {

// How one column is written and read: the rules of proto/raw/record_batch.proto, one class each. Writers append to a
// field that they do not own and need `finish`; readers answer false as soon as the column does not fit.

using Signed = google::protobuf::RepeatedField<std::int64_t>;
using Unsigned = google::protobuf::RepeatedField<std::uint32_t>;

/// Difference and sum modulo 2^64, as two's complement has them.
constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

template <class Field>
void cut_zeros_at_end(Field* field) {
  int size = field->size();
  while (size > 0 && field->Get(size - 1) == 0) --size;
  field->Truncate(size);
}

/// The first value, then each less the one before.
class FirstDifferenceWriter {
 public:
  explicit FirstDifferenceWriter(Signed* out) : out_(out) {}
  void add(std::int64_t value) {
    out_->Add(wrapping_subtract(value, previous_));
    previous_ = value;
  }
  void finish() { cut_zeros_at_end(out_); }

 private:
  Signed* out_;
  std::int64_t previous_ = 0;
};

/// The first value, the first difference, then each difference less the one before.
class SecondDifferenceWriter {
 public:
  explicit SecondDifferenceWriter(Signed* out) : out_(out) {}
  void add(std::int64_t value) {
    const std::int64_t difference = wrapping_subtract(value, previous_);
    out_->Add(wrapping_subtract(difference, previous_difference_));
    // The first value is no difference: the second one is told as it is.
    previous_difference_ = first_ ? 0 : difference;
    first_ = false;
    previous_ = value;
  }
  void finish() { cut_zeros_at_end(out_); }

 private:
  Signed* out_;
  std::int64_t previous_ = 0;
  std::int64_t previous_difference_ = 0;
  bool first_ = true;
};

/// Runs of values; `Field` is Unsigned for runs, Signed for runs of differences.
template <class Field>
class RunWriter {
 public:
  using Value = typename Field::value_type;
  explicit RunWriter(Field* out) : out_(out) {}
  void add(Value value) {
    if (length_ != 0 && value == value_) {
      ++length_;
      return;
    }
    if (length_ != 0) {
      add_value();
      out_->Add(length_);
    }
    value_ = value;
    length_ = 1;
  }
  void finish() {
    if (length_ == 0 || (out_->empty() && value_ == 0)) return;
    add_value();
  }

 private:
  void add_value() {
    if constexpr (std::numeric_limits<Value>::is_signed) {
      out_->Add(wrapping_subtract(value_, told_));
      told_ = value_;
    } else {
      out_->Add(value_);
    }
  }

  Field* out_;
  Value value_ = 0;
  Value told_ = 0;
  Value length_ = 0;
};

/// Which records have a value: lengths of runs in turn without and with it.
class PresenceWriter {
 public:
  explicit PresenceWriter(Unsigned* out) : out_(out) {}
  void add(bool present) {
    if (present != present_) {
      out_->Add(length_);
      present_ = present;
      length_ = 0;
    }
    ++length_;
  }
  /// True if every value was present, which takes no room in the field.
  bool finish() {
    const bool all = present_ && out_->size() == 1 && out_->Get(0) == 0;
    if (all) out_->Clear();
    return all;
  }

 private:
  Unsigned* out_;
  bool present_ = false;
  std::uint32_t length_ = 0;
};

/// Sums that must stay within `T`; 64-bit ones wrap.
template <class T>
bool add_within(std::int64_t& sum, std::int64_t difference) {
  if constexpr (sizeof(T) == sizeof(std::int64_t)) {
    sum = wrapping_add(sum, difference);
    return true;
  } else {
    return !__builtin_add_overflow(sum, difference, &sum) && sum >= std::numeric_limits<T>::min() &&
           sum <= std::numeric_limits<T>::max();
  }
}

/// `T`: what a value must fit. Behind the end the difference is 0.
template <class T>
class FirstDifferenceReader {
 public:
  explicit FirstDifferenceReader(const Signed& in) : next_(in.begin()), end_(in.end()) {}
  bool next(T& value) {
    if (next_ != end_ && !add_within<T>(sum_, *next_++)) return false;
    value = static_cast<T>(sum_);
    return true;
  }
  bool at_end() const { return next_ == end_; }

 private:
  Signed::const_iterator next_;
  Signed::const_iterator end_;
  std::int64_t sum_ = 0;
};

/// `T`: what a value must fit. Behind the end the difference stays as it was.
template <class T>
class SecondDifferenceReader {
 public:
  explicit SecondDifferenceReader(const Signed& in) : next_(in.begin()), end_(in.end()) {}
  bool next(T& value) {
    // A difference of two 32-bit values needs 33 bits; one that does not fit 64 is refused with the sum.
    if (next_ != end_) {
      const std::int64_t told = *next_++;
      if constexpr (sizeof(T) == sizeof(std::int64_t)) {
        difference_ = wrapping_add(difference_, told);
      } else if (__builtin_add_overflow(difference_, told, &difference_)) {
        return false;
      }
    }
    if (!add_within<T>(sum_, difference_)) return false;
    if (first_) difference_ = 0;
    first_ = false;
    value = static_cast<T>(sum_);
    return true;
  }
  bool at_end() const { return next_ == end_; }

 private:
  Signed::const_iterator next_;
  Signed::const_iterator end_;
  std::int64_t sum_ = 0;
  std::int64_t difference_ = 0;
  bool first_ = true;
};

/// `T`: what a value must fit; a signed field holds runs of differences.
template <class T, class Field>
class RunReader {
 public:
  explicit RunReader(const Field& in) : next_(in.begin()), end_(in.end()) {}
  bool next(T& value) {
    if (left_ == 0 && !next_run()) return false;
    --left_;
    value = static_cast<T>(value_);
    return true;
  }
  /// The last run has no length, so it fits whatever is left; a run that was begun and not used up does not.
  bool at_end() const { return next_ == end_ && (endless_ || left_ == 0); }

 private:
  bool next_run() {
    if (next_ == end_) {
      // Only a column that was empty from the start stands for zeros.
      endless_ = true;
      left_ = std::numeric_limits<std::int64_t>::max();
      return true;
    }
    if constexpr (std::numeric_limits<typename Field::value_type>::is_signed) {
      if (!add_within<T>(value_, *next_++)) return false;
    } else {
      value_ = *next_++;
    }
    endless_ = next_ == end_;
    left_ = endless_ ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(*next_++);
    // A column ends with a value, never with a length.
    return left_ > 0 && (endless_ || next_ != end_);
  }

  typename Field::const_iterator next_;
  typename Field::const_iterator end_;
  std::int64_t value_ = 0;
  std::int64_t left_ = 0;
  bool endless_ = false;
};

/// `all`: each record has the value, and the field must be empty.
class PresenceReader {
 public:
  PresenceReader(const Unsigned& in, bool all) : next_(in.begin()), end_(in.end()), present_(all) {
    sound_ = !all || in.empty();
    take_length();
  }
  bool next(bool& present) {
    while (left_ == 0) {
      if (used_ && empty_run_) return false;
      present_ = !present_;
      used_ = true;
      take_length();
      empty_run_ = left_ == 0;
    }
    --left_;
    present = present_;
    return sound_;
  }
  bool at_end() const { return next_ == end_ && endless_; }

 private:
  void take_length() {
    endless_ = next_ == end_;
    left_ = endless_ ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(*next_++);
  }

  Unsigned::const_iterator next_;
  Unsigned::const_iterator end_;
  std::int64_t left_ = 0;
  bool present_;
  bool sound_ = true;
  bool endless_ = false;
  bool used_ = false;
  bool empty_run_ = false;
};

}  // namespace odograph::wire
