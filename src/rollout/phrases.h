// Words for people: what a rollout does, what its gates found, why it was refused or taken back and
// what to do then. They are what `git push` and the terminal show. Pure; sentences without a full
// stop, so that they can be parts of others.
#pragma once

#include <string>

#include "rollout/gates.h"
#include "rollout/rollout_event.h"
#include "rollout/verdict.h"

namespace livefix::rollout {

// "errors 3.1 % of 412 (old: 0.2 % of 7,800), limit old + 0.5 %"
std::string phrase(const ErrorJudgement& figures);
// "p99 840 ms of 412 (old: 210 ms of 7,800), limit old + 50 %: 12 % took longer than 315 ms, 1 %
// may"
std::string phrase(const LatencyJudgement& figures);
std::string phrase(const Judgement& figures);

// "shop did not build: npm ci exited with 1; fix it and push again"
std::string phrase(const Verdict& verdict);

std::string phrase(const Progress& progress);

}  // namespace livefix::rollout
