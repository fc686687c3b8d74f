// STATE/tokens, as `livefix token` has left it: tokens, and what was done to them. Looked at when
// it is asked, read when it is another file than before. Owned by RunWorld, on control's thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/token_change.h"

namespace livefix::control {

class TokenFile {
 public:
  // `complain` gets a sentence when the file cannot be used, once for each state of it; may be
  // empty.
  TokenFile(std::string path, std::function<void(std::string)> complain)
      : path_(std::move(path)), complain_(std::move(complain)) {}

  // nullopt: no token has this secret, or the file cannot be used.
  std::optional<Token> find(std::string_view secret);
  // The one of that name.
  std::optional<Token> named(std::string_view name);
  // What is in it now; nullptr: the file cannot be used. One that is not there is empty.
  const TokenRegister* look();
  // Another one each time that look() or find() has read it.
  std::uint64_t version() const { return version_; }

 private:
  // What tells one state of the file from another.
  struct Stamp {
    ino_t file = 0;  // 0: it is not there
    off_t size = 0;
    timespec modified{};
    timespec changed{};
    mode_t mode = 0;
    uid_t owner = 0;

    static Stamp of(const std::string& path);
    bool operator==(const Stamp& other) const;
  };
  Result<TokenRegister> read(const Stamp& stamp) const;

  const std::string path_;
  const std::function<void(std::string)> complain_;
  std::optional<Stamp> seen_;
  std::optional<TokenRegister> read_;
  std::uint64_t version_ = 0;
};

}  // namespace livefix::control
