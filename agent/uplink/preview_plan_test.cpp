#include "agent/uplink/preview_plan.h"

#include <gtest/gtest.h>

namespace odograph::uplink {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow{std::chrono::hours{1}};
const base::UtcTime kNoon{std::chrono::hours{500'000}};
constexpr PreviewLimits kLimits{seconds{30}, seconds{10}};

/// Behind by a minute, with a state that was made now and no preview before.
PreviewView behind() {
  PreviewView view;
  view.connected = true;
  view.oldest_bulk = kNoon - seconds{60};
  view.latest = kNoon;
  view.latest_at = kNow;
  return view;
}

struct Case {
  const char* name;
  void (*change)(PreviewView&);
  std::optional<milliseconds> due;  ///< From kNow on; nothing: none is called for.
};

const Case kCases[] = {
    {"TheFirstGoesAtOnce", [](PreviewView&) {}, milliseconds{0}},
    {"TheFirstGoesAtOnceHoweverOldTheState", [](PreviewView& v) { v.latest_at = kNow - seconds{9}; }, seconds{-9}},
    {"TheNextAfterItsInterval", [](PreviewView& v) { v.last_sent = kNow - seconds{1}; }, milliseconds{9'000}},
    {"WhenTheIntervalIsOver", [](PreviewView& v) { v.last_sent = kNow - seconds{10}; }, milliseconds{0}},
    {"AnOldStateTooWhenTheIntervalIsOver",
     [](PreviewView& v) {
       v.last_sent = kNow - seconds{10};
       v.latest_at = kNow - seconds{5};
     },
     milliseconds{0}},
    {"AStateAfterThatGoesAtOnce", [](PreviewView& v) { v.last_sent = kNow - seconds{60}; }, milliseconds{0}},
    {"NoLink", [](PreviewView& v) { v.connected = false; }, std::nullopt},
    {"TheOneBeforeIsOutstanding", [](PreviewView& v) { v.outstanding = true; }, std::nullopt},
    {"NothingWaits", [](PreviewView& v) { v.oldest_bulk.reset(); }, std::nullopt},
    {"NothingNewToTell", [](PreviewView& v) { v.latest.reset(); }, std::nullopt},
    {"BehindByExactlyTheLimit", [](PreviewView& v) { v.oldest_bulk = kNoon - seconds{30}; }, std::nullopt},
    {"BehindByALittleMore", [](PreviewView& v) { v.oldest_bulk = kNoon - milliseconds{30'001}; }, milliseconds{0}},
    {"BulkHasCaughtUp", [](PreviewView& v) { v.oldest_bulk = kNoon - seconds{1}; }, std::nullopt},
    {"BulkOfALaterTime", [](PreviewView& v) { v.oldest_bulk = kNoon + seconds{3600}; }, std::nullopt},
};

class PreviewDue : public ::testing::TestWithParam<Case> {};

TEST_P(PreviewDue, IsAsTold) {
  PreviewView view = behind();
  GetParam().change(view);
  const auto due = preview_due(view, kLimits);
  ASSERT_EQ(due.has_value(), GetParam().due.has_value());
  if (due) {
    EXPECT_EQ(std::chrono::duration_cast<milliseconds>(*due - kNow), *GetParam().due);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PreviewDue, ::testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace odograph::uplink
