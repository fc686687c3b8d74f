#include "control/token_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "os/small_file.h"

namespace livefix::control {
namespace {

bool is_same(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

TokenFile::Stamp TokenFile::Stamp::of(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) < 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim, info.st_ctim, info.st_mode, info.st_uid};
}

bool TokenFile::Stamp::operator==(const Stamp& other) const {
  return file == other.file && size == other.size && is_same(modified, other.modified) &&
         is_same(changed, other.changed);
}

Result<TokenRegister> TokenFile::read(const Stamp& stamp) const {
  if (stamp.file == 0) return TokenRegister{};
  const bool is_ours = stamp.owner == 0 || stamp.owner == geteuid();
  if (!is_ours || (stamp.mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail("others may write into it; it has to be yours, with mode 0600");
  }
  const auto text = os::read_small_file(path_, kMaxTokenFile);
  if (!text) return std::unexpected(text.error());
  return parse_token_register(*text);
}

const TokenRegister* TokenFile::look() {
  // Before it is read: a change in between is seen the next time.
  const Stamp now = Stamp::of(path_);
  if (now != seen_) {
    seen_ = now;
    ++version_;
    auto read_now = read(now);
    if (!read_now && complain_) {
      complain_(
          fmt::format("{}: {}; nobody can push over HTTP, and no change of tokens is "
                      "recorded, until that is mended",
                      path_, read_now.error().message));
    }
    read_.reset();
    if (read_now) read_ = std::move(*read_now);
  }
  return read_ ? &*read_ : nullptr;
}

std::optional<Token> TokenFile::find(std::string_view secret) {
  const TokenRegister* all = look();
  const Token* token = all ? find_token(all->tokens, secret) : nullptr;
  return token ? std::optional(*token) : std::nullopt;
}

std::optional<Token> TokenFile::named(std::string_view name) {
  const TokenRegister* all = look();
  if (!all) return std::nullopt;
  const auto found = std::ranges::find(all->tokens, name, &Token::name);
  return found == all->tokens.end() ? std::nullopt : std::optional(*found);
}

}  // namespace livefix::control
