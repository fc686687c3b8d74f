#include "control/session_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "model/sha256.h"
#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::control {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kDigestBytes = 16;  // of a token's digest
constexpr std::size_t kLongestCookie = 256;
// What is signed says what it is, so that this key may sign other things one day.
constexpr std::string_view kPurpose = "livefix session 1\n";

std::string digest_start(const Token& token) {
  return fmt::format("{:02x}", fmt::join(std::span(token.digest).first(kDigestBytes), ""));
}

Result<std::array<std::uint8_t, kKeyBytes>> read_key(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 &&
      ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0 || (info.st_uid != geteuid() && geteuid() != 0))) {
    return fail("{}: others may read it; remove it, and everybody logs in anew", path);
  }
  const auto text = os::read_small_file(path, 2 * kKeyBytes);
  if (!text) {
    return std::unexpected(
        Error{fmt::format("{}: {}", path, text.error().message), text.error().os_error});
  }
  std::array<std::uint8_t, kKeyBytes> bytes{};
  if (text->size() != bytes.size()) {
    return fail("{} is no key of livefix; remove it, and everybody logs in anew", path);
  }
  std::ranges::transform(*text, bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return bytes;
}

}  // namespace

bool Session::is_of(const Token& known) const {
  return known.name == token && digest_start(known) == digest;
}

Result<SessionKey> SessionKey::load(const std::string& path) {
  const auto kept = read_key(path);
  if (kept) return SessionKey(*kept);
  if (kept.error().os_error != ENOENT) return std::unexpected(kept.error());
  std::array<std::uint8_t, kKeyBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return fail("OpenSSL has no random numbers; start livefix again");
  }
  std::string text(bytes.size(), '\0');
  std::ranges::transform(bytes, text.begin(), [](std::uint8_t c) { return static_cast<char>(c); });
  const auto written = os::replace_file(path, text, 0600);
  if (!written) return fail("{}: {}", path, written.error().message);
  return SessionKey(bytes);
}

std::string SessionKey::signature_of(std::string_view claim) const {
  return hmac_sha256({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()},
                     fmt::format("{}{}", kPurpose, claim));
}

std::string SessionKey::issue(const Token& token, std::chrono::sys_seconds now) const {
  const std::string claim = fmt::format("{}.{}.{}", token.name, digest_start(token),
                                        (now + kLifetime).time_since_epoch().count());
  return fmt::format("{}.{}", claim, signature_of(claim));
}

std::optional<Session> SessionKey::read(std::string_view text, std::chrono::sys_seconds now) const {
  const auto dot = text.rfind('.');
  if (text.size() > kLongestCookie || dot == std::string_view::npos) return std::nullopt;
  const std::string_view claim = text.substr(0, dot);
  const std::string_view offered = text.substr(dot + 1);
  const std::string right = signature_of(claim);
  if (offered.size() != right.size() ||
      CRYPTO_memcmp(offered.data(), right.data(), right.size()) != 0) {
    return std::nullopt;
  }
  // From here on it is what issue() has made.
  const auto first = claim.find('.');
  const auto second = claim.find('.', first + 1);
  std::int64_t ends = 0;
  const std::string_view number = claim.substr(std::min(second + 1, claim.size()));
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), ends);
  if (second == std::string_view::npos || parsed.ec != std::errc{}) return std::nullopt;
  Session session{std::string(claim.substr(0, first)),
                  std::string(claim.substr(first + 1, second - first - 1)),
                  std::chrono::sys_seconds(std::chrono::seconds(ends))};
  if (session.ends <= now) return std::nullopt;
  return session;
}

}  // namespace livefix::control
