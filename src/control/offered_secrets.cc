#include "control/offered_secrets.h"

#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace livefix::control {
namespace {

constexpr std::size_t kLongest = 4096;

// What follows "NAME " in any case.
std::optional<std::string_view> after_scheme(std::string_view text, std::string_view name) {
  if (text.size() <= name.size() || text[name.size()] != ' ') return std::nullopt;
  if (!std::ranges::equal(text.substr(0, name.size()), name, {}, lower)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of(' ', name.size()), text.size()));
  return text;
}

// Of RFC 4648 section 4, with its padding.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  // EVP_DecodeBlock takes padding and blanks in places where they are not allowed.
  if (text.find_first_of("= \t\r\n") < text.size() - padding) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

std::vector<std::string> offered_secrets(std::string_view authorization) {
  if (authorization.size() > kLongest) return {};
  if (const auto token = after_scheme(authorization, "bearer")) {
    return token->empty() ? std::vector<std::string>{} : std::vector{std::string(*token)};
  }
  const auto encoded = after_scheme(authorization, "basic");
  const auto pair = encoded ? decode_base64(*encoded) : std::nullopt;
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return {};
  std::vector<std::string> secrets;
  if (colon + 1 < pair->size()) secrets.push_back(pair->substr(colon + 1));
  if (colon > 0) secrets.push_back(pair->substr(0, colon));
  return secrets;
}

}  // namespace livefix::control
