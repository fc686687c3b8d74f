#include "model/preview_pass.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "model/sha256.h"

namespace livefix {
namespace {

constexpr std::string_view kCandidate = "candidate";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kLongestPass = 128;

// Names of services have no line ends, so that no two of these texts are the same.
std::string signature_of(std::string_view key, std::string_view service, std::string_view claim) {
  return hmac_sha256(key, fmt::format("livefix preview\n{}\n{}", service, claim));
}

}  // namespace

Result<std::string> make_preview_key() {
  std::array<std::uint8_t, kSecretBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail("OpenSSL has no random numbers; try again");
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

bool is_preview_key(std::string_view text) {
  return text.size() == 2 * kSecretBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string sign_preview(std::string_view key, std::string_view service, const PreviewPass& pass) {
  const std::string claim = fmt::format("{}.{}", pass.release.empty() ? kCandidate : pass.release,
                                        pass.until.time_since_epoch().count());
  return claim + '.' + signature_of(key, service, claim);
}

std::optional<PreviewPass> read_preview(std::string_view key, std::string_view service,
                                        std::string_view text,
                                        std::chrono::system_clock::time_point now) {
  if (key.empty() || text.size() > kLongestPass) return std::nullopt;
  const auto second = text.rfind('.');
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view claim = text.substr(0, second);
  const std::string_view signature = text.substr(second + 1);
  const std::string right = signature_of(key, service, claim);
  // What of it is right, nobody shall learn by the time that it takes.
  if (signature.size() != right.size() ||
      CRYPTO_memcmp(signature.data(), right.data(), right.size()) != 0) {
    return std::nullopt;
  }
  const auto first = claim.rfind('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view seconds = claim.substr(first + 1);
  std::int64_t until = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), until);
  if (error != std::errc{} || end != seconds.data() + seconds.size()) return std::nullopt;
  PreviewPass pass{std::string(claim.substr(0, first)),
                   std::chrono::sys_seconds{std::chrono::seconds{until}}};
  if (pass.release == kCandidate) pass.release.clear();
  if (std::chrono::floor<std::chrono::seconds>(now) >= pass.until) return std::nullopt;
  return pass;
}

}  // namespace livefix
