// SHA-256 of bytes that come in portions, and HMAC of a text with it (RFC 2104). OpenSSL is behind
// it, in one translation unit. Belongs to one thread at a time.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace livefix {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void add(std::span<const char> bytes);
  // Of all that was added, 64 hexadecimal digits; the last call.
  std::string hex();

  static std::string of(std::string_view bytes);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// 64 hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace livefix
