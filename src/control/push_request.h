// What Git's hook asks when somebody pushes (docs/control-api.md, POST /v1/push), and what the push
// means for what runs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/artifact.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::control {

// A line that git-receive-pack(1) gives its hook. An id of zeros: there is none.
struct RefUpdate {
  releases::ObjectId before;
  releases::ObjectId after;
  std::string ref;  // "refs/heads/main"

  bool creates() const { return before.is_zero(); }
  bool deletes() const { return after.is_zero(); }
  // The commit is where the branch is already: its files are to be laid out again, with other
  // artifacts.
  bool repeats() const { return before == after; }
};

struct PushRequest {
  std::vector<RefUpdate> updates;
  // Where the pushed objects are until the push is taken.
  std::optional<releases::Quarantine> quarantine;
  std::string pusher;     // "anna", for the record
  Artifacts artifacts{};  // of its push options, livefix.artifact=PATH:SHA256
};

// `text` is JSON from outside. The error is a sentence.
Result<PushRequest> parse_push(std::string_view text);

// The live branch moves: its commit is to run. What is pushed with it comes or stays out with it.
struct RollsOut {
  RefUpdate update;
};
// Git keeps what was pushed, and nothing else happens.
struct Stores {};
struct Refuses {
  std::string reason;
};
using PushMeaning = std::variant<RollsOut, Stores, Refuses>;

PushMeaning meaning_of(const PushRequest& push, std::string_view live_branch);

}  // namespace livefix::control
