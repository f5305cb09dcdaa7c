#include "agent/collect/recording.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "lib/base/test_folder.h"

namespace odograph::collect {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

class RecordingTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& bytes) { return folder_.write(name, bytes); }

  /// Everything that can be read, and the error that ended it, if one did.
  std::pair<std::string, std::string> read_all(const std::filesystem::path& path, std::size_t piece,
                                               Origin origin = Origin::kFile) {
    auto recording = Recording::open(path, origin);
    if (!recording) return {"", recording.error().what};
    std::string all;
    std::string buffer(piece, '\0');
    while (true) {
      const auto got = (*recording)->read(buffer);
      if (!got) return {all, got.error().what};
      if (*got == 0) return {all, ""};
      all.append(buffer, 0, *got);
    }
  }

  base::TestFolder folder_;
  std::string text_ = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "$GPRMC," + std::to_string(i * 7919) + "\r\n";
    return text;
  }();
};

TEST_F(RecordingTest, ReadsPlainGzipAndZstdAlike) {
  const std::pair<const char*, std::string> cases[] = {
      {"a.nmea", text_},
      {"a.gz", gzip(text_)},
      {"a.zst", zstd(text_)},
      {"misnamed.nmea", gzip(text_)},
      {"two-members.gz", gzip(text_.substr(0, 1000)) + gzip(text_.substr(1000))},
      {"padded.gz", gzip(text_) + std::string(200'000, '\0')},
      {"one-zero.gz", gzip(text_) + std::string(1, '\0')},
      {"padded-members.gz",
       gzip(text_.substr(0, 1000)) + std::string(512, '\0') + gzip(text_.substr(1000)) + std::string(512, '\0')},
      {"two-frames.zst", zstd(text_.substr(0, 1000)) + zstd(text_.substr(1000))},
  };
  for (const auto& [name, bytes] : cases) {
    const auto path = write(name, bytes);
    for (const std::size_t piece : {1000U, 4096U, 1U << 20}) {
      const auto [got, error] = read_all(path, piece);
      EXPECT_EQ(error, "") << name;
      EXPECT_TRUE(got == text_) << name << " in pieces of " << piece;
    }
  }
}

TEST_F(RecordingTest, ProgressIsOfWhatWasGivenOutNotOfWhatWasReadAhead) {
  for (const auto& bytes : {text_, gzip(text_), zstd(text_)}) {
    auto recording = Recording::open(write("progress", bytes));
    ASSERT_TRUE(recording);
    std::string piece(4096, '\0');
    ASSERT_EQ((*recording)->read(piece).value(), piece.size());
    EXPECT_LT((*recording)->progress(), 0.2);
    while ((*recording)->read(piece).value() > 0) continue;
    EXPECT_EQ((*recording)->progress(), 1.0);
  }
}

TEST_F(RecordingTest, GivesWhatIsGoodBeforeItRefusesDamage) {
  for (auto [name, bytes] : {std::pair{"cut.gz", gzip(text_)}, std::pair{"cut.zst", zstd(text_)}}) {
    const auto [got, error] = read_all(write(name, bytes.substr(0, bytes.size() / 2)), 4096);
    EXPECT_TRUE(text_.starts_with(got)) << name;
    EXPECT_GT(got.size(), 1000U) << name;
    EXPECT_NE(error.find("cut short"), std::string::npos) << error;
    EXPECT_NE(error.find(name), std::string::npos) << error;
  }
  for (const std::string& tail : {std::string("x"), std::string(512, '\0') + "x"}) {
    const auto [got, error] = read_all(write("tail.gz", gzip(text_) + tail), 4096);
    EXPECT_TRUE(got == text_);
    EXPECT_NE(error.find("damaged compression"), std::string::npos) << error;
  }
  auto bytes = gzip(text_);
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  EXPECT_NE(read_all(write("flipped.gz", bytes), 4096).second.find("damaged compression"), std::string::npos);
}

TEST_F(RecordingTest, AnEmptyFileIsAnEmptyRecording) {
  const auto [got, error] = read_all(write("empty", ""), 4096);
  EXPECT_EQ(got, "");
  EXPECT_EQ(error, "");
}

TEST_F(RecordingTest, NamesTheFileThatIsNotThere) {
  EXPECT_EQ(read_all("/nonexistent/drive.nmea", 4096).second,
            "open recording /nonexistent/drive.nmea: No such file or directory");
  for (const auto origin : {Origin::kFile, Origin::kAny}) {
    EXPECT_EQ(read_all("/tmp", 4096, origin).second, "open recording /tmp: is a directory");
  }
}

TEST_F(RecordingTest, RefusesWhatIsPackedOrWrittenInAnotherWay) {
  using namespace std::string_literals;
  const char* little = "text in UTF-16: convert it first (iconv -f UTF-16LE -t UTF-8)";
  const char* big = "text in UTF-16: convert it first (iconv -f UTF-16BE -t UTF-8)";
  const std::pair<std::string, const char*> cases[] = {
      {"\xFD\x37zXZ\0\0\0"s, "packed with xz: unpack it first (xz -d)"},
      {"BZh91AY&SY"s, "packed with bzip2: unpack it first (bzip2 -d)"},
      {"PK\x03\x04 and more"s, "a zip archive: unpack it first (unzip)"},
      {"\x04\x22\x4D\x18 and more"s, "packed with lz4: unpack it first (lz4 -d)"},
      {"\xFF\xFE$\0G\0P\0"s, little},
      {"$\0G\0P\0"s, little},
      {"\xFE\xFF\0$\0G\0P"s, big},
      {"\0$\0G\0P"s, big},
  };
  for (const auto& [bytes, why] : cases) {
    const auto path = write("odd", bytes);
    EXPECT_EQ(read_all(path, 4096).second, "open recording " + path.string() + ": is " + why);
  }
  for (const std::string& noise : {"\xFF\xFE\x24\x47\x50"s, "\xFF"s, "PK"s, "\xEF\xBB\xBF$GPRMC"s, "\x1F"s}) {
    EXPECT_EQ(read_all(write("noise", noise), 4096), std::pair(noise, ""s)) << "the decoder's business";
  }
}

/// A FIFO that somebody writes into, `piece` bytes at a time.
class FifoWriter {
 public:
  FifoWriter(std::filesystem::path path, std::string bytes, std::size_t piece) : path_(std::move(path)) {
    std::filesystem::remove(path_);
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    writer_ = std::thread([this, bytes = std::move(bytes), piece] {
      std::ofstream out(path_, std::ios::binary);
      for (std::size_t at = 0; at < bytes.size(); at += piece) out << bytes.substr(at, piece) << std::flush;
    });
  }
  ~FifoWriter() {
    writer_.join();
    std::filesystem::remove(path_);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::thread writer_;
};

TEST_F(RecordingTest, ReadsAPipeWhereItNeedNotBeRewound) {
  for (const auto& bytes : {text_, gzip(text_), zstd(text_), std::string("$"), std::string()}) {
    const FifoWriter fifo(folder_.path("fifo"), bytes, bytes.size() < 9 ? 1 : 5000);
    const auto [got, error] = read_all(fifo.path(), 4096, Origin::kAny);
    EXPECT_EQ(error, "");
    EXPECT_TRUE(got == (bytes.size() < 9 ? bytes : text_));
  }
}

TEST_F(RecordingTest, TellsTheKindOfAPipeThatBringsSingleBytes) {
  const std::string text = "$GPRMC,1\r\n";
  const FifoWriter fifo(folder_.path("drip"), gzip(text), 1);
  EXPECT_EQ(read_all(fifo.path(), 4096, Origin::kAny), std::pair(text, std::string()));
}

TEST_F(RecordingTest, APipeIsNoFile) {
  const auto path = std::filesystem::path(folder_.path("lone"));
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  for (const std::string& name : {path.string(), std::string("-"), std::string("/dev/null")}) {
    EXPECT_EQ(read_all(name, 4096).second, "open recording " + name +
                                               ": not a regular file, so it could not be taken up again after a stop; "
                                               "save it to a file first");
  }
}

TEST_F(RecordingTest, TheFingerprintTellsFilesApart) {
  const auto a = Recording::open(write("a", text_));
  const auto b = Recording::open(write("b", text_));
  const auto c = Recording::open(write("c", text_ + "\n"));
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ((*a)->fingerprint(), (*b)->fingerprint());
  EXPECT_NE((*a)->fingerprint(), (*c)->fingerprint());
}

}  // namespace
}  // namespace odograph::collect
