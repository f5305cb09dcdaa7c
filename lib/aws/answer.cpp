#include "lib/aws/answer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "lib/aws/secret.h"
#include "lib/aws/sts_xml.h"

namespace odograph::aws {
namespace {

/// JSON whose texts and nodes are wiped when they are freed.
using SecretJson = nlohmann::basic_json<std::map, std::vector, SecretString, bool, std::int64_t, std::uint64_t, double,
                                        WipingAllocator>;

constexpr std::size_t kHarmlessBytesMax = 200;
constexpr std::size_t kWordBytesMax = 31;

/// What a body that is no JSON or XML most likely is.
std::string first_look(std::string_view body) {
  const std::size_t at = body.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) return "an empty body";
  return body[at] == '<' ? "a page (a captive portal or proxy on the way?)" : "other text";
}

/// The JSON object in `body`, or what is there instead.
base::Result<SecretJson> read_object(std::string_view body) {
  auto json = SecretJson::parse(body.begin(), body.end(), nullptr, false);
  if (json.is_discarded()) return base::retry_error("expected JSON, got " + first_look(body));
  if (!json.is_object()) return base::retry_error("expected a JSON object, got another value");
  return json;
}

base::Result<SecretString> text_field(const SecretJson& object, std::string_view name) {
  const auto found = object.find(SecretString(name));
  if (found == object.end()) return base::retry_error("no field '" + std::string(name) + "' in the answer");
  if (!found->is_string()) return base::retry_error("field '" + std::string(name) + "' is not a text");
  return found->get<SecretString>();
}

std::optional<base::Error> fill_text(std::string& into, const SecretJson& object, std::string_view name) {
  const auto text = text_field(object, name);
  if (!text) return text.error();
  into.assign(text->data(), text->size());
  return std::nullopt;
}

std::optional<base::Error> fill_expiration(Credentials& made, std::string_view text) {
  made.expires = base::from_rfc3339(text);
  if (made.expires) return std::nullopt;
  return base::retry_error("the expiration is not a time like 2026-11-23T10:00:00Z");
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char one) { return one > 0x20 && one < 0x7F; });
}

/// What is wrong with the three values, as a part of a sentence; nothing if they may be used.
std::optional<std::string> flaw_of(const Credentials& keys) {
  const bool id_is_sound =
      !keys.access_key_id.empty() && keys.access_key_id.size() <= 128 &&
      std::all_of(keys.access_key_id.begin(), keys.access_key_id.end(), [](char one) {
        return (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '_';
      });
  // The id is printed, so nothing but what AWS makes ids of may be one.
  if (!id_is_sound) return "the access key id is not 1 to 128 letters and digits";
  if (keys.secret_access_key.empty()) return "the secret access key is empty";
  if (keys.secret_access_key.size() > kFieldBytesMax || !is_plain(keys.secret_access_key)) {
    return "the secret access key has a blank or other character that none has";
  }
  if (keys.session_token.size() > kFieldBytesMax) return "the session token is too long";
  if (!is_plain(keys.session_token)) return "the session token has a blank or other character that none has";
  return std::nullopt;
}

base::Result<Credentials> judged(const Credentials& made) {
  const auto flaw = flaw_of(made);
  if (flaw) return base::retry_error(*flaw);
  return made;
}

/// The server's own code and message for a refusal: STS's XML, or the JSON of the others.
struct Words {
  std::string code;
  std::string message;
};

Words words_of(std::string_view body) {
  Words words;
  if (const auto texts = read_xml(body)) {
    for (const char* root : {"ErrorResponse/Error/", "Response/Errors/Error/"}) {
      const auto code = texts->find(std::string(root) + "Code");
      const auto message = texts->find(std::string(root) + "Message");
      if (code != texts->end()) words.code = harmless(code->second);
      if (message != texts->end()) words.message = harmless(message->second);
    }
    return words;
  }
  const auto object = read_object(body);
  if (!object) return words;
  for (const char* name : {"code", "Code"}) {
    if (const auto text = text_field(*object, name)) words.code = harmless(*text);
  }
  for (const char* name : {"message", "Message"}) {
    if (const auto text = text_field(*object, name)) words.message = harmless(*text);
  }
  return words;
}

/// 4xx by status, but time or the next try can help.
bool passes_by_itself(int status, std::string_view code) {
  constexpr std::array<std::string_view, 9> kPassing = {"ExpiredToken",          "Throttling",
                                                        "ThrottlingException",   "RequestLimitExceeded",
                                                        "IDPCommunicationError", "ExpiredTokenException",
                                                        "InvalidIdentityToken",  "RequestExpired",
                                                        "SignatureDoesNotMatch"};
  if (status == 408 || status == 425 || status == 429 || status >= 500) return true;
  return std::find(kPassing.begin(), kPassing.end(), code) != kPassing.end();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char one) { return one < 0x20 || one >= 0x7F; }, '?');
  return out;
}

std::string harmless(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && out.size() < kHarmlessBytesMax) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!out.empty()) out += ' ';
    if (word.size() > kWordBytesMax && word.substr(0, 4) != "arn:") {
      out += "[...]";
    } else {
      out += printable(word);
    }
    at = end + 1;
  }
  if (out.size() > kHarmlessBytesMax) out.resize(kHarmlessBytesMax);
  return out;
}

base::Result<Credentials> parse_json_answer(std::string_view body, const JsonNames& names) {
  const auto object = read_object(body);
  if (!object) return object.error();
  const SecretJson* fields = &*object;
  if (!names.object.empty()) {
    const auto inner = object->find(SecretString(names.object));
    if (inner == object->end() || !inner->is_object()) {
      return base::retry_error("no object '" + std::string(names.object) + "' in the answer");
    }
    fields = &*inner;
  }
  Credentials made;
  if (auto error = fill_text(made.access_key_id, *fields, names.id)) return *error;
  if (auto error = fill_text(made.secret_access_key, *fields, names.secret)) return *error;
  if (auto error = fill_text(made.session_token, *fields, names.token)) return *error;
  if (made.session_token.empty()) return base::retry_error("field '" + std::string(names.token) + "' is empty");
  const auto expiration = text_field(*fields, names.expiration);
  if (!expiration) return expiration.error();
  if (auto error = fill_expiration(made, *expiration)) return *error;
  return judged(made);
}

base::Result<Credentials> parse_process_answer(std::string_view body) {
  const auto object = read_object(body);
  if (!object) return object.error();
  const auto version = object->find("Version");
  if (version == object->end() || !version->is_number_integer()) return base::retry_error("no number 'Version'");
  if (version->get<std::int64_t>() != 1) {
    return base::stop_error("'Version' is " + std::to_string(version->get<std::int64_t>()) + ", only 1 is known");
  }
  Credentials made;
  if (auto error = fill_text(made.access_key_id, *object, kProcessNames.id)) return *error;
  if (auto error = fill_text(made.secret_access_key, *object, kProcessNames.secret)) return *error;
  if (object->contains(SecretString(kProcessNames.token))) {
    if (auto error = fill_text(made.session_token, *object, kProcessNames.token)) return *error;
  }
  if (object->contains(SecretString(kProcessNames.expiration))) {
    const auto expiration = text_field(*object, kProcessNames.expiration);
    if (!expiration) return expiration.error();
    if (auto error = fill_expiration(made, *expiration)) return *error;
  }
  return judged(made);
}

base::Result<Credentials> parse_sts_answer(std::string_view body, std::string_view action) {
  const auto texts = read_xml(body);
  if (!texts) return texts.error();
  std::string root(action);
  root.append("Response/").append(action).append("Result/Credentials/");
  Credentials made;
  SecretString expiration;
  const std::array<std::pair<const char*, std::string*>, 3> fields = {{{"AccessKeyId", &made.access_key_id},
                                                                       {"SecretAccessKey", &made.secret_access_key},
                                                                       {"SessionToken", &made.session_token}}};
  for (const auto& [name, into] : fields) {
    const auto found = texts->find(root + name);
    if (found == texts->end() || found->second.empty()) return base::retry_error("no element " + root + name);
    into->assign(found->second.data(), found->second.size());
  }
  const auto found = texts->find(root + "Expiration");
  if (found == texts->end()) return base::retry_error("no element " + root + "Expiration");
  if (auto error = fill_expiration(made, found->second)) return *error;
  return judged(made);
}

base::Status check_keys(const Credentials& keys) {
  const auto flaw = flaw_of(keys);
  if (flaw) return base::stop_error(*flaw);
  return {};
}

base::Error named(const base::Error& error, const AnswerOrigin& origin) {
  const std::string place = origin.endpoint.empty() ? std::string{} : origin.endpoint + ": ";
  return {error.action, printable(origin.provider + ": " + place + error.what)};
}

base::Result<Credentials> accept_answer(base::Result<Credentials> parsed, const HttpAnswer& answer,
                                        const AnswerOrigin& origin) {
  if (!parsed) return named(parsed.error(), origin);
  parsed->source = origin.provider;
  parsed->answered = answer.time;
  parsed->doubt = answer.doubt;
  if (answer.time && parsed->expires && *parsed->expires <= answer.time->date) {
    return named(base::retry_error("gave credentials that expired at " + base::to_rfc3339(*parsed->expires) +
                                   "; by its own clock it is " + base::to_rfc3339(answer.time->date)),
                 origin);
  }
  return parsed;
}

base::Error refusal(const HttpAnswer& answer, const AnswerOrigin& origin) {
  const Words words = words_of(answer.body);
  std::string what = "answered " + std::to_string(answer.status);
  if (!words.code.empty()) what += " " + words.code;
  if (!words.message.empty()) what += " (" + words.message + ")";
  if (answer.status >= 300 && answer.status < 400) what += " (a redirect: a captive portal or proxy on the way?)";
  what += ", expected 200 with credentials";
  // A redirect and a 2xx that is not 200 are not AWS's: somebody stands between, for a while.
  if (answer.status < 400 || passes_by_itself(answer.status, words.code)) {
    return named(base::retry_error(what), origin);
  }
  return named(base::stop_error(what), origin);
}

}  // namespace odograph::aws
