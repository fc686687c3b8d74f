// For tests: what each event does to a rollout that is decided, taken back, or over.
// rollout_table_way.h says how to read it.
#pragma once

#include <string_view>

namespace livefix::rollout {

// Decided.
inline constexpr std::string_view kDecided = R"(
promoting: it is being recorded
    CandidateFailed CandidateCrashed -> +candidate died
    OldCrashed -> +old down; OldIsDown
    Recorded -> to promoted; retire; EndedPromoted
    RecordFailed -> to taking_back; TakeBackBegan; share 0; take back
    AbortAsked -> AbortIsLate
    ControlComesBack -> promote
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldRestored PauseAsked ResumeAsked PromoteAsked PusherLeft
    Tick -> ignored

promoting, crashed: the old one did
    CandidateFailed CandidateCrashed -> +candidate died
    OldRestored -> -old down
    Recorded -> to promoted; retire; EndedPromoted
    RecordFailed
        -> to taking_back; +covering; +restoring; TakeBackBegan; share 100; take back, restore shop
    AbortAsked -> AbortIsLate
    ControlComesBack -> promote
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed PauseAsked ResumeAsked PromoteAsked PusherLeft
    Tick -> ignored

promoting, died: the candidate did, too
    OldRestored -> -old down
    Recorded -> to promoted; retire; EndedPromoted
    RecordFailed -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    AbortAsked -> AbortIsLate
    ControlComesBack -> promote
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady CandidateFailed
    CandidateCrashed HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed
    PauseAsked ResumeAsked PromoteAsked PusherLeft Tick -> ignored

promoting held
    CandidateFailed CandidateCrashed -> +candidate died
    Recorded -> to promoted; EndedPromoted
    RecordFailed -> to taking_back; +restoring; TakeBackBegan; share 0; take back, restore shop
    AbortAsked -> AbortIsLate
    ControlComesBack -> promote
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored PauseAsked ResumeAsked PromoteAsked
    PusherLeft Tick -> ignored

promoting first
    CandidateFailed CandidateCrashed -> +candidate died
    Recorded -> to promoted; EndedPromoted
    RecordFailed -> to taking_back; TakeBackBegan; share 0; take back
    AbortAsked -> AbortIsLate
    ControlComesBack -> promote
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed OldRestored PauseAsked ResumeAsked PromoteAsked
    PusherLeft Tick -> ignored

promoted
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady CandidateFailed
    CandidateCrashed HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed
    OldRestored Recorded RecordFailed PauseAsked ResumeAsked PromoteAsked AbortAsked PusherLeft
    Tick ControlComesBack -> ignored
)";

// Taking back.
inline constexpr std::string_view kTakingBack = R"(
back: the shares were ordered
    CandidateFailed CandidateCrashed -> +candidate died
    ShareApplied(awaited) -> to taken_back; EndedTakenBack
    OldCrashed -> +old down; +restoring; OldIsDown; share 0; take back, restore shop
    Tick(due) Tick(day) ControlComesBack -> share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied(late) Measured OldRestored Recorded RecordFailed PauseAsked
    ResumeAsked PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

restoring: the old one has to start first
    CandidateFailed CandidateCrashed -> +candidate died
    ShareApplied(awaited) -> +applied
    OldRestored -> -old down; -restoring
    Tick(due) ControlComesBack -> share 0; take back, restore shop
    Tick(day) -> +missing; -restoring; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied(late) Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

restoring, shared: the proxy has the shares
    CandidateFailed CandidateCrashed -> +candidate died
    OldRestored -> to taken_back; -old down; EndedTakenBack
    Tick(due) ControlComesBack -> share 0; take back, restore shop
    Tick(day) -> to taken_back; +missing; EndedTakenBack
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

covering: the candidate serves until the old one does
    CandidateFailed CandidateCrashed -> +candidate died; -covering; share 0; take back, restore shop
    ShareApplied(awaited) -> +applied
    OldRestored -> -covering; -old down; -restoring; share 0; take back
    Tick(due) ControlComesBack -> share 100; take back, restore shop
    Tick(day) -> -covering; +missing; -restoring; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied(late) Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

covering, shared: the proxy has the shares
    CandidateFailed CandidateCrashed
        -> -applied; +candidate died; -covering; share 0; take back, restore shop
    OldRestored -> -applied; -covering; -old down; -restoring; share 0; take back
    Tick(due) ControlComesBack -> share 100; take back, restore shop
    Tick(day) -> -applied; -covering; +missing; -restoring; share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

missing: the old one did not start in time; the proxy has not answered
    CandidateFailed CandidateCrashed -> +candidate died
    ShareApplied(awaited) -> to taken_back; EndedTakenBack
    OldRestored -> -missing; -old down
    Tick(due) Tick(day) ControlComesBack -> share 0; take back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied(late) Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

two restoring
    CandidateFailed CandidateCrashed -> +candidate died
    OldRestored -> noted
    Tick(due) ControlComesBack -> share 0 0; take back, restore cart, restore shop
    Tick(day) -> to taken_back; +missing; EndedTakenBack
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady HealthAnswered Replayed
    Mirrored ShareApplied Measured OldCrashed Recorded RecordFailed PauseAsked ResumeAsked
    PromoteAsked AbortAsked PusherLeft Tick(early) -> ignored

taken back
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady CandidateFailed
    CandidateCrashed HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed
    OldRestored Recorded RecordFailed PauseAsked ResumeAsked PromoteAsked AbortAsked PusherLeft
    Tick ControlComesBack -> ignored

taken back, missing
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady CandidateFailed
    CandidateCrashed HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed
    OldRestored Recorded RecordFailed PauseAsked ResumeAsked PromoteAsked AbortAsked PusherLeft
    Tick ControlComesBack -> ignored

refused
    LaidOut LayOutFailed Built BuildFailed MemoryChecked CandidateReady CandidateFailed
    CandidateCrashed HealthAnswered Replayed Mirrored ShareApplied Measured OldCrashed
    OldRestored Recorded RecordFailed PauseAsked ResumeAsked PromoteAsked AbortAsked PusherLeft
    Tick ControlComesBack -> ignored
)";

}  // namespace livefix::rollout
