#include "agent/collect/recording.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <string>

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
  std::filesystem::path write(const std::string& name, const std::string& bytes) {
    auto path = std::filesystem::path(testing::TempDir()) /
                (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" + name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  /// Everything that can be read, and the error that ended it, if one did.
  std::pair<std::string, std::string> read_all(const std::filesystem::path& path, std::size_t piece) {
    auto recording = Recording::open(path);
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

TEST_F(RecordingTest, GivesWhatIsGoodBeforeItRefusesDamage) {
  for (auto [name, bytes] : {std::pair{"cut.gz", gzip(text_)}, std::pair{"cut.zst", zstd(text_)}}) {
    const auto [got, error] = read_all(write(name, bytes.substr(0, bytes.size() / 2)), 4096);
    EXPECT_TRUE(text_.starts_with(got)) << name;
    EXPECT_GT(got.size(), 1000U) << name;
    EXPECT_NE(error.find("cut short"), std::string::npos) << error;
    EXPECT_NE(error.find(name), std::string::npos) << error;
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
  EXPECT_EQ(read_all(testing::TempDir(), 4096).second.find("open recording"), 0U);
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
