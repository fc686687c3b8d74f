// A built file that is part of a release and not of its commit, by the SHA-256 of its bytes
// (docs/releases.md). Plain values, safe to copy.
#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix {

struct Artifact {
  static constexpr std::uint64_t kLargest = 2ULL << 30;  // bytes
  static constexpr std::size_t kMost = 100;              // of one release

  std::string path;    // in the release, "bin/shop"
  std::string sha256;  // 64 digits

  // "bin/shop:9f86d0...", as a push names it and the ledger keeps it.
  std::string text() const { return path + ":" + sha256; }
  // "9f86d081", for people.
  std::string short_hash() const { return sha256.substr(0, 8); }

  auto operator<=>(const Artifact&) const = default;
};

// Sorted by path, each path once.
using Artifacts = std::vector<Artifact>;

bool is_sha256(std::string_view text);

// Whether something can have that name in a release: below it, with nothing of Git's. The error is
// a sentence.
Status check_artifact_path(std::string_view path);

// Of text().
Result<Artifact> parse_artifact(std::string_view text);

// In order; the error names the path that two of them have.
Result<Artifacts> collect_artifacts(std::vector<Artifact> artifacts);

// 8 digits that tell one collection from another; empty of none.
std::string artifacts_digest(std::span<const Artifact> artifacts);

}  // namespace livefix
