#include "control/patch_json.h"

#include <openssl/evp.h>

#include "control/phrases.h"

namespace livefix::control {
namespace {

// RFC 4648 section 4.
std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

boost::json::object patch_json(const releases::DiffText& diff) {
  const bool is_text = valid_utf8(diff.text) == diff.text;
  return {{is_text ? "text" : "base64", is_text ? diff.text : base64(diff.text)},
          {"cut", diff.cut}};
}

}  // namespace livefix::control
