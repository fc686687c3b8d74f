#include "proxy/route_crowd.h"

#include <algorithm>

#include "http/route_pattern.h"

namespace livefix::proxy {
namespace {

std::uint64_t hash_of(std::string_view text) {
  http::RoutePattern pattern;
  pattern.set(text);
  return pattern.hash();
}

}  // namespace

std::uint64_t RouteCrowd::key_of(std::size_t service, std::uint64_t place) {
  return place ^ (service * 0x9e3779b97f4a7c15);
}

bool RouteCrowd::has(std::uint64_t key) const {
  return std::ranges::binary_search(crowded_, key);
}

void RouteCrowd::learn(std::size_t service, std::string_view route) {
  for (std::size_t at = 0; at < route.size();) {
    if (route[at] != '/') return;
    const std::size_t begin = at + 1;
    at = std::min(route.find('/', begin), route.size());
    const auto word = route.substr(begin, at - begin);
    if (word.empty() || word == ":id" || word == "...") continue;
    note(key_of(service, hash_of(route.substr(0, begin))), word);
  }
}

void RouteCrowd::note(std::uint64_t key, std::string_view word) {
  if (has(key)) return;
  if (words_.size() + crowded_.size() >= kMostPlaces && !words_.contains(key)) return;
  auto& words = words_[key];
  const std::uint64_t hash = hash_of(word);
  // It was a crowd for the proxy before this one, whose rows are still there.
  const bool was_crowded = word == ":name";
  if (!was_crowded && std::ranges::find(words, hash) != words.end()) return;
  if (!was_crowded && words.size() < kMostWords) return words.push_back(hash);
  words_.erase(key);
  crowded_.insert(std::ranges::upper_bound(crowded_, key), key);
}

}  // namespace livefix::proxy
