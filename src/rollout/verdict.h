// Why a rollout was taken back or refused: which gate, of which service, with its figures and
// limit. Values; phrases.h makes sentences of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "rollout/gates.h"
#include "rollout/mirror_gate.h"
#include "rollout/replay_gate.h"

namespace livefix::rollout {

// What a rollout waits for, of things that may take too long.
enum class Stage : std::uint8_t { lay_out, build, start, share, figures };

struct MemoryFigures {
  std::uint64_t needed = 0;     // bytes, of the candidates
  std::uint64_t available = 0;  // bytes, beside what runs

  bool operator==(const MemoryFigures&) const = default;
};

struct NotLaidOut {
  std::string reason;
  bool operator==(const NotLaidOut&) const = default;
};
struct NotBuilt {
  std::string reason;
  bool operator==(const NotBuilt&) const = default;
};
struct NoMemory {
  MemoryFigures figures;
  bool operator==(const NoMemory&) const = default;
};
struct NotStarted {
  std::string reason;
  bool operator==(const NotStarted&) const = default;
};
struct NotHealthy {
  std::string what;  // the last answer; empty: there was none
  Milliseconds waited{};
  bool operator==(const NotHealthy&) const = default;
};
struct FailsReplay {
  ReplayFault fault{};
  ReplayFigures figures;
  bool operator==(const FailsReplay&) const = default;
};
struct FailsMirror {
  MirrorFault fault{};
  MirrorFigures figures;
  bool operator==(const FailsMirror&) const = default;
};
struct Crashed {
  std::string what;  // "was killed by SIGSEGV"
  bool operator==(const Crashed&) const = default;
};
struct TooManyErrors {
  std::uint32_t percent = 0;  // of the traffic
  ErrorJudgement figures;
  bool operator==(const TooManyErrors&) const = default;
};
struct TooSlow {
  std::uint32_t percent = 0;
  LatencyJudgement figures;
  bool operator==(const TooSlow&) const = default;
};
struct TooLittleTraffic {
  std::uint32_t percent = 0;
  Judgement figures;
  Milliseconds waited{};  // since the step began
  bool operator==(const TooLittleTraffic&) const = default;
};
struct TookTooLong {
  Stage stage{};
  Milliseconds waited{};
  bool operator==(const TookTooLong&) const = default;
};
struct NotRecorded {
  std::string reason;
  bool operator==(const NotRecorded&) const = default;
};
struct Aborted {
  std::string who;
  std::string why;  // empty: not told
  bool operator==(const Aborted&) const = default;
};
// Git throws the pushed objects away with the process that received them.
struct PusherGone {
  bool operator==(const PusherGone&) const = default;
};
struct PausedTooLong {
  Milliseconds waited{};
  bool operator==(const PausedTooLong&) const = default;
};
// Control died in the middle of it.
struct Interrupted {
  bool operator==(const Interrupted&) const = default;
};

using Grounds =
    std::variant<NotLaidOut, NotBuilt, NoMemory, NotStarted, NotHealthy, FailsReplay, FailsMirror,
                 Crashed, TooManyErrors, TooSlow, TooLittleTraffic, TookTooLong, NotRecorded,
                 Aborted, PusherGone, PausedTooLong, Interrupted>;

struct Verdict {
  std::string service{};  // empty: of the rollout as a whole
  Grounds grounds;

  bool operator==(const Verdict&) const = default;
};

// "errors", "health": which gate it was, for the ledger and for programs. Never changes.
std::string_view gate_name(const Verdict& verdict);

}  // namespace livefix::rollout
