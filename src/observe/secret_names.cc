#include "observe/secret_names.h"

#include <algorithm>
#include <array>

namespace livefix::observe {
namespace {

// Anywhere in a name. What is too much is hidden needlessly; what is missing is shown.
constexpr std::array<std::string_view, 21> kParts = {
    "password",   "passwd",        "passphrase",
    "passcode",   "secret",        "token",
    "apikey",     "accesskey",     "privatekey",
    "signingkey", "authorization", "credential",
    "cookie",     "session",       "csrf",
    "xsrf",       "jwt",           "creditcard",
    "cardnumber", "signature",     "connectionstring"};
// Whole names; within others they mean something else.
constexpr std::array<std::string_view, 14> kWhole = {"pass", "pwd",  "auth",   "xauth",    "pin",
                                                     "otp",  "totp", "cvv",    "cvc",      "ssn",
                                                     "sid",  "sig",  "bearer", "phpsessid"};
constexpr std::size_t kLongest = 256;

// Without what people write differently.
std::string compact(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, kLongest)) {
    if (c >= 'A' && c <= 'Z') {
      plain += static_cast<char>(c - 'A' + 'a');
    } else if (c != '-' && c != '_' && c != '.' && c != ' ') {
      plain += c;
    }
  }
  return plain;
}

}  // namespace

SecretNames::SecretNames(const std::vector<std::string>& more) {
  for (const std::string& name : more) more_.push_back(compact(name));
}

bool SecretNames::has(std::string_view name) const {
  const std::string plain = compact(name);
  const auto contains = [&plain](std::string_view part) {
    return plain.find(part) != std::string::npos;
  };
  return std::ranges::any_of(kParts, contains) ||
         std::ranges::find(kWhole, plain) != kWhole.end() ||
         std::ranges::find(more_, plain) != more_.end();
}

}  // namespace livefix::observe
