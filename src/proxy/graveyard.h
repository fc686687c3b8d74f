// Objects that are over but may still be on the call stack: they are destroyed after the batch of
// events, by the worker.
#pragma once

#include <memory>
#include <vector>

namespace livefix::proxy {

class Mortal {
 public:
  virtual ~Mortal() = default;
};

class Graveyard {
 public:
  // `object` must be on no list that would hand it out again.
  void bury(Mortal& object) { dead_.emplace_back(&object); }
  void sweep() {
    // A destructor may bury others.
    while (!dead_.empty()) std::vector<std::unique_ptr<Mortal>>(std::move(dead_)).clear();
  }

 private:
  std::vector<std::unique_ptr<Mortal>> dead_;
};

}  // namespace livefix::proxy
