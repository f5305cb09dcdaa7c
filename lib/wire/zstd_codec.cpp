#include "lib/wire/zstd_codec.h"

#include <zstd.h>

#include <memory>

namespace odograph::wire {
namespace {

/// Higher levels gain 0.2 B a record at N = 60 and cost several times as much.
constexpr int kLevel = 3;
/// Of fewer bytes than this only repeated text is worth looking for; setting up the search of higher levels would cost
/// ten times as much and gain 0.02 B a record at most.
constexpr std::size_t kSmallBytes = 400;
constexpr int kSmallLevel = -1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::string zstd_compress(std::string_view bytes) {
  // Making a context costs more than compressing a batch with it.
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (context == nullptr || bytes.empty()) return {};
  // Room for less than the input only: what would grow fails early.
  std::string frame(bytes.size() - 1, '\0');
  const int level = bytes.size() < kSmallBytes ? kSmallLevel : kLevel;
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size)) return {};
  frame.resize(size);
  return frame;
}

base::Result<std::string> zstd_decompress(std::string_view frame, std::size_t bytes_max) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return base::drop_error("zstd: not a frame that tells its size");
  }
  if (size > bytes_max) return base::drop_error("zstd: " + std::to_string(size) + " bytes unpacked are too many");
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) {
    return base::drop_error("zstd: not exactly one frame");
  }
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr) return base::retry_error("zstd: no memory for a context");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  const std::size_t written =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) || written != bytes.size()) return base::drop_error("zstd: damaged frame");
  return bytes;
}

}  // namespace odograph::wire
