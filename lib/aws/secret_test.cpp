#include "lib/aws/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <type_traits>

#include "lib/aws/credentials.h"

namespace odograph::aws {
namespace {

constexpr std::size_t kLength = 64;

TEST(WipingAllocator, WipesBeforeItGivesBack) {
  // What is freed cannot be looked at; so the bytes stay ours, and only the wiping is watched.
  std::string bytes(kLength, 's');
  wipe_bytes(bytes.data(), kLength / 2);
  EXPECT_EQ(bytes, std::string(kLength / 2, '\0') + std::string(kLength / 2, 's'));
}

TEST(Wipe, ReachesBeyondTheEndOfAShortenedText) {
  std::string text(kLength, 's');
  const char* const at = text.data();
  text.resize(3);
  wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), at) << "the same memory, still ours";
  for (std::size_t i = 0; i < kLength; ++i) EXPECT_EQ(at[i], '\0') << i;
}

TEST(Credentials, WipeTheirSecretsWhenTheyDie) {
  alignas(Credentials) std::byte place[sizeof(Credentials)];
  // Short ones lie inside the object, which is ours to look at afterwards.
  auto* const credentials = new (static_cast<void*>(place)) Credentials{"AKIDEXAMPLE", "short-secret", "short-token"};
  const std::byte* const bytes = place;
  const auto holds = [bytes](std::string_view text) {
    return std::string_view(reinterpret_cast<const char*>(bytes), sizeof(Credentials)).find(text) !=
           std::string_view::npos;
  };
  ASSERT_TRUE(holds("short-secret") && holds("short-token"));
  credentials->~Credentials();
  EXPECT_FALSE(holds("short-secret"));
  EXPECT_FALSE(holds("short-token"));
}

TEST(KeepMemoryPrivate, ForbidsCoreDumps) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool kept = keep_memory_private().has_value();
    ::_exit(kept && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace odograph::aws
