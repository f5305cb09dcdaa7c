#include "fleet/fences/geojson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "fleet/trips/read.h"

namespace odograph::fences {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string feature(const std::string& properties, const std::string& geometry) {
  return R"({"type": "Feature", "properties": {)" + properties + R"(}, "geometry": )" + geometry + "}";
}
std::string collection(const std::vector<std::string>& features) {
  std::string text = R"({"type": "FeatureCollection", "features": [)";
  for (const std::string& one : features) text += (&one == features.data() ? "" : ", ") + one;
  return text + "]}";
}

const std::string kPoint = R"({"type": "Point", "coordinates": [8.5, 47.25]})";
const std::string kPolygon = R"({"type": "Polygon", "coordinates": [[[8, 47], [8.1, 47], [8.1, 47.1], [8, 47]]]})";

TEST(GeoJson, HasAreasAlertsAndEnds) {
  const auto file = parse_fences(
      collection({feature(R"("id": "yard", "radius_m": 150, "name": "the yard", "fill": "#f00")", kPoint),
                  feature(R"("id": "depot", "when": "outside", "severity": "major", "min_duration": "30s", "count": 0,
                             "hysteresis_m": 5, "vehicles": ["van-1"], "groups": ["night shift"],
                             "valid_from": "2026-03-02T09:00:00+01:00")",
                          kPolygon),
                  R"({"type": "Feature", "id": "old", "properties": null, "geometry": null})"}),
      "f.geojson");
  ASSERT_TRUE(file.has_value()) << file.error().what;
  ASSERT_EQ(file->fences.size(), 3U);
  const FencePut& yard = file->fences[0];
  EXPECT_EQ(yard.area,
            (rules::Fence{.id = "yard", .outline = {}, .centre = {472'500'000, 85'000'000}, .radius_m = 150}));
  EXPECT_FALSE(yard.alert || yard.valid_from);
  const FencePut& depot = file->fences[1];
  EXPECT_THAT(depot.area->outline,
              ElementsAre(model::Position{470'000'000, 80'000'000}, model::Position{470'000'000, 81'000'000},
                          model::Position{471'000'000, 81'000'000}));
  FenceAlert alert{.when = rules::GeofenceConfig::When::kOutside,
                   .severity = model::Severity::kMajor,
                   .hysteresis_m = 5,
                   .vehicles = {"van-1"},
                   .groups = {"night shift"}};
  alert.life.min_duration = base::Millis(30'000);
  alert.life.min_count = alert.life.clear_count = 0;
  EXPECT_EQ(depot.alert, alert);
  EXPECT_EQ(depot.valid_from, base::from_rfc3339("2026-03-02T08:00:00Z"));
  EXPECT_EQ(file->fences[2].id, "old");
  EXPECT_FALSE(file->fences[2].area);
  EXPECT_THAT(file->unused, ElementsAre("fill", "name"));
}

TEST(GeoJson, ComesBackAsItWasWritten) {
  const auto file = parse_fences(
      collection({feature(R"("id": "depot", "when": "inside", "gap": "90s", "flap_cycles": 7, "radius_m": 20)", kPoint),
                  feature(R"("id": "yard")", kPolygon), feature(R"("id": "gone")", "null")}),
      "f");
  ASSERT_TRUE(file.has_value()) << file.error().what;
  std::map<std::string, FenceRow> rows;
  const base::UtcTime noon = *base::from_rfc3339("2026-03-02T12:00:00.001Z");
  for (const FencePut& put : file->fences) rows[put.id] = {put.id, {{noon, put.area, put.alert}}};
  const auto back = parse_fences(to_geojson(rows), "back");
  ASSERT_TRUE(back.has_value()) << back.error().what;
  EXPECT_THAT(back->unused, testing::IsEmpty());
  for (const FencePut& put : back->fences) {
    EXPECT_EQ(rows[put.id].versions.front(), (FenceVersion{*put.valid_from, put.area, put.alert})) << put.id;
  }
  EXPECT_EQ(back->fences.size(), 3U);
}

struct Refused {
  std::string text;
  const char* what;
};

std::string with(const std::string& property) { return feature(R"("id": "a", "radius_m": 20, )" + property, kPoint); }
std::string shaped(const std::string& geometry) { return feature(R"("id": "a")", geometry); }

const Refused kRefused[] = {
    {"{", "f: line 1: no JSON"},
    {"[]", "f: type: expected a FeatureCollection"},
    {R"({"type": "FeatureCollection"})", "f: type: expected a FeatureCollection"},
    {collection({"7"}), "f: feature 1: type: 7, expected a Feature"},
    {feature("", kPoint), "f: feature 1: properties.id: missing, expected 1 to 64 bytes of text"},
    {feature(R"("id": 7)", kPoint), "f: feature 1: properties.id: 7, expected"},
    {feature(R"("id": ")" + std::string(65, 'x') + '"', kPoint), "properties.id"},
    {feature(R"("id": "a")", kPoint), "f: feature 1 (a): properties.radius_m: missing, expected 10 to 100000"},
    {feature(R"("id": "a", "radius_m": 9)", kPoint), "properties.radius_m: 9, expected 10 to 100000"},
    {feature(R"("id": "a", "radius_m": 20)", kPolygon), "properties.radius_m: 20, expected nothing beside a Polygon"},
    {feature(R"("id": "a", "radius_m": 20)", "null"), "properties.radius_m: 20, expected nothing where the geometry"},
    {feature(R"("id": "a", "when": "inside")", "null"), "properties.when: \"inside\", expected nothing where"},
    {R"({"type": "Feature", "properties": {"id": "a"}})", "geometry: missing, expected a Polygon, a Point, or null"},
    {shaped(R"({"type": "MultiPolygon", "coordinates": []})"), "geometry: {\"coordinates\":[],\"type\":\"MultiPoly"},
    {shaped(R"({"type": "Polygon"})"), "expected a Polygon or a Point, with coordinates"},
    {shaped(R"({"type": "Polygon", "coordinates": [[], []]})"), "geometry.coordinates: 2 rings, expected one ring"},
    {shaped(R"({"type": "Polygon", "coordinates": [[[8, 47], [8.1, 47], [8, 47.1], [8, 48]]]})"),
     "geometry.coordinates[0]: 4 positions, expected at least 4, the last one the same as the first"},
    {shaped(R"({"type": "Polygon", "coordinates": [[[8, 47], [8.1, 47], [8, 47]]]})"), "3 positions, expected"},
    {shaped(R"({"type": "Polygon", "coordinates": [[[8, 47], [47]]]})"),
     "geometry.coordinates[0][1]: [47], expected [longitude, latitude] in degrees"},
    {shaped(R"({"type": "Polygon", "coordinates": [[[170, 0], [-170, 0], [-170, 1], [170, 0]]]})"), "geometry: "},
    {feature(R"("id": "a", "radius_m": 20)", R"({"type": "Point", "coordinates": [8, 91]})"),
     "geometry.coordinates: [8,91], expected [longitude, latitude] in degrees"},
    {with(R"("valid_from": "2026-03-02")"), "properties.valid_from: \"2026-03-02\", expected a time as RFC 3339"},
    {with(R"("valid_from": 7)"), "properties.valid_from: 7, expected"},
    {with(R"("when": "near")"), R"(properties.when: "near", expected "inside" or "outside")"},
    {with(R"("severity": "major")"), "properties.severity: \"major\", expected `when` beside it"},
    {with(R"("groups": [])"), "properties.groups: [], expected `when` beside it"},
    {with(R"("when": "inside", "severity": "loud")"), "properties.severity: \"loud\", expected info, minor"},
    {with(R"("when": "inside", "min_duration": 15)"), "properties.min_duration: 15, expected a duration such as"},
    {with(R"("when": "inside", "reopen": "8d")"), "properties.reopen: \"8d\", expected a duration"},
    {with(R"("when": "inside", "gap": "0s")"), "properties.gap: \"0s\", expected a duration such as \"15s\", from 1ms"},
    {with(R"("when": "inside", "count": -1)"), "properties.count: -1, expected a whole number from 0 to 1000"},
    {with(R"("when": "inside", "flap_cycles": 21)"), "properties.flap_cycles: 21, expected a whole number from 0"},
    {with(R"("when": "inside", "vehicles": "van")"), "properties.vehicles: \"van\", expected an array"},
    {with(R"("when": "inside", "vehicles": ["a van"])"), "vehicles: one is not 1 to 64 of A-Z"},
    {with(R"("when": "inside", "groups": [""])"), "properties.groups: [\"\"], expected an array"},
};

TEST(GeoJson, RefusesWithWhatWasFoundAndWhatIsExpected) {
  for (const Refused& refused : kRefused) {
    const auto file = parse_fences(refused.text, "f");
    ASSERT_FALSE(file.has_value()) << refused.text;
    EXPECT_EQ(file.error().action, base::Action::kDrop) << refused.text;
    EXPECT_THAT(file.error().what, HasSubstr(refused.what)) << refused.text;
  }
}

TEST(GeoJson, TellsTheFaultsOfAllFeaturesUpToABound) {
  const std::vector<std::string> bad(trips::kToldErrorsMax + 1, shaped("7"));
  const auto file = parse_fences(collection(bad), "f");
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().what, HasSubstr("f: feature 20 (a): geometry: 7"));
  EXPECT_THAT(file.error().what, testing::EndsWith("no more is told after 20 bad lines"));
}

TEST(GeoJson, FilesAreLookedAtAsOne) {
  const std::string name = testing::TempDir() + "odograph-fences-" + std::to_string(::getpid()) + ".geojson";
  std::ofstream(name) << feature(R"("id": "a", "radius_m": 20, "colour": 1)", kPoint);
  const auto one = read_fences({name});
  ASSERT_TRUE(one.has_value()) << one.error().what;
  EXPECT_THAT(one->unused, ElementsAre("colour"));
  const auto twice = read_fences({name, name});
  ASSERT_FALSE(twice.has_value());
  EXPECT_THAT(twice.error().what, HasSubstr("fence a: twice for the same time, expected once"));
  EXPECT_EQ(read_fences({name + ".nowhere"}).error().action, base::Action::kStop);
  ::unlink(name.c_str());
}

}  // namespace
}  // namespace odograph::fences
