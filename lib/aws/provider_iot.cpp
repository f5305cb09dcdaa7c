#include "lib/aws/answer.h"
#include "lib/aws/optional_provider.h"
#include "lib/aws/url.h"
#include "lib/base/url_password.h"

namespace odograph::aws {
namespace {

std::string iot_url(const std::string& endpoint, const std::string& role_alias) {
  return "https://" + endpoint + "/role-aliases/" + role_alias + "/credentials";
}

/// AWS IoT Core Developer Guide, "Authorizing direct calls to AWS services using AWS IoT Core credential provider".
class IotProvider final : public CredentialProvider {
 public:
  IotProvider(const ProviderOptions& options, const Surroundings& surroundings)
      : options_(options), surroundings_(surroundings) {}

  base::Result<Credentials> fetch() override {
    HttpRequest request;
    request.url = iot_url(options_.iot.endpoint, options_.iot.role_alias);
    if (!options_.iot.thing_name.empty()) {
      request.headers.emplace_back("x-amzn-iot-thingname", SecretString(options_.iot.thing_name));
    }
    request.tls = {options_.ca_file, options_.iot.certificate_file, options_.iot.key};
    request.proxy = options_.proxy;
    request.limits = options_.limits;
    const AnswerOrigin origin = {"iot:" + options_.iot.role_alias, request.url};
    const auto answer = surroundings_.http.send(request);
    if (!answer) return named(answer.error(), origin);
    if (answer->status != 200) return refusal(*answer, origin);
    return accept_answer(parse_json_answer(answer->body, kIotNames), *answer, origin);
  }

 private:
  ProviderOptions options_;
  Surroundings surroundings_;
};

}  // namespace

base::Status check_iot(const IotOptions& options) {
  if (options.endpoint.empty()) return base::stop_error("iot: no endpoint (aws iot describe-endpoint tells it)");
  if (!is_name(options.endpoint, ".-:[]") || !split_url(iot_url(options.endpoint, "alias"))) {
    return base::stop_error("iot: the endpoint '" + printable(base::without_password(options.endpoint)) +
                            "' is not HOST or HOST:PORT");
  }
  if (!is_name(options.role_alias, "_=,@-")) {
    return base::stop_error("iot: the role alias is not 1 to 128 letters, digits and _=,@-");
  }
  if (!options.thing_name.empty() && !is_name(options.thing_name, "_:-")) {
    return base::stop_error("iot: the thing's name is not 1 to 128 letters, digits and _:-");
  }
  if (options.certificate_file.empty()) return base::stop_error("iot: no certificate file");
  if (options.key.empty()) return base::stop_error("iot: no private key (a PEM file, or a pkcs11: or handle: URI)");
  // Engines print the URI when they fail; a file's name may be printed.
  if (options.key.find("pin-value=") != std::string::npos) {
    return base::stop_error("iot: the key's URI has a PIN in it; put that into a file and name it by pin-source=file:");
  }
  return {};
}

std::unique_ptr<CredentialProvider> make_iot_provider(const ProviderOptions& options,
                                                      const Surroundings& surroundings) {
  return std::make_unique<IotProvider>(options, surroundings);
}

}  // namespace odograph::aws
