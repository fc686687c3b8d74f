#include "model/artifact.h"

#include <algorithm>
#include <cctype>

#include "model/sha256.h"

namespace livefix {
namespace {

constexpr std::size_t kLongestPath = 1'000;
constexpr std::size_t kDigestDigits = 8;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_git(std::string_view name) {
  return std::ranges::equal(name, std::string_view(".git"), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  });
}

}  // namespace

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status check_artifact_path(std::string_view path) {
  const auto refuse = [path] {
    return fail("\"{}\" is no place for an artifact; write a path in the release, as bin/shop",
                path);
  };
  if (path.empty() || path.size() > kLongestPath) {
    return fail("an artifact has a path of 1 to {} bytes in the release", kLongestPath);
  }
  if (std::ranges::any_of(path, is_control)) {
    return fail("the path of an artifact has a control character; rename the file");
  }
  for (auto left = path;;) {
    const auto end = std::min(left.find('/'), left.size());
    const auto name = left.substr(0, end);
    if (name.empty() || name == "." || name == ".." || is_git(name)) return refuse();
    if (end == left.size()) return {};
    left.remove_prefix(end + 1);
  }
}

Result<Artifact> parse_artifact(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_sha256(text.substr(colon + 1))) {
    return fail("\"{}\" is no artifact; it is PATH:SHA256, with 64 digits of 0-9 and a-f", text);
  }
  const auto path = text.substr(0, colon);
  if (const auto fits = check_artifact_path(path); !fits) return std::unexpected(fits.error());
  return Artifact{std::string(path), std::string(text.substr(colon + 1))};
}

Result<Artifacts> collect_artifacts(std::vector<Artifact> artifacts) {
  if (artifacts.size() > Artifact::kMost) {
    return fail("a release has at most {} artifacts, and these are {}; pack some into one file",
                Artifact::kMost, artifacts.size());
  }
  std::ranges::sort(artifacts);
  const auto twice = std::ranges::adjacent_find(artifacts, {}, &Artifact::path);
  if (twice != artifacts.end()) return fail("two artifacts have the path {}", twice->path);
  return artifacts;
}

std::string artifacts_digest(std::span<const Artifact> artifacts) {
  if (artifacts.empty()) return {};
  std::string lines;
  for (const Artifact& one : artifacts) lines += one.text() + "\n";
  return Sha256::of(lines).substr(0, kDigestDigits);
}

}  // namespace livefix
