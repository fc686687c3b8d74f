// The key that signs sessions of the page, in STATE/session-key, and what is in the cookie of one.
// Nothing of a session is kept here: the cookie says whose token it was made with and until when it
// is good, and what that token may is looked up at each request. Owned by PushDoor, used on the
// driver's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/token.h"

namespace livefix::control {

// The file with it, in the state directory.
inline constexpr std::string_view kSessionKeyFile = "session-key";

// What a cookie proves.
struct Session {
  std::string token;   // its name
  std::string digest;  // the first digits of its digest: another token may get the name later
  std::chrono::sys_seconds ends;

  bool is_of(const Token& known) const;
};

class SessionKey {
 public:
  static constexpr std::chrono::hours kLifetime{12};

  // The one that is kept at `path`, or a new one, which is there on return, for its owner alone.
  // The error names the file.
  static Result<SessionKey> load(const std::string& path);
  // Of `bytes`; for tests.
  explicit SessionKey(const std::array<std::uint8_t, 32>& bytes) : bytes_(bytes) {}

  // The text of a cookie: a-z, 0-9, "-" and ".".
  std::string issue(const Token& token, std::chrono::sys_seconds now) const;
  // nullopt: this key has not made it, or its time is over.
  std::optional<Session> read(std::string_view text, std::chrono::sys_seconds now) const;

 private:
  std::string signature_of(std::string_view claim) const;

  std::array<std::uint8_t, 32> bytes_;
};

}  // namespace livefix::control
