// The commands of livefix. Each parses its own arguments (those after its name), does its work and
// returns an exit status; only `run` and `serve` may return what is to be run instead.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/command_line.h"
#include "model/run_spec.h"

namespace livefix::cli {

using Outcome = std::variant<int, RunSpec>;
using Arguments = std::span<const std::string>;

// A file each: run_command.cc, status_command.cc, ...
Outcome run_service(Arguments arguments);
Outcome serve_services(Arguments arguments);
Outcome push_commit(Arguments arguments);
Outcome show_status(Arguments arguments);
Outcome watch_services(Arguments arguments);
Outcome reload_service(Arguments arguments);
Outcome stop_service(Arguments arguments);
Outcome manage_tokens(Arguments arguments);
Outcome print_completion(Arguments arguments);
Outcome show_logs(Arguments arguments);
Outcome show_routes(Arguments arguments);
Outcome print_metrics(Arguments arguments);
Outcome list_requests(Arguments arguments);
Outcome show_request(Arguments arguments);
Outcome show_symptoms(Arguments arguments);
Outcome replay_requests(Arguments arguments);
Outcome show_plan(Arguments arguments);
Outcome show_diff(Arguments arguments);
Outcome show_drift(Arguments arguments);
Outcome show_history(Arguments arguments);
Outcome show_rollout(Arguments arguments);
Outcome roll_back(Arguments arguments);
Outcome pause_rollout(Arguments arguments);
Outcome resume_rollout(Arguments arguments);
Outcome promote_rollout(Arguments arguments);
Outcome abort_rollout(Arguments arguments);
Outcome show_preview(Arguments arguments);
Outcome audit_ledger(Arguments arguments);
Outcome send_notifications(Arguments arguments);
// Called by Git, so that it is no command of the help text.
Outcome run_hook(Arguments arguments);

std::vector<OptionInfo> run_options();
std::vector<OptionInfo> serve_options();
std::vector<OptionInfo> push_options();
std::vector<OptionInfo> status_options();
std::vector<OptionInfo> top_options();
std::vector<OptionInfo> reload_options();
std::vector<OptionInfo> stop_options();
std::vector<OptionInfo> token_options();
std::vector<OptionInfo> completion_options();
std::vector<OptionInfo> logs_options();
std::vector<OptionInfo> routes_options();
std::vector<OptionInfo> metrics_options();
std::vector<OptionInfo> requests_options();
std::vector<OptionInfo> request_options();
std::vector<OptionInfo> symptoms_options();
std::vector<OptionInfo> replay_options();
std::vector<OptionInfo> plan_options();
std::vector<OptionInfo> diff_options();
std::vector<OptionInfo> drift_options();
std::vector<OptionInfo> history_options();
std::vector<OptionInfo> show_options();
std::vector<OptionInfo> rollback_options();
std::vector<OptionInfo> preview_options();
std::vector<OptionInfo> audit_options();
// Of those that take nothing but which livefix is meant.
std::vector<OptionInfo> choice_options();

struct Command {
  std::string_view name;
  std::string_view summary;
  Outcome (*start)(Arguments);
  std::vector<OptionInfo> (*options)();
};

// In the order of the help text. `livefix` without a command takes the options of `run`.
inline constexpr std::array kCommands = {
    Command{"run", "Run a program whose name is one of these", run_service, run_options},
    Command{"serve", "Run services whose releases are pushed commits", serve_services,
            serve_options},
    Command{"push", "Push a commit from a pipeline, and wait for the verdict", push_commit,
            push_options},
    Command{"status", "Show what runs", show_status, status_options},
    Command{"top", "Watch what runs, live", watch_services, top_options},
    Command{"reload", "Start a new process now and switch over to it", reload_service,
            reload_options},
    Command{"stop", "Finish the requests under way, then stop", stop_service, stop_options},
    Command{"logs", "Show what the programs wrote", show_logs, logs_options},
    Command{"routes", "Show requests, errors and times by route", show_routes, routes_options},
    Command{"metrics", "Print what livefix counts, for Prometheus", print_metrics, metrics_options},
    Command{"requests", "List the requests that failed, and some that went well", list_requests,
            requests_options},
    Command{"request", "Show one of them", show_request, request_options},
    Command{"symptoms", "List what fails, how often, and since which release", show_symptoms,
            symptoms_options},
    Command{"replay", "Send some of them again, and tell what differs", replay_requests,
            replay_options},
    Command{"plan", "Tell what a push would do, and why", show_plan, plan_options},
    Command{"diff", "Show what runs against a commit", show_diff, diff_options},
    Command{"drift", "Show, keep or undo edits by hand in what runs", show_drift, drift_options},
    Command{"history", "List what was rolled out", show_history, history_options},
    Command{"show", "Tell all of a rollout", show_rollout, show_options},
    Command{"rollback", "Go back to what ran before", roll_back, rollback_options},
    Command{"pause", "Hold a rollout at the share that it has", pause_rollout, choice_options},
    Command{"resume", "Let a rollout go on that was paused", resume_rollout, choice_options},
    Command{"promote", "Give a new release all traffic now", promote_rollout, choice_options},
    Command{"abort", "Take a rollout back", abort_rollout, choice_options},
    Command{"preview", "See a new release before it has traffic", show_preview, preview_options},
    Command{"audit", "List what is on record, or prove it whole", audit_ledger, audit_options},
    Command{"notify", "Try out who is told of rollouts and drift", send_notifications,
            choice_options},
    Command{"token", "Say who may push over HTTP", manage_tokens, token_options},
    Command{"completion", "Print tab completion for bash, zsh or fish", print_completion,
            completion_options},
};

// nullptr: none of livefix's own.
const Command* find_command(std::string_view name);

}  // namespace livefix::cli
