#include "cli/top_feed.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>

#include "cli/caller_name.h"
#include "cli/service_status.h"
#include "cli/symptom_text.h"
#include "os/wake_event.h"

namespace livefix::cli {
namespace {

constexpr std::chrono::seconds kBetweenReadings{1};
constexpr Milliseconds kPatienceOfReading{3'000};
constexpr Milliseconds kPatienceOfCommand{300'000};

}  // namespace

Result<std::unique_ptr<TopFeed>> TopFeed::open(std::string socket_path) {
  auto wake = os::make_wake_event();
  if (!wake) return std::unexpected(wake.error());
  return std::unique_ptr<TopFeed>(new TopFeed(std::move(socket_path), std::move(*wake)));
}

TopFeed::TopFeed(std::string socket_path, os::Fd wake)
    : socket_path_(std::move(socket_path)), wake_(std::move(wake)), thread_([this] { run(); }) {}

TopFeed::~TopFeed() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
  }
  changed_.notify_all();
  thread_.join();
  if (command_thread_.joinable()) command_thread_.join();
}

std::vector<TopNews> TopFeed::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(wake_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

void TopFeed::tell(TopNews news) {
  {
    const std::lock_guard lock(mutex_);
    news_.push_back(std::move(news));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(wake_.get(), &one, sizeof one);
}

void TopFeed::look_at(const std::string& symptom, bool routes) {
  {
    const std::lock_guard lock(mutex_);
    if (symptom_ == symptom && routes_ == routes) return;
    symptom_ = symptom;
    routes_ = routes;
    is_asked_now_ = true;
  }
  changed_.notify_all();
}

// --- questions -----------------------------------------------------------------------------------

// The connection is known while it is asked, so that the end need not wait for its answer.
Result<ApiAnswer> TopFeed::ask_control(const ApiRequest& request) {
  auto connection = connect_to_socket(socket_path_, kPatienceOfReading);
  if (!connection) return std::unexpected(connection.error());
  const os::Fd known(dup(connection->get()));
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || !known) return fail("it was not asked any more");
    connections_.insert(known.get());
  }
  auto answer = ask(std::move(*connection), request);
  const std::lock_guard lock(mutex_);
  connections_.erase(known.get());
  return answer;
}

Result<std::string> TopFeed::ask_for(const ApiRequest& request) {
  auto answer = ask_control(request);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 200) return std::move(answer->body);
  const auto outcome = parse_outcome(answer->body);
  return fail("{}", outcome ? outcome->message : outcome.error().message);
}

void TopFeed::read() {
  std::string symptom;
  bool routes = false;
  {
    const std::lock_guard lock(mutex_);
    symptom = symptom_;
    routes = routes_;
  }
  const auto get = [this](std::string target) {
    return ask_for({.target = std::move(target), .timeout = kPatienceOfReading});
  };
  TopReading reading;
  const auto status = get("/v1/status");
  reading.at = Clock::now();
  const auto known = status ? add_status(reading, *status) : std::unexpected(status.error());
  if (!known) return tell(TopLost{known.error().message});
  if (const auto symptoms = get("/v1/symptoms")) {
    if (const auto added = add_symptoms(reading, *symptoms); !added) {
      return tell(TopLost{added.error().message});
    }
  }
  if (const auto history = get("/v1/history")) add_history(reading, *history);
  if (!reading.history.empty()) {
    const auto rollout = get(fmt::format("/v1/rollout?id={}", reading.history.front().id));
    if (rollout) add_rollout(reading, *rollout);
  }
  if (routes) {
    if (const auto counted = get("/v1/routes")) add_routes(reading, *counted);
  }
  tell(std::move(reading));
  if (symptom.empty()) return;
  const auto about = get("/v1/symptoms?id=" + symptom);
  const auto text = about ? symptom_text(*about) : std::unexpected(about.error());
  tell(TopSymptomText{symptom, text ? *text : text.error().message});
}

void TopFeed::run() {
  for (;;) {
    read();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kBetweenReadings, [this] { return is_stopping_ || is_asked_now_; });
    is_asked_now_ = false;
    if (is_stopping_) return;
  }
}

bool TopFeed::give(const std::string& command) {
  {
    const std::lock_guard lock(mutex_);
    if (is_commanding_) return false;
    is_commanding_ = true;
  }
  if (command_thread_.joinable()) command_thread_.join();
  command_thread_ = std::thread([this, command] {
    const auto body = ask_for({.is_post = true,
                               .target = fmt::format("/v1/{}?who={}", command, caller_name()),
                               .timeout = kPatienceOfCommand});
    const auto outcome = body ? parse_outcome(*body) : std::unexpected(body.error());
    {
      const std::lock_guard lock(mutex_);
      is_commanding_ = false;
      is_asked_now_ = true;
    }
    changed_.notify_all();
    TopOutcome told;
    told.ok = outcome && outcome->ok;
    told.text = outcome ? outcome->message : outcome.error().message;
    tell(std::move(told));
  });
  return true;
}

}  // namespace livefix::cli
