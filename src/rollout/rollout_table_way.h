// For tests: what each event does to a rollout that has no trouble, that somebody hurries or
// pauses.
//
// How to read it: a situation (rollout_situations.h) stands at the beginning of its line, and below
// it each event (rollout_samples.h), or several of them, and what they do (rollout_outcome.h): "to"
// the next phase where it is another one, what of the state is another ("+paused", "-hurried"),
// what is to be done, in its order, and what is said ("WasPaused"). "Measured" is whatever is
// measured, "Measured(slow)" that only. "noted": the state remembers a figure or a time.
// "ControlComesBack": after it died there.
#pragma once

#include <string_view>

namespace livefix::rollout {

// On its way. The service wants whatever it can want.
inline constexpr std::string_view kOnItsWay = R"(
preparing: the commit is being laid out
    LaidOut -> to building; build; BuildBegan
    LayOutFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

building: it is being built
    Built -> +built; ask for memory
    BuildFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

memory: built; whether there is room for two is being found out
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short)
        -> to starting; +begun; +held; +no room; +old down; +room known; start held; StartBegan
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    Tick(due) Tick(day) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

starting: the candidate starts
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

health: its health was asked, the answer is awaited
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> +replaying; -unhealthy; HealthPassed; replay
    HealthAnswered(ill) -> +ill
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

ill: it answered ill, and is asked again in a moment
    MemoryChecked(short) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> -ill; +replaying; -unhealthy; HealthPassed; replay
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Tick(due) -> -ill; ask its health
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady
    HealthAnswered(ill) Replayed Mirrored ShareApplied Measured OldRestored Recorded
    RecordFailed ResumeAsked Tick(early) -> ignored

replaying: it is sent what was recorded
    MemoryChecked(short) Replayed(broken) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Replayed(well) -> +mirroring; -replaying; ReplayPassed; mirror
    Replayed(nothing) -> +mirroring; -replaying; mirror
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to shifting; +at 100 %; +hurried; share 100
    Tick(due) Tick(day) -> +mirroring; -replaying; ReplayGivenUp; mirror
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

mirroring: it is sent what the old one is asked
    MemoryChecked(short) Mirrored(broken) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Mirrored(well) -> -mirroring; +shown; MirrorPassed; PreviewBegan
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to shifting; +at 100 %; +hurried; share 100
    Tick(due) Tick(day) -> -mirroring; +shown; MirrorGivenUp; PreviewBegan
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

shown: proven; a person may look at it
    MemoryChecked(short) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    ResumeAsked -> to shifting; WasResumed; share 5
    PromoteAsked -> to shifting; +at 100 %; +hurried; share 100
    Tick(due) Tick(day) -> to shifting; share 5
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed Tick(early) -> ignored

moving: 5 % was ordered, and is not in use yet
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    ShareApplied(awaited) -> +baking; ShareTaken
    OldCrashed -> +at 100 %; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; +hurried; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

baking: 5 % is in use, no figures yet
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) Measured(slow) -> +looked
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; -baking; +hurried; share 100
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored
)";

// What is not asked for is left out; what was said of memory before it was asked counts.
inline constexpr std::string_view kLeftOut = R"(
plain: a candidate starts that nothing is wanted of
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateReady -> to shifting; CandidateIsUp; share 5
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

unbaked: the same with its first share ordered; its steps have no bake
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    ShareApplied(awaited) -> +baking; ShareTaken; measure
    OldCrashed -> +at 100 %; +old down; +takes all; OldIsDown; share 100
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +at 100 %; +hurried; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

mirror only: a candidate starts that is only mirrored to
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateReady -> to verifying; +mirroring; CandidateIsUp; mirror
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

room: preparing, and there is room for two
    LaidOut -> to building; build; BuildBegan
    LayOutFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(short) -> +no room
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Built BuildFailed MemoryChecked(enough) CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

no room: building, and there is none
    Built -> to starting; +begun; +held; +old down; start held; StartBegan
    BuildFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> -no room
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed MemoryChecked(short) CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

never held: memory is asked of one that must not be held
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short) AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Tick(due) Tick(day) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored
)";

// To be promoted by hand: no more proofs, steps and bake.
inline constexpr std::string_view kHurried = R"(
hurried preparing
    LaidOut -> to building; build; BuildBegan
    LayOutFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked PromoteAsked
    Tick(early) -> ignored

hurried building
    Built -> +built; ask for memory
    BuildFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    LaidOut LayOutFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked PromoteAsked
    Tick(early) -> ignored

hurried memory
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short)
        -> to starting; +begun; +held; +no room; +old down; +room known; start held; StartBegan
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    Tick(due) Tick(day) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked PromoteAsked Tick(early) -> ignored

hurried starting
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked PromoteAsked
    Tick(early) -> ignored

hurried health
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    HealthAnswered(ill) -> +ill
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked PromoteAsked
    Tick(early) -> ignored

hurried ill
    MemoryChecked(short) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    Tick(due) -> -ill; ask its health
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady
    HealthAnswered(ill) Replayed Mirrored ShareApplied Measured OldRestored Recorded
    RecordFailed ResumeAsked PromoteAsked Tick(early) -> ignored

hurried moving: 100 % was ordered
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    ShareApplied(awaited) -> to promoting; ShareTaken; promote
    OldCrashed -> +old down; OldIsDown
    PauseAsked -> -hurried; +paused; WasPaused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed ResumeAsked
    PromoteAsked Tick(early) -> ignored
)";

// Paused by hand.
inline constexpr std::string_view kPaused = R"(
paused preparing
    LaidOut -> to building; build; BuildBegan
    LayOutFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; -paused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused building
    Built -> +built; ask for memory
    BuildFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; -paused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    LaidOut LayOutFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused memory
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short)
        -> to starting; +begun; +held; +no room; +old down; +room known; start held; StartBegan
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    AbortAsked PusherLeft Tick(day) ControlComesBack -> to refused; -paused; discard; EndedRefused
    Tick(due) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    PauseAsked Tick(early) -> ignored

paused starting
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused health
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> +replaying; -unhealthy; HealthPassed; replay
    HealthAnswered(ill) -> +ill
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused ill
    MemoryChecked(short) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> -ill; +replaying; -unhealthy; HealthPassed; replay
    OldCrashed -> +old down; +takes all; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    Tick(due) -> -ill; ask its health
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady
    HealthAnswered(ill) Replayed Mirrored ShareApplied Measured OldRestored Recorded
    RecordFailed PauseAsked Tick(early) -> ignored

paused replaying
    MemoryChecked(short) Replayed(broken) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Replayed(well) -> +mirroring; -replaying; ReplayPassed; mirror
    Replayed(nothing) -> +mirroring; -replaying; mirror
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> to shifting; +at 100 %; +hurried; -paused; share 100
    Tick(due) -> +mirroring; -replaying; ReplayGivenUp; mirror
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused mirroring
    MemoryChecked(short) Mirrored(broken) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Mirrored(well) -> -mirroring; +shown; MirrorPassed; PreviewBegan
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> to shifting; +at 100 %; +hurried; -paused; share 100
    Tick(due) -> -mirroring; +shown; MirrorGivenUp; PreviewBegan
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked Tick(early)
        -> ignored

paused shown
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> to shifting; -paused; WasResumed; share 5
    PromoteAsked -> to shifting; +at 100 %; +hurried; -paused; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked
    Tick(early) -> ignored

paused proven: only the pause holds it
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    OldCrashed -> to shifting; +at 100 %; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> to shifting; -paused; WasResumed; share 5
    PromoteAsked -> to shifting; +at 100 %; +hurried; -paused; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed PauseAsked
    Tick(early) -> ignored

paused moving
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    ShareApplied(awaited) -> +baking; ShareTaken
    OldCrashed -> +at 100 %; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +at 100 %; +hurried; -paused; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed PauseAsked
    Tick(early) -> ignored

paused baking
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) Measured(slow) -> +looked
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +at 100 %; -baking; +hurried; -paused; share 100
    Tick(due) -> measure
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    PauseAsked Tick(early) -> ignored

paused over: the step is over, and only the pause holds it
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Measured(few) -> noted
    Measured(slow) -> -looked; +second; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -baking; -paused; WasResumed; StepJudged; share 50
    PromoteAsked -> +at 100 %; -baking; +hurried; -paused; share 100
    Tick(due) -> measure
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(well) Measured(outdated) OldRestored Recorded
    RecordFailed PauseAsked Tick(early) -> ignored

paused waiting: while it waited for requests
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Measured(well) -> noted
    Measured(slow) -> -looked; +second; -waiting; LooksAgain
    OldCrashed -> +at 100 %; -baking; +old down; +takes all; OldIsDown; share 100
    ResumeAsked -> -paused; WasResumed; WaitsForTraffic
    PromoteAsked -> +at 100 %; -baking; +hurried; -paused; share 100
    Tick(due) -> measure
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(few) Measured(outdated) OldRestored Recorded
    RecordFailed PauseAsked Tick(early) -> ignored

paused at 100 %: after a promote by hand
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) Measured(slow) -> +looked
    OldCrashed -> +old down; OldIsDown
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> to promoting; +hurried; -paused; promote
    Tick(due) -> measure
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    PauseAsked Tick(early) -> ignored
)";

}  // namespace livefix::rollout
