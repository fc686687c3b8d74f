// Where a rollout is: a plain value that step() turns into the next one. No descriptor, no clock
// and no callback in it, so that it can be copied, compared, journalled and tested.
//
//   Preparing --LaidOut--> Building --memory--> Starting --all ready--> Verifying
//       |                     |                    |                        | all healthy, replayed
//       | failed, aborted     |                    |                        v
//       v                     v                    |          Shifting 5 % --> ... --> 100 %
//    Refused <----------------+                    |                   |   watched      |
//                               failed, crashed,   |                   |                v
//                               worse, aborted     v                   |            Promoting
//    TakenBack <--all old ones serve again-- TakingBack <--------------+--RecordFailed--|
//                                                                                       | Recorded
//                                                                                       v
//                                                                                    Promoted
//
// Shifting: Moving --ShareApplied--> Baking --bake over, gates fine--> Moving to the next percent.
// A pause holds the share where it is: at the end of Verifying, or at the end of a step. Nothing
// holds a candidate whose old generation does not run: requests would wait for nobody.
//
// All services of a rollout move together, by the steps of all of them taken as one ladder and with
// the longest bake. A service that cannot share its traffic gets all of it with the first step: a
// first release, one that is held and swapped over (no room for two), one whose old generation
// crashed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "rollout/rollout_rules.h"
#include "rollout/verdict.h"

namespace livefix::rollout {

// Grows with each ApplyShare of a rollout; its acknowledgement names it, so that a late one is
// told from the one that is waited for.
enum class ShareOrder : std::uint32_t {};

constexpr ShareOrder next(ShareOrder order) {
  return static_cast<ShareOrder>(static_cast<std::uint32_t>(order) + 1);
}

// --- phases --------------------------------------------------------------------------------------

// The commit is laid out in a directory of its own.
struct Preparing {
  TimePoint since;
  bool operator==(const Preparing&) const = default;
};
struct Building {
  TimePoint since;
  std::optional<TimePoint> built{};  // whether memory suffices is being found out
  bool operator==(const Building&) const = default;
};
struct Starting {
  TimePoint since;
  std::set<std::string> awaited;
  bool operator==(const Starting&) const = default;
};

struct HealthWait {
  std::string last_answer{};
  std::optional<TimePoint> again{};  // when it is asked next; nullopt: the answer is awaited
  bool operator==(const HealthWait&) const = default;
};
// Proofs before traffic: of which services each is awaited. One that is healthy is replayed to, and
// then mirrored to.
struct Verifying {
  TimePoint since;
  std::map<std::string, HealthWait> unhealthy;
  std::map<std::string, TimePoint> replaying{};  // since when
  std::map<std::string, TimePoint> mirroring{};  // the same
  std::optional<TimePoint> shown_until{};        // all is proven, and a person may look
  bool operator==(const Verifying&) const = default;
};

struct Moving {
  TimePoint since;
  ShareOrder order{};
  bool operator==(const Moving&) const = default;
};
struct Look {
  TimePoint at;
  Judgement judgement;
  bool operator==(const Look&) const = default;
};
struct Baking {
  TimePoint since;  // the share was applied, and counting began
  TimePoint next_look;
  std::map<std::string, Look> looks{};  // the last one of each service
  bool second = false;                  // counted anew, since the first count found it slow
  std::optional<TimePoint> waiting{};   // since when: beyond the bake, for more requests
  bool operator==(const Baking&) const = default;
};
struct Shifting {
  std::uint32_t percent = 0;  // of services that share
  std::variant<Moving, Baking> stage;
  bool operator==(const Shifting&) const = default;
};

// The point of no return: the decision may be durable already, so that nothing but its outcome
// counts.
struct Promoting {
  TimePoint since;
  bool operator==(const Promoting&) const = default;
};
struct Promoted {
  bool operator==(const Promoted&) const = default;
};
struct TakingBack {
  Verdict verdict;
  TimePoint since;
  ShareOrder order{};                  // the one that gives the traffic back
  bool applied = false;                // `order` is
  TimePoint again{};                   // when the orders are repeated
  std::set<std::string> restoring{};   // whose old generations do not run
  std::set<std::string> covering{};    // of these, whose candidates serve until they do
  std::vector<std::string> missing{};  // were not restored in time
  bool operator==(const TakingBack&) const = default;
};
// The old generations serve as they did before; those of `missing` are not up yet.
struct TakenBack {
  Verdict verdict;
  std::vector<std::string> missing;
  bool operator==(const TakenBack&) const = default;
};
// Nothing had been started.
struct Refused {
  Verdict verdict;
  bool operator==(const Refused&) const = default;
};

using Phase = std::variant<Preparing, Building, Starting, Verifying, Shifting, Promoting, Promoted,
                           TakingBack, TakenBack, Refused>;

// --- what is true in every phase -----------------------------------------------------------------

// One service's part.
struct Part {
  bool held = false;       // old stopped, then candidate started
  bool takes_all = false;  // its old generation crashed before the last step
  bool old_down = false;   // its old generation does not run
  bool died = false;       // its candidate did
  bool operator==(const Part&) const = default;
};

struct RolloutState {
  Phase phase;
  std::map<std::string, Part> parts{};  // of every service
  bool begun = false;                   // candidates were started
  bool memory_known = false;            // whether two generations have room
  bool short_of_memory = false;         // they have not: services are held
  bool hurried = false;                 // no more steps nor bake
  std::optional<TimePoint> paused{};    // since
  ShareOrder last_order{};

  bool operator==(const RolloutState&) const = default;
};

// --- questions -----------------------------------------------------------------------------------

// "preparing", "taken_back": for the ledger and for programs. Never changes.
std::string_view name_of(const RolloutState& state);

template <class P>
bool is(const RolloutState& state) {
  return std::holds_alternative<P>(state.phase);
}

// A person may look at the candidates, and says when it goes on.
inline bool is_shown(const RolloutState& state) {
  const auto* verifying = std::get_if<Verifying>(&state.phase);
  return verifying && verifying->shown_until;
}

// Promoted, taken back or refused: no event changes it any more.
inline bool is_over(const RolloutState& state) {
  return is<Promoted>(state) || is<TakenBack>(state) || is<Refused>(state);
}

}  // namespace livefix::rollout
