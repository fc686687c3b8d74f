#include "control/run_world.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <ranges>

#include "base/overloaded.h"
#include "control/plan_memory.h"
#include "control/preview_key.h"
#include "model/codec.h"
#include "model/preview_pass.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

constexpr std::chrono::seconds kOfficePause{2};

bool begins_here(const link::Welcome& welcome) {
  return welcome.starts_of_control <= 1 && !welcome.stop_requested &&
         std::ranges::all_of(welcome.services, [](const link::ServiceSnapshot& service) {
           return service.units.empty() && number(service.plan.version) == 0;
         });
}

bool has_finished(const ServiceState& state) {
  return std::holds_alternative<Finished>(state.task);
}

bool has_given_up(const ServiceState& state) {
  return state.given_up;
}

Milliseconds longest_grace(const RunSpec& run) {
  Milliseconds longest{};
  for (const ServiceSpec& service : run.services) {
    longest = std::max(longest, service.timing.stop_grace);
  }
  return longest;
}

}  // namespace

RunWorld::RunWorld(boost::asio::io_context& context, const DriverSeams& seams,
                   link::Welcome welcome, WelcomeFds fds, Send send, std::function<void()> leave)
    : context_(context),
      welcome_(std::move(welcome)),
      send_(std::move(send)),
      leave_(std::move(leave)),
      orphans_(welcome_.keeper_pid),
      console_(context, welcome_.run.output, seams.standard_output, seams.standard_error),
      traffic_(fds.statistics, welcome_.workers),
      reporter_(welcome_.run, console_, traffic_),
      recordings_(
          context, welcome_.run, welcome_.workers,
          {std::move(fds.record_rings), std::move(fds.record_wake), std::move(fds.kept_records)}),
      replays_(context, welcome_.run, recordings_,
               {[this](std::size_t service_index, ReplayGeneration generation) {
                  return places_for_replay(service_index, generation);
                },
                [this](std::string_view symptom) { return symptoms_.samples_of(symptom); },
                [this](const std::string& what, const std::string& who) {
                  record_surely("replay", what, who);
                }}),
      output_(context, console_, log_, welcome_.run,
              welcome_.run.output.json
                  ? ProgramOutput::LineSink([this](std::size_t index, std::string_view label,
                                                   Stream stream, std::string_view line) {
                      services_.at(index)->program_line(label, stream, line);
                    })
                  : ProgramOutput::LineSink()),
      commons_(make_commons(context, seams)),
      symptoms_(context, {.run = welcome_.run,
                          .traffic = traffic_,
                          .recordings = recordings_,
                          .log = log_,
                          .generations = [this] { return generations(); }}),
      metrics_(traffic_, welcome_.keeper_pid, [this] { return facts(); }),
      feed_(context, feed_sources()),
      office_timer_(context),
      stop_is_recorded_(welcome_.stop_requested),
      certificates_(welcome_.run.proxy.certificates),
      certificate_timer_(context),
      access_log_(context, welcome_.run.proxy.access_log, access_log_handlers()),
      api_(context, std::move(fds.api), api_routes()) {
  std::span<os::Fd> outputs(fds.outputs);
  for (std::size_t index = 0; index < welcome_.run.services.size(); ++index) {
    services_.push_back(std::make_unique<ServiceWorld>(commons_, index));
    const std::size_t count = std::min(2 * welcome_.services[index].units.size(), outputs.size());
    services_.back()->attach_outputs(outputs.first(count));
    outputs = outputs.subspan(count);
  }
  metrics_.show([this] { return symptoms_.open(); });
}

RunWorld::~RunWorld() {
  console_.drain();
}

// Without the file the next livefix has another one, and links that are out are good no more; the
// next control has this one by the plan.
std::string RunWorld::preview_key() const {
  if (!welcome_.run.commits) return {};
  auto key = preview_key_in(welcome_.run.commits->state_directory);
  if (key) return *key;
  reporter_.warn(key.error().message + "; links to previews are good until livefix ends");
  for (const link::ServiceSnapshot& service : welcome_.services) {
    if (!service.plan.preview_key.empty()) return service.plan.preview_key;
  }
  return make_preview_key().value_or("");
}

Commons RunWorld::make_commons(boost::asio::io_context& context, const DriverSeams& seams) {
  return {.context = context,
          .seams = seams,
          .welcome = welcome_,
          .console = console_,
          .output = output_,
          .traffic = traffic_,
          .preview_key = preview_key(),
          .send = [this](const link::FromControl& order) { send_(order, {}); },
          .tell_of_run =
              [this](const Report& report) {
                const auto* began = std::get_if<StopBegan>(&report);
                const auto* back = std::get_if<ProxyCameBack>(&report);
                if (began) stop_began_ = *began;
                if (back) proxy_came_back_ = *back;
                if (began || back) boost::asio::post(context_, [this] { settle(); });
              },
          .tell_of_rollout =
              [this](std::size_t index, const Report& report) {
                if (const auto* crash = std::get_if<GenerationCrashed>(&report)) {
                  feed_.crashed(fmt::format("{} crashed", valid_utf8(crash->release.name)));
                }
                if (!office_) return;
                rollouts_->on_report(*services_.at(index), report);
                rollback_->on_report(*services_.at(index), report);
              },
          .wants_drained_proxy =
              [this](const link::DrainProxy& order) {
                if (!drain_proxy_ || drain_proxy_->ends < order.ends) drain_proxy_ = order;
                boost::asio::post(context_, [this] { settle(); });
              },
          .finished =
              [this](std::int32_t exit_status) {
                exit_status_ = std::max(exit_status_, exit_status);
                boost::asio::post(context_, [this] { finish_when_all_have(); });
              },
          .gave_up = [this] { boost::asio::post(context_, [this] { end_when_all_gave_up(); }); }};
}

Status RunWorld::open_office() {
  auto office = ReleaseOffice::open(context_, welcome_.run);
  if (!office) return std::unexpected(office.error());
  office_ = std::move(*office);
  const Announcer announcer(welcome_.run, console_);
  if (const auto ended = end_interrupted(*office_); !ended) {
    announcer.warn(owed_text(ended.error()));
  }
  std::vector<ServiceWorld*> services;
  for (const auto& service : services_) services.push_back(service.get());
  branch_ = std::make_unique<BranchSettler>(context_, *office_, announcer, [this] {
    return rollouts_->is_busy() || rollback_->is_busy();
  });
  rollout_symptoms_ = std::make_unique<RolloutSymptoms>(
      context_, *office_,
      [this](std::span<const ReleaseChange> changes) { return symptoms_.judge(changes); },
      announcer);
  rollout_symptoms_->on_gone([this](std::string_view id) { symptoms_.mark_gone(id); });
  rollouts_ = std::make_unique<RolloutDriver>(context_, *office_, welcome_.run, traffic_, services,
                                              *branch_, *rollout_symptoms_, recordings_, announcer,
                                              welcome_.keeper_pid);
  rollback_ =
      std::make_unique<Rollback>(*office_, services, *branch_, *rollout_symptoms_, announcer);
  drift_ = std::make_unique<DriftWatch>(context_, *office_, welcome_.run, announcer);
  token_file_ = std::make_unique<TokenFile>(
      fmt::format("{}/{}", welcome_.run.commits->state_directory, kTokenFileName),
      [announcer](const std::string& text) { announcer.warn(text); });
  tokens_ = std::make_unique<TokenRecords>(context_, *office_, *token_file_, announcer);
  notifier_ =
      std::make_unique<Notifier>(context_, *office_, welcome_.run, orphans_.mark(), announcer);
  symptoms_.on_new(
      [this](const observe::Symptom& symptom) { notifier_->notify(notice_of(symptom)); });
  if (welcome_.run.commits->listen) {
    push_door_ = std::make_unique<PushDoor>(
        context_, welcome_.run, orphans_.mark(), announcer,
        PushDoor::Answers{[this] { return metrics_.text(); },
                          [this](std::string_view secret) { return tokens_->find(secret); },
                          [this](std::string_view name) { return token_file_->named(name); },
                          api_routes()});
  }
  output_.observe([this](std::size_t index, UnitId unit, std::string_view line) {
    const auto& build = services_.at(index)->state().advance_build;
    if (build && build->unit == unit) rollouts_->on_build_line(*services_.at(index), line);
  });
  branch_->settle_later();
  office_->sweep();
  return {};
}

void RunWorld::go_on_without_office(const Error& trouble) {
  office_trouble_ = trouble.message;
  reporter_.warn(office_trouble_ + "; what runs goes on, and this is tried again");
  look_for_office_later();
}

// What another control reads in the keeper's snapshot it takes up with the ledger at hand; this one
// would have to bring what it assumed into line with it.
void RunWorld::look_for_office_later() {
  office_timer_.expires_after(kOfficePause);
  office_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (ReleaseOffice::open(context_, welcome_.run)) return leave_();
    look_for_office_later();
  });
}

Remembered RunWorld::memory_of(std::size_t service_index) const {
  if (!welcome_.run.commits) return {};
  if (!office_) return remember_by_plan(welcome_.services.at(service_index));
  return office_->remembered(services_.at(service_index)->spec());
}

Status RunWorld::begin() {
  const bool is_first = begins_here(welcome_);
  const auto opened = welcome_.run.commits ? open_office() : Status{};
  if (!opened && is_first) return opened;
  if (!opened) go_on_without_office(opened.error());
  for (const auto& service : services_) service->start_watching();
  if (!certificates_.empty()) publish_certificates();
  access_log_.begin();
  if (is_first) {
    Opening opening{{}, welcome_.takeover, welcome_.takeover_reason};
    for (const auto& service : services_) {
      opening.watched_files.push_back(service->watched_files());
    }
    reporter_.open(opening);
    if (office_ && office_->running().empty()) reporter_.waits_for_push();
    for (const auto& service : services_) service->warn_of_watcher();
  }
  if (tokens_) tokens_->begin();
  if (notifier_) notifier_->begin();
  if (push_door_) push_door_->open(is_first);
  for (std::size_t index = 0; index < services_.size(); ++index) {
    services_[index]->begin(is_first, memory_of(index));
  }
  symptoms_.begin();
  feed_.begin();
  if (welcome_.run.otlp) begin_traces();
  if (drift_) drift_->begin();
  settle();
  return {};
}

void RunWorld::begin_traces() {
  traces_ = std::make_unique<TraceReporter>(context_, welcome_.run, recordings_,
                                            Announcer(welcome_.run, console_));
  traces_->begin();
  metrics_.show(Metrics::DroppedSpans([this] { return traces_->dropped(); }));
  symptoms_.on_joined([this](std::uint64_t record, const observe::Symptom& symptom) {
    traces_->joined(record, symptom.id);
  });
  if (!office_) return;
  office_->observe(
      [this](const Recorded& recorded) { traces_->on_record(recorded, office_->book()); });
}

// --- messages ------------------------------------------------------------------------------------

void RunWorld::on_message(const link::ToControl& message, std::vector<os::Fd> fds) {
  std::visit(
      overloaded{
          [](const link::Welcome&) {},  // only ever the first message
          [](const link::TlsInUse&) {},
          [this](const link::TlsRefused& refused) {
            reporter_.warn(refused.reason + "; what was shown before is shown on");
          },
          [this](const link::LogTrouble& trouble) { access_log_.on_trouble(trouble); },
          [&](const link::UnitStarted& started) {
            if (ServiceWorld* service = owner(started.unit)) {
              service->on_unit_started(started, std::move(fds));
            }
          },
          [this](const link::LeaderExited& exited) {
            if (ServiceWorld* service = owner(exited.unit)) service->on_leader_exited(exited);
          },
          [this](const link::UnitGone& gone) {
            if (ServiceWorld* service = owner(gone.unit)) service->on_unit_gone(gone);
          },
          [this](const link::PlanApplied& applied) { feed_owner(find(applied.service), applied); },
          [this](const link::GenerationDrained& drained) {
            feed_owner(find(drained.service), drained);
          },
          [this](const link::ProxyDrained& event) { feed_all(event); },
          [this](const link::ProxyRestarted& event) { feed_all(event); },
          [this](const link::StopRequested& event) {
            feed_all(event);
            stop_by_signal(event.signal);
          },
          [this](const auto& of_unit) { feed_owner(owner(of_unit.unit), of_unit); }},
      message);
}

ServiceWorld* RunWorld::owner(UnitId unit) {
  const auto found = std::ranges::find_if(
      services_, [unit](const auto& service) { return service->numbers().has(unit); });
  return found == services_.end() ? nullptr : found->get();
}

ServiceWorld* RunWorld::find(std::string_view name) {
  const auto found = std::ranges::find_if(
      services_, [name](const auto& service) { return service->name() == name; });
  return found == services_.end() ? nullptr : found->get();
}

void RunWorld::feed_owner(ServiceWorld* owner, const Event& event) {
  if (owner) owner->feed(event);
}

void RunWorld::feed_all(const Event& event) {
  for (const auto& service : services_) service->feed(event);
  settle();
}

void RunWorld::settle() {
  if (const auto back = std::exchange(proxy_came_back_, {})) reporter_.tell(*back);
  if (const auto began = std::exchange(stop_began_, {})) reporter_.tell(*began);
  if (drain_proxy_ && all_of(is_stopping)) send_(*std::exchange(drain_proxy_, {}), {});
}

bool RunWorld::all_of(bool (*holds)(const ServiceState&)) const {
  return std::ranges::all_of(services_,
                             [&](const auto& service) { return holds(service->state()); });
}

// --- the end -------------------------------------------------------------------------------------

void RunWorld::finish_when_all_have() {
  if (finished_ || !all_of(has_finished)) return;
  finished_ = true;
  warn_of_what_is_owed();
  reporter_.tell(Stopped{exit_status_});
  // The keeper ends control with it: everything must have been said.
  access_log_.read_now();
  log_.close();
  console_.drain();
  send_(link::Finish{exit_status_}, {});
}

// The last moment for what the disk refused.
void RunWorld::warn_of_what_is_owed() {
  const auto paid = office_ ? office_->pay() : Status{};
  if (paid) return;
  reporter_.warn(fmt::format("the ledger ends without the last {}: {}",
                             count_text(office_->owed(), "record"), paid.error().message));
}

void RunWorld::end_when_all_gave_up() {
  if (nothing_left_ || !all_of(has_given_up)) return;
  nothing_left_ = true;
  reporter_.nothing_left();
  feed_all(NothingLeft{});
}

void RunWorld::on_link_closed() {
  if (all_of(has_finished)) return;  // as it was told to
  console_.drain();
  orphans_.end(longest_grace(welcome_.run));
}

// --- what the proxy is given
// --------------------------------------------------------------------------------

// What cannot be used is told, and what was shown before is shown on.
void RunWorld::publish_certificates() {
  look_at_certificates_later();
  const auto identities = certificates_.read();
  if (!identities) return reporter_.warn(identities.error().message);
  const auto memory = os::create_sealed_memory("livefix-tls", codec::encode(*identities));
  if (!memory) return reporter_.warn(memory.error().message);
  send_(link::PublishTls{}, std::array{memory->get()});
}

void RunWorld::look_at_certificates_later() {
  certificate_timer_.expires_after(CertificateFiles::kLookInterval);
  certificate_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (certificates_.changed()) return publish_certificates();
    look_at_certificates_later();
  });
}

AccessLogSource::Handlers RunWorld::access_log_handlers() {
  return {[this](const os::Fd& file) { send_(link::PublishLog{}, std::array{file.get()}); },
          [this](std::string_view text) { reporter_.warn(text); },
          [this](std::string_view line) { reporter_.access_line(line); },
          [this] { return console_.is_congested(); }};
}

}  // namespace livefix::control
