// A symptom: requests that fail alike, by what they asked for, how it ended, and what the program
// wrote then. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/proportion.h"
#include "observe/minute_ring.h"

namespace livefix::observe {

// Minutes of "in 5 m": the one that is under way and the four before it.
inline constexpr std::uint32_t kRecentMinutes = 5;

struct SymptomKey {
  std::string service;
  std::string method;  // empty, with the route "(other)": failures that no room was left for
  std::string route;   // "/cart/:id"
  int status = 0;      // of a failed call of gRPC as model/grpc_status.h has it
  std::string
      cause;  // "backend closed": livefix answered in the program's place; empty: it did not
  // As normalise() leaves it. Empty: the program wrote nothing, or there were too many different
  // lines of this route and status.
  std::string error;

  bool operator==(const SymptomKey&) const = default;
};

struct ReleaseCount {
  std::string release;
  std::uint64_t count = 0;
  MinuteRing minutes{};  // of what was counted while requests were
};

// By release, the one that was counted last at the end; the last kMaxReleases of them.
struct ReleaseCounts {
  static constexpr std::size_t kMaxReleases = 8;

  std::vector<ReleaseCount> releases;

  ReleaseCount& add(std::string_view release, std::uint64_t count);
  std::uint64_t of(std::string_view release) const;
  // Of the minutes that `now` ends, as MinuteRing::last().
  std::uint64_t last(std::string_view release, WallTime now, std::uint32_t minutes) const;
  std::uint64_t last(WallTime now, std::uint32_t minutes) const;
};

struct Symptom {
  std::string id;  // ten hexadecimal digits that are made of the key: the same at each start
  SymptomKey key;
  WallTime first_seen{};
  WallTime last_seen{};
  std::uint64_t failures = 0;
  MinuteRing minutes;  // of failures
  ReleaseCounts by_release;
  // The release that it was first seen with, where an earlier one was known without it.
  std::string brought_by;
  // Ids of recorded exchanges, the newest at the end; the last kMaxSamples of them.
  std::vector<std::uint64_t> samples;
  // The last verdict of a release that runs on says so, and no failure was seen since.
  bool gone = false;

  static constexpr std::size_t kMaxSamples = 5;
};

// "POST /checkout 500", "GET /cart/:id 502 backend closed", "POST /shop.Shop/Buy grpc 13 INTERNAL".
std::string name_of(const SymptomKey& key);

// "POST /checkout 500 · TypeError: x is undefined · 412 in 5 m · 6.2 % · since release a1b2c3d".
// `recent`: failures of the route's requests in the last five minutes, where these are known.
std::string phrase(const Symptom& symptom, WallTime now,
                   const std::optional<proportion::Share>& recent);

}  // namespace livefix::observe
