#include "lib/aws/sts_xml.h"

#include <expat.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace odograph::aws {
namespace {

/// The parser keeps pieces of the text in buffers of its own; they die wiped, too.
void wiping_free(void* at) {
  if (at != nullptr) wipe_bytes(at, ::malloc_usable_size(at));
  std::free(at);
}

void* wiping_realloc(void* at, std::size_t size) {
  void* fresh = std::malloc(size);
  if (fresh == nullptr || at == nullptr) return fresh;
  std::memcpy(fresh, at, std::min(size, ::malloc_usable_size(at)));
  wiping_free(at);
  return fresh;
}

struct Element {
  std::string path;
  SecretString text;
  bool has_children = false;
};

struct Reader {
  XML_Parser parser = nullptr;
  std::vector<Element> open;
  XmlTexts texts;
  const char* refusal = nullptr;

  void refuse(const char* why) {
    if (refusal == nullptr) refusal = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

void on_start(void* context, const char* name, const char** /*attributes*/) {
  auto& reader = *static_cast<Reader*>(context);
  if (reader.open.size() >= kXmlDepthMax) return reader.refuse("elements too deep");
  std::string path;
  if (!reader.open.empty()) {
    reader.open.back().has_children = true;
    path = reader.open.back().path + "/";
  }
  reader.open.push_back({path + name, {}, false});
}

void on_text(void* context, const char* text, int size) {
  auto& reader = *static_cast<Reader*>(context);
  if (!reader.open.empty()) reader.open.back().text.append(text, static_cast<std::size_t>(size));
}

void on_end(void* context, const char* /*name*/) {
  auto& reader = *static_cast<Reader*>(context);
  if (reader.open.empty()) return;
  Element element = std::move(reader.open.back());
  reader.open.pop_back();
  if (element.has_children) return;
  if (!reader.texts.emplace(std::move(element.path), std::move(element.text)).second) {
    reader.refuse("the same element twice");
  }
}

}  // namespace

base::Result<XmlTexts> read_xml(std::string_view body) {
  const XML_Memory_Handling_Suite memory = {std::malloc, wiping_realloc, wiping_free};
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate_MM("UTF-8", &memory, nullptr), &XML_ParserFree);
  if (!parser) return base::retry_error("expat made no parser");
  Reader reader;
  reader.parser = parser.get();
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  // The shape of the callback is expat's.
  XML_SetStartDoctypeDeclHandler(
      parser.get(), [](void* context, auto...) { static_cast<Reader*>(context)->refuse("a document type"); });
  const XML_Status status = XML_Parse(parser.get(), body.data(), static_cast<int>(body.size()), XML_TRUE);
  if (reader.refusal != nullptr) return base::retry_error(std::string("XML with ") + reader.refusal);
  if (status != XML_STATUS_OK) {
    return base::retry_error(std::string("no sound XML: ") + XML_ErrorString(XML_GetErrorCode(parser.get())));
  }
  return std::move(reader.texts);
}

}  // namespace odograph::aws
