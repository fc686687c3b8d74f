// All symptoms of a livefix. Owned by control, on its thread; no clock and no I/O: times come with
// what is told. Bounded, whatever fails and however often: a storm of failures that are all
// different ends in groups without a line, and adding one takes the same short time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "observe/symptom.h"
#include "observe/symptom_verdict.h"

namespace livefix::observe {

struct Failure {
  std::string_view service;
  std::string_view method;
  std::string_view route;
  int status = 0;
  std::string_view cause;  // empty: the program's own answer
  std::string_view error;  // error_line(), not normalised; empty: none
  std::string_view release;
  WallTime time{};
  std::uint64_t sample = 0;  // id of the recorded exchange; 0: it was not kept
  std::uint64_t count = 1;   // of failures that are alike
  // From before requests were counted: no percentage has it, and no verdict.
  bool restored = false;
};

// Requests of a route that have ended since they were told last, failed ones included.
struct RouteRequests {
  std::string_view service;
  std::string_view method;
  std::string_view route;
  std::string_view release;
  WallTime time{};
  std::uint64_t requests = 0;
};

class SymptomBook {
 public:
  static constexpr std::size_t kMaxServices = 64;
  static constexpr std::size_t kMaxSymptoms = 1'024;  // and one a service for all others
  static constexpr std::size_t kMaxRoutes = 2'048;
  // Of one route and status: different lines, and those that differ in quoted words only.
  static constexpr std::size_t kMaxLines = 16;
  static constexpr std::size_t kMaxAlike = 4;
  // A line gives way to a new one when it was not seen for so long; so does any symptom or route
  // when there is no room for another.
  static constexpr std::chrono::minutes kLineStale{10};
  static constexpr std::chrono::minutes kStale{60};

  // The symptom that it belongs to, valid until the next call; null for a service too many.
  const Symptom* add(const Failure& failure);

  // Has to be told before the failures of a release's first minute, for `brought_by` to be known.
  void count_requests(const RouteRequests& counted);

  // A verdict says that it is gone: until it is seen again.
  void mark_gone(std::string_view id);

  // Those with most failures in the last five minutes first, then the ones seen last; after all
  // others those that are gone. The pointers are valid until the next call of add().
  std::vector<const Symptom*> list(WallTime now) const;
  const Symptom* find(std::string_view id) const;

  // Failures of the route's requests in the last five minutes; nothing where these are not known,
  // or not for all of its failures.
  std::optional<proportion::Share> recent(const Symptom& symptom, WallTime now) const;
  // The same by release, of the last hour: what an old release did days ago says nothing of a fault
  // that is new.
  BeforeAfter counts(const Symptom& symptom, std::string_view before, std::string_view after,
                     WallTime now) const;

  std::size_t size() const { return size_ + others_.size(); }
  // Failures of services too many.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class Value>
  using Table = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  struct Entry {
    Symptom symptom;
    std::string coarse;  // the line without its quoted words
  };
  using Place = std::vector<Entry>;
  struct Route {
    WallTime last{};
    MinuteRing minutes;
    ReleaseCounts by_release;
  };

  bool knows_service(std::string_view service, std::string_view release);
  Symptom* symptom_for(const Failure& failure);
  Symptom* symptom_in(Place& place, const Failure& failure, std::string error);
  Symptom* make(Place& place, const Failure& failure, std::string error, std::string coarse);
  Symptom& all_others(const Failure& failure);
  std::string bringer(const Failure& failure) const;
  void forget_stale(WallTime now);
  const Route* route_of(const SymptomKey& key) const;

  std::map<std::string, std::string, std::less<>> first_releases_;  // by service
  Table<Place> places_;                                 // by service, method, route, status, cause
  Table<Route> routes_;                                 // by service, method, route
  std::map<std::string, Symptom, std::less<>> others_;  // by service: what found no room
  std::size_t size_ = 0;                                // symptoms in places_
  WallTime last_sweep_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace livefix::observe
