#include "control/notify_command.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/utf8.h"
#include "control/cgi_process.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

constexpr std::size_t kKeptOutput = 4096;
constexpr std::size_t kLongestLastLine = 200;

}  // namespace

std::string last_line_of(std::string_view output) {
  const auto end = output.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  output = output.substr(0, end + 1);
  if (const auto start = output.rfind('\n'); start != std::string_view::npos) {
    output.remove_prefix(start + 1);
  }
  std::string line = valid_utf8(output.substr(0, kLongestLastLine));
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

struct NotifyCommand::Job {
  Job(boost::asio::io_context& context, std::string input, Then callback)
      : timer(context), body(std::move(input)), then(std::move(callback)) {}

  boost::asio::steady_timer timer;
  const std::string body;
  Then then;
  std::shared_ptr<CgiProcess> process{};
  std::array<char, kKeptOutput> buffer{};
  std::string output{};  // the end of it
};

NotifyCommand::NotifyCommand(boost::asio::io_context& context, std::string command,
                             std::vector<std::string> environment, Milliseconds patience)
    : context_(context),
      command_(std::move(command)),
      environment_(std::move(environment)),
      patience_(patience),
      ender_(context, kGrace) {}

NotifyCommand::~NotifyCommand() {
  for (const auto& job : jobs_) {
    job->then = nullptr;
    if (auto left = job->process->abandon()) ender_.end(std::move(*left));
  }
}

void NotifyCommand::deliver(const Notification& notification, Then then) {
  auto environment = environment_;
  environment.push_back("LIVEFIX_EVENT=" + notification.event);
  environment.push_back("LIVEFIX_DELIVERY=" + notification.id);
  auto process = CgiProcess::start(context_, {"sh", "-c", command_}, environment);
  if (!process) {
    boost::asio::post(context_, [then = std::move(then), what = process.error().message] {
      then({DeliveryOutcome::Kind::again, what, {}});
    });
    return;
  }
  const auto job = std::make_shared<Job>(context_, notification.body, std::move(then));
  job->process = std::move(*process);
  jobs_.push_back(job);
  // One that reads nothing of it has it all the same.
  job->process->write(boost::asio::buffer(job->body),
                      [job](const CgiProcess::Error&, std::size_t) { job->process->end_input(); });
  job->timer.expires_after(patience_);
  job->timer.async_wait([this, job,
                         alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (error || alive.expired() || !job->then) return;
    if (auto left = job->process->abandon()) ender_.end(std::move(*left));
    end(job, {DeliveryOutcome::Kind::given_up,
              fmt::format("it had not ended within {}, and was ended", duration_text(patience_)),
              {}});
  });
  read_on(job);
}

void NotifyCommand::read_on(const std::shared_ptr<Job>& job) {
  job->process->read(
      boost::asio::buffer(job->buffer),
      [this, job, alive = std::weak_ptr(alive_)](const CgiProcess::Error& error, std::size_t size) {
        if (alive.expired() || !job->then) return;
        if (error) return ended(job);
        job->output.append(job->buffer.data(), size);
        if (job->output.size() > kKeptOutput)
          job->output.erase(0, job->output.size() - kKeptOutput);
        read_on(job);
      });
}

void NotifyCommand::ended(const std::shared_ptr<Job>& job) {
  using enum DeliveryOutcome::Kind;
  const int status = job->process->wait_status().value_or(-1);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return end(job, {delivered, "done", {}});
  std::string line = last_line_of(job->process->complaint());
  if (line.empty()) line = last_line_of(job->output);
  end(job,
      {given_up, fmt::format("it {}{}{}", ended_text(status), line.empty() ? "" : ": ", line), {}});
}

void NotifyCommand::end(const std::shared_ptr<Job>& job, const DeliveryOutcome& outcome) {
  job->timer.cancel();
  jobs_.remove(job);
  std::exchange(job->then, nullptr)(outcome);
}

}  // namespace livefix::control
