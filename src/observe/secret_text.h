// Finds secrets in texts and hides them: in JSON, whole or cut, in queries and forms, and in
// whatever else says "password: hunter2". Values that were found are remembered, so that they can
// be hidden also where nothing says what they are, in an error page that prints its request, say.
//
// It errs on the side of hiding. What it cannot know is a secret under a name that says nothing;
// the configuration names these. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "observe/secret_names.h"

namespace livefix::observe {

inline constexpr std::string_view kRedacted = "[redacted]";

class SecretText {
 public:
  explicit SecretText(const SecretNames& names) : names_(names) {}

  // Each returns the text with its secrets hidden.
  std::string json(std::string_view text);
  // "a=1&b=2", encoded.
  std::string parameters(std::string_view text);
  // A target or URL: its parameters, and the password in front of its host.
  std::string target(std::string_view text);
  // Of multipart/form-data.
  std::string multipart(std::string_view text, std::string_view content_type);
  // Any text. Also of use after one of the above, for what was in it as text.
  std::string free(std::string_view text);

  // A value that is secret wherever it stands, if it is long enough not to be there by chance.
  void remember(std::string_view value, std::size_t least = kLeast);
  // Hides what is remembered.
  std::string without_remembered(std::string text) const;
  // Where the text was cut within one of these, its beginning goes, too.
  std::string without_half_remembered(std::string text) const;

 private:
  static constexpr std::size_t kLeast = 6;
  static constexpr std::size_t kMostRemembered = 256;

  void pass_json_value(std::string_view text, std::size_t& at, std::string& out);

  const SecretNames& names_;
  std::set<std::string, std::less<>> remembered_;
};

// Of %XX and, in forms, +.
std::string decode_parameter(std::string_view text);

}  // namespace livefix::observe
