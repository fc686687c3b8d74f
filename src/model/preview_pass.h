// Who may see a release before others do: whoever has a pass, which control signs with a key that
// only livefix has, and which the proxy then believes. Values; OpenSSL is behind it, in one
// translation unit. docs/preview.md tells users of it.
//
// As text it is "candidate.1764183600.HMAC": what is shown, until when, and the HMAC-SHA256 of
// both and of the service's name, in hexadecimal digits.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix {

struct PreviewPass {
  std::string release;               // "7f3c2d1"; empty: whichever is the candidate
  std::chrono::sys_seconds until{};  // good before that

  friend bool operator==(const PreviewPass&, const PreviewPass&) = default;
};

// A new key: 64 hexadecimal digits. It is never shown to anybody.
Result<std::string> make_preview_key();
bool is_preview_key(std::string_view text);

std::string sign_preview(std::string_view key, std::string_view service, const PreviewPass& pass);

// nullopt: it is none, of another service or key, or over. Without a key no pass is good.
std::optional<PreviewPass> read_preview(std::string_view key, std::string_view service,
                                        std::string_view text,
                                        std::chrono::system_clock::time_point now);

}  // namespace livefix
