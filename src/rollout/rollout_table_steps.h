// For tests: what each event does at the end of a step, and where two services move together.
// rollout_table_way.h says how to read it.
#pragma once

#include <string_view>

namespace livefix::rollout {

// At the end of a step: its last figures are awaited.
inline constexpr std::string_view kEndOfStep = R"(
over: at 5 %
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) -> -baking; StepJudged; share 50
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

slow: it was slow at first, and is judged for the second time
    MemoryChecked(short) Measured(slow) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) -> -baking; StepJudged; share 50
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

wait: little traffic means to wait
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) -> -baking; StepJudged; share 50
    Measured(few) -> +waiting; WaitsForTraffic
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

waiting: and it waits
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) -> -baking; StepJudged; share 50
    Measured(slow) -> -looked; +second; -waiting; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(few) Measured(outdated) OldRestored Recorded
    RecordFailed ResumeAsked Tick(early) -> ignored

refuse: little traffic means to refuse
    MemoryChecked(short) Measured(few) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) -> -baking; StepJudged; share 50
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

last: at 100 %
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) -> to promoting; StepJudged; promote
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> +old down; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to promoting; +hurried; promote
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored
)";

// Two services; events are about shop, shares in the order shop, cart.
inline constexpr std::string_view kTwoServices = R"(
two starting: both start
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateReady -> -others start; CandidateIsUp
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

two, shop starting: cart is ready
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

two, cart starting: shop is ready
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

two, shop ill: cart is healthy and replayed to
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    HealthAnswered(well) -> -unhealthy; HealthPassed; replay
    HealthAnswered(ill) -> +ill
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried; -replaying
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

two moving: 5 % was ordered
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    ShareApplied(awaited) -> +baking; ShareTaken
    OldCrashed -> +old down; +takes all; OldIsDown; share 100 5
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; +hurried; share 100 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

two over: the figures of both are awaited
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    Measured(well) Measured(few) Measured(slow) -> noted
    OldCrashed -> -baking; +old down; +takes all; OldIsDown; share 100 5
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

two, shop over: those of cart are there
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    Measured(well) Measured(few) -> -baking; StepJudged; StepJudged; share 50 50
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> -baking; +old down; +takes all; OldIsDown; share 100 5
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

two, cart crashed: the old cart did; all was ordered for the new one
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +covering; +restoring; TakeBackBegan; share 0 100;
           take back, restore cart
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +covering; +restoring; TakeBackBegan; share 0 100;
           take back, restore cart
    ShareApplied(awaited) -> +baking; ShareTaken
    OldCrashed -> +at 100 %; OldIsDown; share 100 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; +hurried; share 100 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

two, cart back: and it runs again
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0 0; take back
    ShareApplied(awaited) -> +baking; ShareTaken
    OldCrashed -> +at 100 %; +old down; OldIsDown; share 100 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; +hurried; share 100 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

two, cart held: both healthy, shop replayed to
    MemoryChecked(short) Replayed(broken) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0 0; take back, restore cart
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0 0;
           take back, restore cart
    Replayed(well) -> +mirroring; -replaying; ReplayPassed; mirror
    Replayed(nothing) -> +mirroring; -replaying; mirror
    OldCrashed -> to shifting; +at 100 %; +takes all; OldIsDown; share 100 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to shifting; +at 100 %; +hurried; share 100 100
    Tick(due) Tick(day) -> +mirroring; -replaying; ReplayGivenUp; mirror
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored
)";

}  // namespace livefix::rollout
