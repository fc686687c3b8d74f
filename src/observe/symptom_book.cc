#include "observe/symptom_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "observe/error_line.h"

namespace livefix::observe {
namespace {

// What a key is cut to: a method and a host can be as long as a stranger likes.
constexpr std::size_t kMaxService = 64;
constexpr std::size_t kMaxMethod = 24;
constexpr std::size_t kMaxRoute = 128;
constexpr std::size_t kMaxCause = 64;
constexpr std::size_t kMaxRelease = 64;

constexpr char kBetween = '\0';

std::string route_key(std::string_view service, std::string_view method, std::string_view route) {
  std::string key;
  key.reserve(service.size() + method.size() + route.size() + 2);
  key += service.substr(0, kMaxService);
  key += kBetween;
  key += method.substr(0, kMaxMethod);
  key += kBetween;
  key += route.substr(0, kMaxRoute);
  return key;
}

std::string place_key(const Failure& failure) {
  std::string key = route_key(failure.service, failure.method, failure.route);
  key += fmt::format("{}{}{}", kBetween, failure.status, kBetween);
  key += failure.cause.substr(0, kMaxCause);
  return key;
}

// FNV-1a, of which 40 bits are enough to tell a thousand symptoms apart.
std::string id_of(const SymptomKey& key) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash *= 0x100000001b3;  // as of a byte 0
  };
  const std::string status = std::to_string(key.status);
  for (const std::string_view part :
       {std::string_view(key.service), std::string_view(key.method), std::string_view(key.route),
        std::string_view(status), std::string_view(key.cause), std::string_view(key.error)}) {
    mix(part);
  }
  return fmt::format("{:010x}", (hash ^ hash >> 40) & 0xff'ffff'ffff);
}

// A clock that was put back leaves times that are yet to come.
bool is_older(WallTime time, WallTime now, std::chrono::minutes age) {
  return now - time >= age || time - now >= age;
}

}  // namespace

const Symptom* SymptomBook::add(const Failure& failure) {
  if (!knows_service(failure.service, failure.release)) {
    ++dropped_;
    return nullptr;
  }
  Symptom* found = symptom_for(failure);
  Symptom& symptom = found != nullptr ? *found : all_others(failure);
  symptom.last_seen = failure.time;
  symptom.gone = false;
  symptom.failures += failure.count;
  symptom.minutes.add(failure.time, failure.count);
  ReleaseCount& of_release =
      symptom.by_release.add(failure.release.substr(0, kMaxRelease), failure.count);
  if (!failure.restored) of_release.minutes.add(failure.time, failure.count);
  if (failure.sample != 0) {
    if (symptom.samples.size() == Symptom::kMaxSamples) {
      symptom.samples.erase(symptom.samples.begin());
    }
    symptom.samples.push_back(failure.sample);
  }
  return &symptom;
}

void SymptomBook::count_requests(const RouteRequests& counted) {
  if (!knows_service(counted.service, counted.release)) return;
  std::string key = route_key(counted.service, counted.method, counted.route);
  auto found = routes_.find(key);
  if (found == routes_.end()) {
    if (routes_.size() >= kMaxRoutes) forget_stale(counted.time);
    if (routes_.size() >= kMaxRoutes) return;
    found = routes_.emplace(std::move(key), Route{}).first;
  }
  Route& route = found->second;
  route.last = counted.time;
  route.minutes.add(counted.time, counted.requests);
  route.by_release.add(counted.release.substr(0, kMaxRelease), counted.requests)
      .minutes.add(counted.time, counted.requests);
}

void SymptomBook::mark_gone(std::string_view id) {
  if (auto* symptom = const_cast<Symptom*>(std::as_const(*this).find(id))) symptom->gone = true;
}

std::vector<const Symptom*> SymptomBook::list(WallTime now) const {
  struct Row {
    std::uint64_t recent;
    const Symptom* symptom;
  };
  std::vector<Row> rows;
  rows.reserve(size());
  const auto take = [&](const Symptom& symptom) {
    rows.push_back({symptom.minutes.last(now, kRecentMinutes), &symptom});
  };
  for (const auto& [key, place] : places_) {
    for (const Entry& entry : place) take(entry.symptom);
  }
  for (const auto& [service, symptom] : others_) take(symptom);
  std::ranges::sort(rows, [](const Row& a, const Row& b) {
    if (a.symptom->gone != b.symptom->gone) return b.symptom->gone;
    if (a.recent != b.recent) return a.recent > b.recent;
    if (a.symptom->last_seen != b.symptom->last_seen) {
      return a.symptom->last_seen > b.symptom->last_seen;
    }
    return a.symptom->id < b.symptom->id;
  });
  std::vector<const Symptom*> symptoms;
  symptoms.reserve(rows.size());
  for (const Row& row : rows) symptoms.push_back(row.symptom);
  return symptoms;
}

const Symptom* SymptomBook::find(std::string_view id) const {
  for (const auto& [key, place] : places_) {
    for (const Entry& entry : place) {
      if (entry.symptom.id == id) return &entry.symptom;
    }
  }
  for (const auto& [service, symptom] : others_) {
    if (symptom.id == id) return &symptom;
  }
  return nullptr;
}

std::optional<proportion::Share> SymptomBook::recent(const Symptom& symptom, WallTime now) const {
  const Route* route = route_of(symptom.key);
  if (route == nullptr) return std::nullopt;
  const std::uint64_t failures = symptom.by_release.last(now, kRecentMinutes);
  if (failures < symptom.minutes.last(now, kRecentMinutes)) return std::nullopt;
  const std::uint64_t requests = route->minutes.last(now, kRecentMinutes);
  return proportion::Share{std::min(failures, requests), requests};
}

BeforeAfter SymptomBook::counts(const Symptom& symptom, std::string_view before,
                                std::string_view after, WallTime now) const {
  const Route* route = route_of(symptom.key);
  const auto share = [&](std::string_view release) {
    const auto last = [&](const ReleaseCounts& counts) {
      return counts.last(release, now, MinuteRing::kMinutes);
    };
    return proportion::Share{last(symptom.by_release),
                             route == nullptr ? 0 : last(route->by_release)};
  };
  return {share(before), share(after)};
}

bool SymptomBook::knows_service(std::string_view service, std::string_view release) {
  service = service.substr(0, kMaxService);
  if (first_releases_.find(service) != first_releases_.end()) return true;
  if (first_releases_.size() >= kMaxServices) return false;
  first_releases_.emplace(service, release.substr(0, kMaxRelease));
  return true;
}

Symptom* SymptomBook::symptom_for(const Failure& failure) {
  if (size_ >= kMaxSymptoms) forget_stale(failure.time);
  std::string key = place_key(failure);
  auto place = places_.find(key);
  if (place == places_.end()) {
    if (size_ >= kMaxSymptoms) return nullptr;
    place = places_.emplace(std::move(key), Place{}).first;
  }
  return symptom_in(place->second, failure, normalise(failure.error));
}

Symptom* SymptomBook::symptom_in(Place& place, const Failure& failure, std::string error) {
  const auto with = [&place](std::string_view line) -> Symptom* {
    for (Entry& entry : place) {
      if (entry.symptom.key.error == line) return &entry.symptom;
    }
    return nullptr;
  };
  if (Symptom* known = with(error)) return known;
  if (error.empty()) return make(place, failure, {}, {});

  std::string coarse = normalise(failure.error, Quoted::all_gone);
  const auto alike = std::ranges::count(place, coarse, &Entry::coarse);
  if (alike >= static_cast<std::ptrdiff_t>(kMaxAlike)) {
    error = coarse;
    if (Symptom* known = with(error)) return known;
  }
  const auto is_line = [](const Entry& entry) { return !entry.symptom.key.error.empty(); };
  if (std::ranges::count_if(place, is_line) >= static_cast<std::ptrdiff_t>(kMaxLines)) {
    const auto oldest = std::ranges::min_element(place, {}, [&](const Entry& entry) {
      return is_line(entry) ? entry.symptom.last_seen : WallTime::max();
    });
    if (!is_older(oldest->symptom.last_seen, failure.time, kLineStale)) {
      Symptom* rest = with("");
      return rest != nullptr ? rest : make(place, failure, {}, {});
    }
    place.erase(oldest);
    --size_;
  }
  return make(place, failure, std::move(error), std::move(coarse));
}

// Null when there are too many.
Symptom* SymptomBook::make(Place& place, const Failure& failure, std::string error,
                           std::string coarse) {
  if (size_ >= kMaxSymptoms) return nullptr;
  Entry entry;
  entry.coarse = std::move(coarse);
  Symptom& symptom = entry.symptom;
  symptom.key = {std::string(failure.service.substr(0, kMaxService)),
                 std::string(failure.method.substr(0, kMaxMethod)),
                 std::string(failure.route.substr(0, kMaxRoute)),
                 failure.status,
                 std::string(failure.cause.substr(0, kMaxCause)),
                 std::move(error)};
  symptom.id = id_of(symptom.key);
  symptom.first_seen = failure.time;
  symptom.brought_by = bringer(failure);
  ++size_;
  return &place.emplace_back(std::move(entry)).symptom;
}

Symptom& SymptomBook::all_others(const Failure& failure) {
  const std::string_view service = failure.service.substr(0, kMaxService);
  if (const auto found = others_.find(service); found != others_.end()) return found->second;
  Symptom symptom;
  symptom.key.service = service;
  symptom.key.route = "(other)";
  symptom.id = id_of(symptom.key);
  symptom.first_seen = failure.time;
  return others_.emplace(service, std::move(symptom)).first->second;
}

// Of the first release that is known nobody can tell what the one before it did.
std::string SymptomBook::bringer(const Failure& failure) const {
  const std::string_view release = failure.release.substr(0, kMaxRelease);
  const auto first = first_releases_.find(failure.service.substr(0, kMaxService));
  return first != first_releases_.end() && first->second == release ? std::string()
                                                                    : std::string(release);
}

// At most once a minute: in a storm it would find nothing most of the time.
void SymptomBook::forget_stale(WallTime now) {
  if (!is_older(last_sweep_, now, std::chrono::minutes(1))) return;
  last_sweep_ = now;
  for (auto place = places_.begin(); place != places_.end();) {
    size_ -= std::erase_if(place->second, [&](const Entry& entry) {
      return is_older(entry.symptom.last_seen, now, kStale);
    });
    place = place->second.empty() ? places_.erase(place) : std::next(place);
  }
  std::erase_if(routes_, [&](const auto& row) { return is_older(row.second.last, now, kStale); });
}

const SymptomBook::Route* SymptomBook::route_of(const SymptomKey& key) const {
  const auto found = routes_.find(route_key(key.service, key.method, key.route));
  return found == routes_.end() ? nullptr : &found->second;
}

}  // namespace livefix::observe
