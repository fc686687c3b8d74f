// For tests: what each event does where no old generation runs beside the candidate: it crashed,
// there was none, or it is stopped to make room. rollout_table_way.h says how to read it.
#pragma once

#include <string_view>

namespace livefix::rollout {

// The old generation crashed.
inline constexpr std::string_view kOldCrashed = R"(
crashed preparing: while the commit was laid out
    LaidOut -> to building; build; BuildBegan
    LayOutFailed AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    MemoryChecked(short) -> +no room; +room known
    OldRestored -> -old down; -takes all
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

crashed memory: while there was a look at memory
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short)
        -> to starting; +begun; +held; +no room; +room known; start held; StartBegan
    OldRestored -> -old down; -takes all
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    Tick(due) Tick(day) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

crashed starting: while the candidate started
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    OldRestored -> -old down; -takes all
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

crashed health: while its health was asked
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    HealthAnswered(ill) -> +ill
    OldRestored -> -old down; -takes all
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

crashed moving: 100 % was ordered instead of 5 %
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +covering; +restoring; TakeBackBegan; share 100; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    ShareApplied(awaited) -> +baking; ShareTaken
    OldRestored -> -old down
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldCrashed Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

crashed baking: the same, and it is in use
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; +covering; +restoring; TakeBackBegan; share 100; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    Measured(well) Measured(few) Measured(slow) -> +looked
    OldRestored -> -old down
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to promoting; +hurried; promote
    Tick(due) -> measure
    Tick(day)
        -> to taking_back; +covering; +restoring; measure; TakeBackBegan; share 100;
           take back, restore shop
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldCrashed Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

crashed, back: the old one runs again meanwhile
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) Measured(slow) -> +looked
    OldCrashed -> +old down; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to promoting; +hurried; promote
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored
)";

// There was none: a first release.
inline constexpr std::string_view kFirstRelease = R"(
first preparing
    LaidOut -> to building; build; BuildBegan
    LayOutFailed MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

first memory
    MemoryChecked(enough) -> to starting; +begun; +room known; start beside; StartBegan
    MemoryChecked(short) AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Tick(due) Tick(day) -> to starting; +begun; start beside; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed OldRestored Recorded
    RecordFailed ResumeAsked Tick(early) -> ignored

first starting
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

first health
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    HealthAnswered(ill) -> +ill
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

first paused: all is proven
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; TakeBackBegan; share 0; take back
    ResumeAsked -> to shifting; +at 100 %; -paused; WasResumed; share 100
    PromoteAsked -> to shifting; +at 100 %; +hurried; -paused; share 100
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed
    PauseAsked Tick(early) -> ignored

first baking
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; TakeBackBegan; share 0; take back
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; TakeBackBegan; share 0; take back
    Measured(well) Measured(few) Measured(slow) -> +looked
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to promoting; +hurried; promote
    Tick(due) -> measure
    Tick(day) -> to taking_back; measure; TakeBackBegan; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldCrashed OldRestored Recorded
    RecordFailed ResumeAsked Tick(early) -> ignored

first back: it is taken back
    CandidateFailed CandidateCrashed -> +candidate died
    ShareApplied(awaited) -> to taken_back; EndedTakenBack
    Tick(due) Tick(day) ControlComesBack -> share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied(late) Measured OldCrashed OldRestored Recorded RecordFailed PauseAsked
    ResumeAsked PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored
)";

// Held and swapped: the old one is stopped before the candidate starts.
inline constexpr std::string_view kHeld = R"(
held preparing: it still serves
    LaidOut -> to building; build; BuildBegan
    LayOutFailed MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to refused; discard; EndedRefused
    MemoryChecked(enough) -> +room known
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Built BuildFailed CandidateReady CandidateFailed CandidateCrashed HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored Recorded RecordFailed ResumeAsked Tick(early)
        -> ignored

held memory: it still serves
    MemoryChecked(enough)
        -> to starting; +begun; +held; +old down; +room known; start held; StartBegan
    MemoryChecked(short) AbortAsked PusherLeft ControlComesBack -> to refused; discard; EndedRefused
    OldCrashed -> +old down; +takes all; OldIsDown
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    Tick(due) Tick(day) -> to starting; +begun; +held; +old down; start held; StartBegan
    LaidOut LayOutFailed Built BuildFailed CandidateReady CandidateFailed CandidateCrashed
    HealthAnswered Replayed Mirrored ShareApplied Measured OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

held starting: requests wait from here on
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

held by memory: there was no room for two
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateReady -> to verifying; +unhealthy; CandidateIsUp; ask its health
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

held health
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    HealthAnswered(ill) -> +ill
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed ResumeAsked
    Tick(early) -> ignored

held paused
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; -paused; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; -paused; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    HealthAnswered(well) -> to shifting; +at 100 %; HealthPassed; share 100
    HealthAnswered(ill) -> +ill
    ResumeAsked -> -paused; WasResumed
    PromoteAsked -> +hurried; -paused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored Recorded RecordFailed PauseAsked
    Tick(early) -> ignored

held moving
    MemoryChecked(short) AbortAsked PusherLeft Tick(due) Tick(day) ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    ShareApplied(awaited) -> +baking; ShareTaken
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> +hurried
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied(late) Measured OldCrashed OldRestored Recorded RecordFailed
    ResumeAsked Tick(early) -> ignored

held baking
    MemoryChecked(short) Measured(errors) AbortAsked PusherLeft ControlComesBack
        -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    CandidateFailed CandidateCrashed
        -> to taking_back; +candidate died; +restoring; TakeBackBegan; share 0;
           take back, restore shop
    Measured(well) Measured(few) Measured(slow) -> +looked
    PauseAsked -> +paused; WasPaused
    PromoteAsked -> to promoting; +hurried; promote
    Tick(due) -> measure
    Tick(day)
        -> to taking_back; +restoring; measure; TakeBackBegan; share 0; take back, restore shop
    LaidOut LayOutFailed Built BuildFailed MemoryChecked(enough) CandidateReady HealthAnswered
    Replayed Mirrored ShareApplied Measured(outdated) OldCrashed OldRestored Recorded
    RecordFailed ResumeAsked Tick(early) -> ignored
)";

}  // namespace livefix::rollout
