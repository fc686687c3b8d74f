// Where names stand in the paths of a worker: places below which so many different words have been
// answered that they cannot all be routes. /user/anna, /user/ben, ... are /user/:name from then on.
// The worker's, for as long as it lives.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace livefix::proxy {

class RouteCrowd {
 public:
  static constexpr std::size_t kMostWords = 32;
  static constexpr std::size_t kMostPlaces = 1024;  // beyond that nothing is learned

  // `place` is the hash of a pattern up to and with a slash (http::RoutePattern). For the way of
  // each request: free while there is no crowd, a search in a sorted array then.
  bool is_crowded(std::size_t service, std::uint64_t place) const {
    return !crowded_.empty() && has(key_of(service, place));
  }
  // From a route that was derived. Seldom; allocates.
  void learn(std::size_t service, std::string_view route);

 private:
  static std::uint64_t key_of(std::size_t service, std::uint64_t place);
  bool has(std::uint64_t key) const;
  void note(std::uint64_t key, std::string_view word);

  std::vector<std::uint64_t> crowded_;                         // sorted
  std::map<std::uint64_t, std::vector<std::uint64_t>> words_;  // their hashes, of the others
};

}  // namespace livefix::proxy
