#include "fleet/watch/topic_source.h"

#include <ostream>
#include <streambuf>
#include <utility>

#include "fleet/decode/read_topic.h"
#include "fleet/topics/topic_table.h"

namespace odograph::watch {
namespace {

/// Hands over what is written to it line by line; the first refusal makes the stream bad.
class LineSink final : public std::streambuf {
 public:
  explicit LineSink(const TakeLine& take) : take_(take) {}
  const base::Status& status() const { return status_; }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return put(&byte, 1) == 1 ? c : traits_type::eof();
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override { return put(bytes, count); }

 private:
  std::streamsize put(const char* bytes, std::streamsize count) {
    for (std::streamsize i = 0; i < count; ++i) {
      if (!status_) return i;
      if (bytes[i] != '\n') {
        line_.push_back(bytes[i]);
        continue;
      }
      status_ = take_(line_);
      line_.clear();
    }
    return count;
  }

  const TakeLine& take_;
  std::string line_;
  base::Status status_;
};

}  // namespace

TrialSource recorded_topic(const TopicReader& reader) {
  const auto read = [reader](const TakeLine& take) -> base::Status {
    decode::ReadOptions options;
    options.topic = topics::kRawData;
    options.until = decode::ReadOptions::Until::kEnd;
    LineSink sink(take);
    std::ostream out(&sink);
    auto status = decode::read_topic(options, reader.admin, reader.consumer, {out, reader.log, reader.stopped});
    if (!sink.status()) return sink.status();
    return status;
  };
  return {.read = read};
}

}  // namespace odograph::watch
