// What control writes into the ledger: the kinds of its events, and their bodies as values and as
// JSON (docs/ledger.md). What runs, and what ran, is a fold over them: release_book.h. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "control/rollout_figures.h"

namespace livefix::control {

// A commit was laid out in a directory of its own.
struct ReleaseRecord {
  static constexpr std::string_view kKind = "release";
  std::uint32_t number = 0;
  std::string commit;     // whole id
  std::string name;       // "7f3c2d1", with artifacts "7f3c2d1-1f2e3d4c"
  std::string directory;  // absolute
  std::string subject;
  std::string author;
  std::vector<std::string> built{};      // services whose build step ended well in it
  std::vector<std::string> artifacts{};  // "bin/shop:9f86d0...", by path

  // As releases::ReleaseStore calls it.
  std::string id() const { return directory.substr(directory.rfind('/') + 1); }
};

struct RolloutRecord {
  static constexpr std::string_view kKind = "rollout";
  std::uint32_t id = 0;
  std::uint32_t release = 0;  // 0: not laid out yet
  std::string commit;
  std::string subject;
  std::string before;  // where the branch was
  std::vector<std::string> services;
};

// It is in another phase now: "starting", "shifting".
struct PhaseRecord {
  static constexpr std::string_view kKind = "phase";
  std::uint32_t rollout = 0;
  std::string phase;
  std::string line;  // what whoever pushed was told
};

// From now on these services run this release.
struct PromotedRecord {
  static constexpr std::string_view kKind = "promoted";
  std::uint32_t rollout = 0;
  std::uint32_t release = 0;
  std::vector<std::string> services;
  Milliseconds took{};
  std::string message;
  std::vector<RolloutFigures> figures{};  // of the services that had any
};

// Taken back or refused: what ran before runs on.
struct FailedRecord {
  static constexpr std::string_view kKind = "failed";
  std::uint32_t rollout = 0;
  std::string outcome;  // "taken_back", "refused"
  std::string gate;
  std::string message;
  Milliseconds took{};
  std::vector<RolloutFigures> figures{};  // as above
};

// From now on these services run an older release again. `rollout`: which it takes back.
struct RollbackRecord {
  static constexpr std::string_view kKind = "rollback";
  std::uint32_t id = 0;
  std::uint32_t release = 0;
  std::vector<std::string> services;
  std::string message;
};

// The release of a rollback serves everywhere: so long after the command.
struct ServedRecord {
  static constexpr std::string_view kKind = "served";
  std::uint32_t rollout = 0;
  Milliseconds took{};
};

// Somebody gave a command: "pause", "abort", "reload", "stop", "token add", "token remove". Or the
// file with the tokens is not the one that was on record: "token file".
struct CommandRecord {
  static constexpr std::string_view kKind = "command";
  std::uint32_t rollout = 0;  // 0: it is not about one
  std::string command;
  std::string detail{};      // about what: "shop, cart", "SIGTERM", "ci (push)"
  std::string change{};      // of tokens: the id of the last one in their journal by then
  std::uint32_t number = 0;  // and its number
  std::string at{};          // and when it was made, "2026-11-26T01:40:00Z"
};
inline constexpr std::string_view kTokenAdd = "token add";
inline constexpr std::string_view kTokenRemove = "token remove";
inline constexpr std::string_view kTokenFile = "token file";

// Files of a release that runs are others than those of its commit, or are not any more.
struct DriftRecord {
  static constexpr std::string_view kKind = "drift";
  std::uint32_t release = 0;
  std::string what;                // "found", "ended", "adopted", "restored"
  std::vector<std::string> files;  // all that differ now; adopted, restored: those; the first 1,000
  std::string branch;              // adopted, also before it was restored: where the commit is
};

// What became of symptoms with a rollout.
struct SymptomsRecord {
  static constexpr std::string_view kKind = "symptoms";
  static constexpr std::string_view kPromoted = "promoted";
  static constexpr std::string_view kTakenBack = "taken_back";
  static constexpr std::string_view kLater = "later";
  std::uint32_t rollout = 0;
  std::string when;                   // one of these
  std::vector<std::string> lines;     // as they were told
  std::vector<std::string> symptoms;  // ids of those of which something could be said, as lines
};

using Record =
    std::variant<ReleaseRecord, RolloutRecord, PhaseRecord, PromotedRecord, FailedRecord,
                 RollbackRecord, ServedRecord, CommandRecord, DriftRecord, SymptomsRecord>;

std::string_view kind_of(const Record& record);
std::string body_of(const Record& record);
// nullopt: of a kind that is not one of these. The error says what of the body is not as it should.
Result<std::optional<Record>> parse_record(std::string_view kind, std::string_view body);

}  // namespace livefix::control
