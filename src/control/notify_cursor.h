// How far in the ledger each receiver has been told: STATE/notified, a line of "KEY SEQUENCE" for
// each, written whole by a rename. What a dead control had recorded and not yet delivered is behind
// it. Owned by Notifier, used on the driver's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace livefix::control {

class NotifyCursor {
 public:
  explicit NotifyCursor(std::string path) : path_(std::move(path)) {}

  // That there is none is no error. After an error nobody is known.
  Status read();
  // nullopt: it is not known yet.
  std::optional<std::uint64_t> of(const std::string& receiver) const;
  // Only of these from now on, `end` being that of the ledger: there begins who is not known, and
  // who is said to be beyond it, because another ledger was put in its place.
  Status begin(const std::vector<std::string>& receivers, std::uint64_t end);
  // Kept when it cannot be written: the next one says it, too.
  Status move(const std::string& receiver, std::uint64_t sequence);

 private:
  Status write() const;

  const std::string path_;
  std::map<std::string, std::uint64_t> reached_;
};

}  // namespace livefix::control
