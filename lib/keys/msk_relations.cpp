#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "lib/aws/guarded_file.h"
#include "lib/aws/pem_files.h"
#include "lib/aws/region.h"
#include "lib/keys/link.h"
#include "lib/keys/msk.h"

namespace odograph::keys {

using config::Misfit;
using config::Values;

namespace {

constexpr char kCredentials[] = "aws.credentials";
constexpr char kCertFile[] = "aws.iot_cert_file";
constexpr char kKey[] = "aws.iot_key";
constexpr char kRoleArn[] = "aws.role_arn";

// MSK's for plaintext, TLS and passwords, the latter two also from outside.
constexpr std::array<std::string_view, 5> kPortsWithoutIam = {":9092", ":9094", ":9096", ":9194", ":9196"};

bool is_iam(const Values& values) { return values.text("kafka.security") == "tls_iam"; }
std::string provider_of(const Values& values) { return values.text(kCredentials); }
std::string chosen(std::string_view provider) { return "aws.credentials = \"" + std::string{provider} + "\""; }

std::vector<Misfit> check_region(const Values& values, std::size_t) {
  if (!is_iam(values)) return {};
  const auto region = aws::choose_region(values.has("kafka.region") ? values.text("kafka.region") : std::string{},
                                         values.text_list("kafka.brokers"));
  if (region) return {};
  return {{"kafka.region", "expected an AWS region such as \"eu-central-1\": " + region.error().what}};
}

/// What a provider cannot do without, and what it is.
struct Need {
  const char* provider;
  const char* key;
  const char* expected;
};
constexpr std::array<Need, 5> kNeeds = {{{"iot", "aws.iot_endpoint", "the host of IoT Core's credential provider"},
                                         {"iot", "aws.iot_role_alias", "a role alias"},
                                         {"iot", kCertFile, "the device's certificate, a PEM file"},
                                         {"iot", kKey, "its key, a PEM file or a URI of a key in hardware"},
                                         {"process", "aws.process_command", "a program with its words"}}};

std::vector<Misfit> check_needs(const Values& values, std::size_t) {
  std::vector<Misfit> misfits;
  if (!is_iam(values)) return misfits;
  for (const Need& need : kNeeds) {
    if (provider_of(values) != need.provider || values.has(need.key)) continue;
    misfits.push_back({need.key, "expected " + std::string{need.expected} + ", which " + chosen(need.provider) +
                                     " needs; nothing is set"});
  }
  return misfits;
}

/// A key that only some providers look at; the first one is named as whose it is.
struct Belonging {
  const char* key = nullptr;
  std::array<std::string_view, 3> providers{};
};
constexpr std::array<Belonging, 9> kBelongings = {{{"aws.iot_endpoint", {"iot"}},
                                                   {"aws.iot_role_alias", {"iot"}},
                                                   {"aws.iot_thing_name", {"iot"}},
                                                   {kCertFile, {"iot"}},
                                                   {kKey, {"iot"}},
                                                   {"aws.profile", {"profile", "default"}},
                                                   {"aws.process_command", {"process"}},
                                                   {"aws.web_identity_token_file", {"web-identity", "default"}},
                                                   {"aws.web_identity_role_arn", {"web-identity", "default"}}}};

bool is_among(const std::array<std::string_view, 3>& providers, std::string_view one) {
  return std::find(providers.begin(), providers.end(), one) != providers.end();
}

/// Another provider's keys mean that one of the two is not what was meant: as whom a vehicle sends is not for guessing.
std::vector<Misfit> check_belongings(const Values& values, std::size_t) {
  std::vector<Misfit> misfits;
  if (!is_iam(values)) return misfits;
  const std::string provider = provider_of(values);
  for (const Belonging& one : kBelongings) {
    if (!values.has(one.key) || is_among(one.providers, provider)) continue;
    misfits.push_back({one.key, "expected with " + chosen(one.providers.front()) + " only, but " + chosen(provider)});
  }
  if (provider == "imds" && !values.boolean("aws.allow_imds") &&
      values.origin("aws.allow_imds").from != config::Origin::From::kDefault) {
    misfits.push_back({"aws.allow_imds", "expected true or nothing, as " + chosen(provider) + " asks it"});
  }
  if (values.boolean("aws.allow_imds") && provider != "profile" && provider != "default" && provider != "imds") {
    misfits.push_back({"aws.allow_imds", "expected with " + chosen("default") + " only, but " + chosen(provider)});
  }
  return misfits;
}

std::vector<Misfit> check_role(const Values& values, std::size_t) {
  std::vector<Misfit> misfits;
  if (!is_iam(values) || values.has(kRoleArn)) return misfits;
  const std::string provider = provider_of(values);
  const bool asks_sts = provider == "web-identity" || provider == "profile" || provider == "default";
  if (values.has("aws.role_external_id")) {
    misfits.push_back({"aws.role_external_id", "expected beside aws.role_arn, the role that asks for it"});
  }
  for (const char* key : {"aws.role_session_name", "aws.sts_region", "aws.sts_endpoint"}) {
    if (!values.has(key) || asks_sts) continue;
    misfits.push_back({key, "expected beside aws.role_arn: without a role nobody asks STS with " + chosen(provider)});
  }
  return misfits;
}

/// What the provider has against values that are all there; it does not name keys.
std::vector<Misfit> check_values(const Values& values, std::size_t item) {
  if (!is_iam(values) || !check_needs(values, item).empty()) return {};
  const auto made = credential_provider(values, {});
  if (made) return {};
  const std::string& what = made.error().what;
  constexpr std::array<std::pair<std::string_view, const char*>, 5> kWords = {{{"process: ", "aws.process_command"},
                                                                               {"endpoint", "aws.iot_endpoint"},
                                                                               {"role alias", "aws.iot_role_alias"},
                                                                               {"thing", "aws.iot_thing_name"},
                                                                               {"key", kKey}}};
  for (const auto& [word, key] : kWords) {
    if (what.find(word) != std::string::npos) return {{key, what}};
  }
  return {{kCredentials, what}};
}

}  // namespace

std::vector<config::Relation> msk_relations() {
  const std::vector<std::string> choice = {kCredentials, "kafka.security"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), choice.begin(), choice.end());
    return more;
  };
  std::vector<std::string> belongings = with({"aws.allow_imds"});
  for (const Belonging& one : kBelongings) belongings.emplace_back(one.key);
  // Whatever a provider is made of: one that is not sound has no value, so none may be left out.
  std::vector<std::string> all = {"kafka.security"};
  for (const config::OptionSpec& option : msk_options()) all.push_back(option.key);
  return {
      {.keys = {"kafka.region", "kafka.brokers", "kafka.security"}, .check = check_region},
      {.keys = belongings, .check = check_needs},
      {.keys = belongings, .check = check_belongings},
      {.keys = with({kRoleArn, "aws.role_external_id", "aws.role_session_name", "aws.sts_region", "aws.sts_endpoint"}),
       .check = check_role},
      {.keys = all, .check = check_values},
  };
}

std::vector<std::string> sts_region_doubts(const Values& values,
                                           std::optional<std::string> (*environment)(const std::string& name)) {
  // Of a profile the shared files may tell the region, which are not read here.
  const std::string provider = provider_of(values);
  const bool may_have_profile = provider == "profile" || provider == "default";
  if (!is_iam(values) || !values.has(kRoleArn) || values.has("aws.sts_region") || may_have_profile) return {};
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (!environment(name).value_or("").empty()) return {};
  }
  return {"aws.role_arn: STS is asked in a region, and neither aws.sts_region nor AWS_REGION tells one"};
}

std::vector<std::string> port_doubts(const Values& values) {
  std::vector<std::string> doubts;
  if (!is_iam(values)) return doubts;
  for (const std::string& broker : values.text_list("kafka.brokers")) {
    const bool for_others = std::any_of(kPortsWithoutIam.begin(), kPortsWithoutIam.end(),
                                        [&](std::string_view port) { return broker.ends_with(port); });
    if (!for_others || !aws::region_of_broker(broker)) continue;
    doubts.push_back("kafka.brokers: " + broker +
                     " takes no IAM tokens if it has MSK's ports: those for IAM are 9098 and, "
                     "from outside, 9198");
  }
  return doubts;
}

std::vector<std::string> authority_doubts(const Values& values) {
  if (!is_iam(values) || !values.has("aws.ca_file")) return {};
  const std::string file = values.path("aws.ca_file");
  std::string why = why_unreadable(file);
  if (why.empty()) {
    if (const auto sound = aws::check_pem_authorities(file); !sound) why = sound.error().what;
  }
  return why.empty() ? std::vector<std::string>{} : std::vector<std::string>{"aws.ca_file: " + why};
}

std::vector<std::string> device_file_doubts(const Values& values) {
  if (!is_iam(values) || provider_of(values) != "iot" || !values.has(kCertFile) || !values.has(kKey)) return {};
  std::vector<std::string> doubts;
  const std::string certificate = values.path(kCertFile);
  // Of a key in hardware nothing can be said here.
  const std::optional<std::string> key = aws::key_file_of(values.text(kKey));
  const auto doubt = [&](const char* of, const std::string& why) {
    if (!why.empty()) doubts.push_back(std::string{of} + ": " + why);
  };
  doubt(kCertFile, why_unreadable(certificate));
  if (key) doubt(kKey, why_unreadable(*key));
  if (!key || !doubts.empty()) return doubts;
  if (const auto guarded = aws::check_key_file(*key); !guarded) doubt(kKey, guarded.error().what);
  const auto pair = aws::check_pem_pair(certificate, *key);
  if (!pair) doubt(pair.error().what.starts_with(certificate) ? kCertFile : kKey, pair.error().what);
  return doubts;
}

}  // namespace odograph::keys
