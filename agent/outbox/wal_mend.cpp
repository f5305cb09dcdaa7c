#include "agent/outbox/wal_mend.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/outbox/lock_file.h"
#include "agent/outbox/store.h"
#include "lib/base/unique_fd.h"

namespace odograph::outbox {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377F0682;  ///< The lowest bit: sums are over big-endian words.
constexpr std::uint32_t kVersion = 3007000;
/// SQLite fills up to a sector of this size with copies of the commit's frame.
constexpr std::size_t kPaddedBytes = 4096;

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}
void put_u32(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

struct Sum {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
};

/// Where a word of the sums lies, and in which order its bytes stand.
std::size_t byte_of(std::size_t word, int bit, bool is_big) {
  const auto low = static_cast<std::size_t>(bit / 8);
  return 4 * word + (is_big ? 3 - low : low);
}

std::uint32_t word_at(std::string_view bytes, std::size_t word, bool is_big) {
  const std::uint32_t big = u32_at(bytes, 4 * word);
  return is_big ? big : __builtin_bswap32(big);
}

Sum sum_of(Sum seed, std::string_view bytes, bool is_big) {
  for (std::size_t word = 0; word + 1 < bytes.size() / 4; word += 2) {
    seed.a += word_at(bytes, word, is_big) + seed.b;
    seed.b += word_at(bytes, word + 1, is_big) + seed.a;
  }
  return seed;
}

/// How many bits of `bytes` would, flipped, make them sum up to `want`; if it is one, it is flipped. A sum is
/// linear in its words: a word's change arrives at the end multiplied by what depends on its place alone. Of a change
/// in the upper 9 bits too little arrives to tell the place.
std::size_t flip_back(std::string& bytes, Sum seed, Sum want, bool is_big) {
  const Sum is = sum_of(seed, bytes, is_big);
  const Sum off{want.a - is.a, want.b - is.b};
  std::array<Sum, 2> weights = {Sum{1, 1}, Sum{0, 1}};  // Of a pair's first and second word.
  std::size_t found = 0;
  std::size_t byte = 0;
  int bit_of_byte = 0;
  for (std::size_t pair = bytes.size() / 8; pair-- > 0;) {
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t word = 2 * pair + i;
      const std::uint32_t value = word_at(bytes, word, is_big);
      for (int bit = 0; bit < 32; ++bit) {
        const std::uint32_t change = (value ^ 1U << bit) - value;
        if (change * weights[i].a != off.a || change * weights[i].b != off.b) continue;
        ++found;
        byte = byte_of(word, bit, is_big);
        bit_of_byte = bit % 8;
      }
    }
    for (Sum& weight : weights) weight = {weight.a + weight.b, weight.a + 2 * weight.b};
  }
  if (found != 1) return found;
  bytes[byte] = static_cast<char>(static_cast<std::uint8_t>(bytes[byte]) ^ 1U << bit_of_byte);
  return found;
}

/// The header of the file or of a frame, and how it fits to the one before.
struct Link {
  std::uint32_t page = 0;
  std::uint32_t size = 0;  ///< Of the database after a commit, in pages; 0 for a frame within one.
  std::array<std::uint32_t, 2> salts{};
  Sum stored;
  Sum computed;          ///< From the stored sum of the one before.
  bool resumes = false;  ///< Its stored sum fits to the computed one of the one before.
  bool links() const { return computed == stored || resumes; }
};

class Wal {
 public:
  Wal(std::string_view bytes, std::uint32_t page_bytes, std::endian words)
      : bytes_(bytes), page_bytes_(page_bytes), is_big_(words == std::endian::big) {
    header_.salts = {u32_at(bytes, 16), u32_at(bytes, 20)};
    header_.stored = {u32_at(bytes, 24), u32_at(bytes, 28)};
    header_.computed = sum_of({}, bytes.substr(0, 24), is_big_);
    if (is_header_sound()) page_bytes_ = u32_at(bytes, 8);
    if (page_bytes_ < 512 || page_bytes_ > 65536 || !std::has_single_bit(page_bytes_)) return;
    read_frames();
    find_salts();
  }

  MendedWal mend() const {
    const auto broken = first_broken();
    if (!broken || frames_.empty()) return {};
    const auto end = proven_end(*broken);
    const std::size_t proven = end ? *end + 1 : *broken;
    MendedWal mended{is_header_sound() || frames_.front().links() ? WalState::kMended : WalState::kPatched, {}};
    put_header(mended.bytes);
    Sum seed{u32_at(mended.bytes, 24), u32_at(mended.bytes, 28)};
    Sum was = frames_.front().resumes ? header_.computed : header_.stored;
    for (std::size_t i = 0; i < proven; ++i) {
      std::string summed = summed_bytes(i);
      const bool is_sure = make_sure(i, was, summed);
      if (!is_sure) mended.state = WalState::kPatched;
      was = links_to_computed(i) ? frames_[i].computed : frames_[i].stored;
      if (is_sure || is_page_known(i)) put_frame(summed, seed, mended.bytes);
    }
    const bool goes_on = put_fitting(proven, was, seed, mended.bytes);
    return end || goes_on ? mended : MendedWal();
  }

  /// Nothing but zeros sums up to zero, too.
  bool is_header_sound() const { return header_.links() && u32_at(bytes_, 0) == (kMagic | (is_big_ ? 1U : 0U)); }

 private:
  std::size_t frame_bytes() const { return kFrameHeaderBytes + page_bytes_; }
  /// What a frame's sum is over: page number, size, page.
  std::string summed_bytes(std::size_t i) const {
    const std::size_t at = kHeaderBytes + i * frame_bytes();
    return std::string(bytes_.substr(at, 8)) + std::string(bytes_.substr(at + kFrameHeaderBytes, page_bytes_));
  }

  void read_frames() {
    const Link* before = &header_;
    const std::size_t count = (bytes_.size() - kHeaderBytes) / frame_bytes();
    frames_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto head = bytes_.substr(kHeaderBytes + i * frame_bytes(), kFrameHeaderBytes);
      Link frame;
      frame.page = u32_at(head, 0);
      frame.size = u32_at(head, 4);
      frame.salts = {u32_at(head, 8), u32_at(head, 12)};
      frame.stored = {u32_at(head, 16), u32_at(head, 20)};
      const std::string summed = summed_bytes(i);
      frame.computed = sum_of(before->stored, summed, is_big_);
      if (!before->links()) frame.resumes = sum_of(before->computed, summed, is_big_) == frame.stored;
      frames_.push_back(frame);
      before = &frames_.back();
    }
  }

  void find_salts() {
    salts_ = header_.salts;
    if (is_header_sound()) return;
    for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
      if (frames_[i].salts != frames_[i + 1].salts || !frames_[i + 1].links()) continue;
      salts_ = frames_[i].salts;
      return;
    }
  }

  bool is_ours(std::size_t i) const { return i < frames_.size() && frames_[i].salts == salts_; }
  bool continues(std::size_t i) const { return is_ours(i) && frames_[i].links(); }

  std::optional<std::size_t> first_broken() const {
    if (!is_header_sound()) return 0;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (!is_ours(i) || frames_[i].computed != frames_[i].stored) return i;
    }
    return {};
  }

  /// Whether frame `i` may be padding behind `commit`, or behind the padding that `commit` is.
  bool pads(std::size_t i, std::size_t commit) const {
    return i - commit <= kPaddedBytes / frame_bytes() + 1 && frames_[commit].size != 0 &&
           frames_[i].page == frames_[commit].page && frames_[i].size == frames_[commit].size;
  }

  /// The frame that proves that commits behind `from` were done; nothing if none does.
  std::optional<std::size_t> proof_behind(std::size_t from) const {
    std::size_t first = from;
    // The last padding's end is flushed with the next commit: it may be torn, and says nothing of that one.
    while (first > 0 && first < frames_.size() && pads(first, from - 1)) ++first;
    for (std::size_t commit = first; commit < frames_.size(); ++commit) {
      // Only where its sum holds: a header can be torn in the middle too.
      const bool is_summed = frames_[commit].links() || links_to_computed(commit);
      if (!is_summed || frames_[commit].size == 0) continue;
      for (std::size_t next = commit + 1; continues(next); ++next) {
        if (!pads(next, commit)) return next;
      }
    }
    return {};
  }

  /// The last commit that the chain, taken up behind each proven break, leads to.
  std::optional<std::size_t> proven_end(std::size_t broken) const {
    auto end = proof_behind(broken);
    if (!end) return {};
    while (*end + 1 < frames_.size()) {
      const auto further = continues(*end + 1) ? std::optional(*end + 1) : proof_behind(*end + 1);
      if (!further) break;
      end = further;
    }
    while (*end > broken && (!is_ours(*end) || frames_[*end].size == 0)) --*end;
    return end;
  }

  /// Whether what follows says that the stored sum has rotted and what it was over has not.
  bool links_to_computed(std::size_t i) const {
    return !frames_[i].links() && is_ours(i + 1) && frames_[i + 1].resumes;
  }
  /// Whether what follows says that the stored sum is right, though what it is over does not sum up to it.
  bool is_page_known(std::size_t i) const {
    return is_ours(i) && is_ours(i + 1) && frames_[i + 1].computed == frames_[i + 1].stored && frames_[i].page != 0;
  }

  /// True if `summed`, of frame `i`, is what was written; put right if it can be. `before`: the sum up to there.
  bool make_sure(std::size_t i, Sum before, std::string& summed) const {
    if (frames_[i].links() || links_to_computed(i)) return true;
    return is_ours(i + 1) && frames_[i + 1].computed == frames_[i + 1].stored &&
           flip_back(summed, before, frames_[i].stored, is_big_) == 1;
  }

  /// Whether frame `i` is what was written behind `before`, or was but for one bit, which is put right in `summed`.
  enum class Fit { kNot, kButForABit, kWhole };
  Fit fit(std::size_t i, Sum before, std::string& summed) const {
    const Link& frame = frames_[i];
    const Sum sum = sum_of(before, summed, is_big_);
    if (sum == frame.stored) {
      const int off = std::popcount(frame.salts[0] ^ salts_[0]) + std::popcount(frame.salts[1] ^ salts_[1]);
      return off == 0 ? Fit::kWhole : off == 1 ? Fit::kButForABit : Fit::kNot;
    }
    if (!is_ours(i)) return Fit::kNot;
    const bool may_be_sum = std::popcount(sum.a ^ frame.stored.a) + std::popcount(sum.b ^ frame.stored.b) == 1;
    std::string flipped = summed;
    const std::size_t may_be = flip_back(flipped, before, frame.stored, is_big_) + (may_be_sum ? 1 : 0);
    if (may_be != 1) return Fit::kNot;
    if (!may_be_sum) summed = std::move(flipped);
    return Fit::kButForABit;
  }

  /// Adds the frames from `i` on that fit, up to their last commit. True if a bit was put right in what was added: that
  /// is rot, because of a frame that was cut more than a bit is missing; and if it was not, it is whole now all the
  /// same.
  bool put_fitting(std::size_t i, Sum before, Sum seed, std::string& out) const {
    bool was_off = !is_header_sound();
    bool is_mended = false;
    std::size_t committed = out.size();
    for (; i < frames_.size(); ++i) {
      std::string summed = summed_bytes(i);
      const Fit fits = fit(i, before, summed);
      if (fits == Fit::kNot) break;
      was_off = was_off || fits == Fit::kButForABit;
      before = sum_of(before, summed, is_big_);
      put_frame(summed, seed, out);
      if (u32_at(summed, 4) == 0) continue;
      committed = out.size();
      is_mended = was_off;
    }
    out.resize(committed);
    return is_mended;
  }

  void put_header(std::string& out) const {
    put_u32(out, kMagic | (is_big_ ? 1U : 0U));
    put_u32(out, kVersion);
    put_u32(out, page_bytes_);
    put_u32(out, u32_at(bytes_, 12));
    for (const std::uint32_t salt : salts_) put_u32(out, salt);
    const Sum sum = sum_of({}, out, is_big_);
    put_u32(out, sum.a);
    put_u32(out, sum.b);
  }

  void put_frame(const std::string& summed, Sum& seed, std::string& out) const {
    seed = sum_of(seed, summed, is_big_);
    out.append(summed, 0, 8);
    for (const std::uint32_t salt : salts_) put_u32(out, salt);
    put_u32(out, seed.a);
    put_u32(out, seed.b);
    out.append(summed, 8);
  }

  std::string_view bytes_;
  std::uint32_t page_bytes_;
  bool is_big_;
  Link header_;
  std::array<std::uint32_t, 2> salts_{};
  std::vector<Link> frames_;
};

/// In one move, so that a power cut leaves either.
std::optional<Failure> replace(const fs::path& path, const std::string& bytes, const FileSettings& settings) {
  const fs::path made = path.string() + ".mended";
  const auto failed = [&] {
    auto failure = directory_failure(path.parent_path(), errno);
    failure.what = "mend " + path.string() + ": " + failure.what;
    std::error_code ignored;
    fs::remove(made, ignored);
    return failure;
  };
  const base::UniqueFd fd(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return failed();
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t put = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0) return failed();
    done += static_cast<std::size_t>(put);
  }
  if (::fdatasync(fd.get()) != 0 || ::rename(made.c_str(), path.c_str()) != 0) return failed();
  const fs::path directory = path.parent_path();
  errno = settings.flush_directory ? settings.flush_directory(directory) : flush_directory(directory);
  if (errno != 0) return failed();
  return {};
}

}  // namespace

MendedWal mend_wal(std::string_view wal, std::uint32_t page_bytes) {
  if (wal.size() < kHeaderBytes) return {};
  // The bit that tells may be the one that has rotted.
  for (const auto words : {std::endian::little, std::endian::big}) {
    const Wal read(wal, page_bytes, words);
    MendedWal mended = read.mend();
    if (mended.state != WalState::kSound) return mended;
  }
  return {};
}

std::variant<WalState, Failure> mend_wal_of(const fs::path& database, std::uint32_t page_bytes, WalPages pages,
                                            const FileSettings& settings) {
  const fs::path path = database.string() + "-wal";
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size <= kHeaderBytes || size > kWalMendBytesMax) return WalState::kSound;
  std::string wal(size, '\0');
  std::ifstream in(path, std::ios::binary);
  // What the medium does not give back SQLite finds out too.
  if (!in.read(wal.data(), static_cast<std::streamsize>(wal.size()))) return WalState::kSound;
  const MendedWal mended = mend_wal(wal, page_bytes);
  if (mended.state == WalState::kSound) return mended.state;
  if (mended.state == WalState::kPatched && pages == WalPages::kExact) return mended.state;
  if (auto failed = replace(path, mended.bytes, settings)) return *std::move(failed);
  return mended.state;
}

std::optional<std::uint32_t> page_size_of_ours(const fs::path& database) {
  constexpr std::size_t kPageSizeAt = 16;
  constexpr std::size_t kVersionAt = 60;
  constexpr std::size_t kApplicationAt = 68;
  std::string header(kApplicationAt + 4, '\0');
  std::ifstream in(database, std::ios::binary);
  if (!in.read(header.data(), static_cast<std::streamsize>(header.size()))) return {};
  if (u32_at(header, kApplicationAt) != kApplicationId || u32_at(header, kVersionAt) != kSchemaVersion) return {};
  const std::uint32_t told = u32_at(header, kPageSizeAt) >> 16;
  return told == 1 ? 65536 : told;
}

}  // namespace odograph::outbox
