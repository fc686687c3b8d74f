// What step() is told, and what it wants done. Values without behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "rollout/gates.h"
#include "rollout/mirror_gate.h"
#include "rollout/replay_gate.h"
#include "rollout/rollout_state.h"
#include "rollout/route_latency.h"
#include "rollout/verdict.h"

namespace livefix::rollout {

// --- events --------------------------------------------------------------------------------------

struct LaidOut {};
struct LayOutFailed {
  std::string reason;
};
struct Built {};
struct BuildFailed {
  std::string service;  // empty: of the whole commit
  std::string reason;
};
// The answer to CheckMemory. It may come unasked: before the candidates start it decides whether
// services are held, afterwards "not enough" takes the rollout back before the kernel ends
// something of its own choice.
struct MemoryChecked {
  bool enough = true;
  MemoryFigures figures;
};
struct CandidateReady {
  std::string service;
};
struct CandidateFailed {
  std::string service;
  std::string reason;
};
struct CandidateCrashed {
  std::string service;
  std::string what;
};
struct HealthAnswered {
  std::string service;
  bool ok = false;
  std::string what;  // "200", "503 Service Unavailable", "connection refused"
};
struct Replayed {
  std::string service;
  ReplayFigures figures;
};
struct Mirrored {
  std::string service;
  MirrorFigures figures;
};
struct ShareApplied {
  ShareOrder order{};
};
struct Measured {
  std::string service;
  TimePoint since;  // as in Measure: figures of another time are of no use
  Window candidate;
  Window old;
  std::vector<RouteWindow> routes{};  // empty: they are not counted
};
struct OldCrashed {
  std::string service;
};
struct OldRestored {
  std::string service;
};
// The decision is durable and in Git.
struct Recorded {};
// It is in neither, and will not be.
struct RecordFailed {
  std::string reason;
};
struct PauseAsked {};
struct ResumeAsked {};
// No more steps and no more bake; candidates have to start, be healthy and live all the same.
struct PromoteAsked {};
struct AbortAsked {
  std::string who;
  std::string why;
};
struct PusherLeft {};
// Time went by: something in next_deadline() is due.
struct Tick {};

using Event = std::variant<LaidOut, LayOutFailed, Built, BuildFailed, MemoryChecked, CandidateReady,
                           CandidateFailed, CandidateCrashed, HealthAnswered, Replayed, Mirrored,
                           ShareApplied, Measured, OldCrashed, OldRestored, Recorded, RecordFailed,
                           PauseAsked, ResumeAsked, PromoteAsked, AbortAsked, PusherLeft, Tick>;

// --- progress ------------------------------------------------------------------------------------

// The candidate's part of a service's traffic, percent; the old one has the rest. Their sum is
// always 100.
struct ServiceShare {
  std::string service;
  std::uint32_t candidate = 0;
  bool operator==(const ServiceShare&) const = default;
};

struct LayOutBegan {};
struct BuildBegan {};
struct StartBegan {
  std::vector<std::string> services;
  std::vector<std::string> held;  // of these: old one stopped first, requests wait
};
struct CandidateIsUp {
  std::string service;
};
struct HealthPassed {
  std::string service;
  std::string what;
};
struct ReplayPassed {
  std::string service;  // empty: there is no other
  ReplayFigures figures;
};
// Nothing came of it in time.
struct ReplayGivenUp {
  std::string service;
};
struct ShareTaken {
  std::uint32_t percent = 0;
  std::vector<ServiceShare> shares;
};
struct MirrorPassed {
  std::string service;  // empty: there is no other
  MirrorFigures figures;
};
// Nothing came of it in time.
struct MirrorGivenUp {
  std::string service;
};
// A person may look at it before its first step, for so long.
struct PreviewBegan {
  Milliseconds time{};
};
// The gates of a service at the end of a step that it passed, or that it may go on from.
struct StepJudged {
  std::string service;
  std::uint32_t percent = 0;
  Judgement judgement;
};
struct WaitsForTraffic {
  std::string service;
  std::uint32_t percent = 0;
  Milliseconds patience{};
};
// Slow in the first count: it may have been warming up.
struct LooksAgain {
  std::string service;
  LatencyJudgement first;
};
struct OldIsDown {
  std::string service;
};
struct WasPaused {};
struct WasResumed {};
// An abort came while the decision was being recorded.
struct AbortIsLate {};
struct TakeBackBegan {
  Verdict verdict;
};
struct EndedPromoted {
  std::vector<std::string> services;
};
struct EndedTakenBack {
  Verdict verdict;
  std::vector<std::string> missing;  // whose old generations are not up again
  std::vector<std::string> first;    // that had none before
};
struct EndedRefused {
  Verdict verdict;
};
using Progress =
    std::variant<LayOutBegan, BuildBegan, StartBegan, CandidateIsUp, HealthPassed, ReplayPassed,
                 ReplayGivenUp, MirrorPassed, MirrorGivenUp, PreviewBegan, ShareTaken, StepJudged,
                 WaitsForTraffic, LooksAgain, OldIsDown, WasPaused, WasResumed, AbortIsLate,
                 TakeBackBegan, EndedPromoted, EndedTakenBack, EndedRefused>;

// --- actions -------------------------------------------------------------------------------------

// The driver writes the new state down before it acts, and each action may come again: carried out
// twice it does what it does once.

// -> LaidOut | LayOutFailed
struct LayOut {};
// Of every service that has a build. -> Built | BuildFailed
struct Build {};
// -> MemoryChecked
struct CheckMemory {};
struct CandidateOrder {
  std::string service;
  bool hold = false;  // hold requests and stop the old generation first
};
// -> CandidateReady | CandidateFailed of each; later perhaps CandidateCrashed
struct StartCandidates {
  std::vector<CandidateOrder> candidates;
};
// Once. -> HealthAnswered
struct CheckHealth {
  std::string service;
};
// Send it what was recorded, while it is verified. -> Replayed
struct Replay {
  std::string service;
};
// Send it live requests as well, while it is verified. -> Mirrored
struct Mirror {
  std::string service;
};
// Give each service's candidate its weight. -> ShareApplied, when every proxy worker uses them
struct ApplyShare {
  ShareOrder order{};
  std::uint32_t percent = 0;
  std::vector<ServiceShare> shares;
};
// What both generations of every service did from `since` on; of an old one that gets nothing any
// more, in the last time that it did. -> Measured of each
struct Measure {
  TimePoint since;
};
// Record the decision and move the branch. -> Recorded | RecordFailed, however long it takes
struct Promote {
  std::vector<std::string> services;
};
struct Retirement {
  std::string service;
  Milliseconds warm{};
};
// Old generations have no more to do; they stay warm for a while.
struct RetireOld {
  std::vector<Retirement> services;
};
// End the candidates of `services`, when the traffic is off them, and see to it that those of
// `restore` have an old generation again. -> OldRestored of each of these
struct TakeBack {
  std::vector<std::string> services;
  std::vector<std::string> restore;
};
// Nothing was started: end what builds, and forget what was laid out.
struct Discard {};
struct Say {
  Progress progress;
};

using Action =
    std::variant<LayOut, Build, CheckMemory, StartCandidates, CheckHealth, Replay, Mirror,
                 ApplyShare, Measure, Promote, RetireOld, TakeBack, Discard, Say>;

}  // namespace livefix::rollout
