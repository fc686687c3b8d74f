// For tests of GitHttp: a bare repository, a working tree, a server on a thread of its own, and
// clients that are the real Git, or bytes on a socket.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "control/git_http.h"
#include "control/token_file.h"
#include "os/file_replacement.h"
#include "os/session_process.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"
#include "os/terminal.h"

namespace livefix::control {

inline constexpr auto kTestPatience = std::chrono::seconds(30);

// Bytes as they come, until the other side ends; nobody waits longer than kTestPatience.
class ByteReader {
 public:
  explicit ByteReader(int fd) : fd_(fd) {}

  // All up to and with `mark`; less when the end comes before it.
  std::string until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = pending_.find(mark)) == std::string::npos) {
      if (!more()) return std::exchange(pending_, {});
    }
    std::string text = pending_.substr(0, at + mark.size());
    pending_.erase(0, text.size());
    return text;
  }
  std::string rest() {
    while (more()) {
    }
    return std::exchange(pending_, {});
  }

 private:
  bool more() {
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(Milliseconds(kTestPatience).count())) != 1) {
      ADD_FAILURE() << "nothing came; until now: " << pending_;
      return false;
    }
    char buffer[4096];
    const ssize_t size = read(fd_, buffer, sizeof buffer);
    if (size > 0) pending_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  int fd_;
  std::string pending_;
};

// A program that runs beside the test, with its output and errors in one pipe.
class TestProgram {
 public:
  TestProgram(const std::vector<std::string>& command, std::vector<std::string> environment) {
    auto output = os::open_pipe();
    const os::Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto started = os::SessionProcess::start({.command = command,
                                              .environment = std::move(environment),
                                              .standard_input = null.get(),
                                              .standard_output = output->writer.get(),
                                              .standard_error = output->writer.get()});
    if (started) process_.emplace(std::move(*started));
    reader_ = std::move(output->reader);
    bytes_.emplace(reader_.get());
  }

  std::string until(std::string_view mark) { return bytes_->until(mark); }
  std::string rest() { return bytes_->rest(); }
  void kill() { process_->signal(SIGKILL); }
  // The exit status; -1: killed, or none in time.
  int status() {
    pollfd ended{process_->descriptor(), POLLIN, 0};
    poll(&ended, 1, static_cast<int>(Milliseconds(kTestPatience).count()));
    const auto status = process_->reap();
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }

 private:
  std::optional<os::SessionProcess> process_;
  os::Fd reader_;
  std::optional<ByteReader> bytes_;
};

class GitHttpTest : public ::testing::Test {
 protected:
  GitHttpTest() {
    std::string path = std::filesystem::temp_directory_path() / "livefix-git-XXXXXX";
    directory_ = mkdtemp(path.data());
    settings_.repository = directory_ / "shop.git";
    settings_.url_name = "shop.git";
    settings_.complain = [this](std::string text) {
      const std::scoped_lock lock(complaints_mutex_);
      complaints_ += text + "\n";
      complained_.notify_all();
    };
    must("git init --quiet --bare -b main shop.git && git init --quiet -b main work");
    must("cd work && echo 1 > file && git add file && git commit --quiet -m one");
    write_token("ci", Scope::push, kSecret);
  }
  ~GitHttpTest() override {
    stop();
    std::filesystem::remove_all(directory_);
  }

  static constexpr auto kSecret = "livefix_planted";

  void write_token(const std::string& name, Scope scope, std::string_view secret) const {
    const std::vector<Token> tokens{{name, {scope}, Token::digest_of(secret), "now"}};
    ASSERT_TRUE(os::replace_file(directory_ / "tokens", tokens_to_json(tokens), 0600));
  }

  void start() {
    auto listener =
        os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {.share_port = false, .non_blocking = true});
    ASSERT_TRUE(listener);
    address_ = *os::local_address(listener->get());
    token_file_ = std::make_unique<TokenFile>(directory_ / "tokens", settings_.complain);
    http_ = std::make_unique<GitHttp>(
        context_, std::move(*listener), settings_,
        [this](std::string_view secret) { return token_file_->find(secret); });
    loop_ = std::jthread([this] { context_.run(); });
  }
  // Returns when Git and its hooks have ended.
  void stop() {
    if (!loop_.joinable()) return;
    std::promise<void> stopped;
    boost::asio::post(context_, [&] {
      http_.reset();
      stopped.set_value();
    });
    stopped.get_future().wait();
    work_.reset();
    loop_.join();
  }

  std::string url(const std::string& user = kSecret) const {
    return fmt::format("http://{}{}127.0.0.1:{}/shop.git", user, user.empty() ? "" : "@",
                       address_.port);
  }
  // Git's own hook; `script` runs in the bare repository.
  void hook(const std::string& script) const {
    const auto path = directory_ / "shop.git/hooks/pre-receive";
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  std::string fifo(const std::string& name) const {
    const std::string path = directory_ / name;
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    return path;
  }

  // In the test's directory, by a shell.
  TestProgram program(const std::string& script) const {
    const char* path = std::getenv("PATH");
    return {{"sh", "-c", fmt::format("cd {} && {}", directory_.string(), script)},
            {fmt::format("PATH={}", path ? path : "/usr/bin:/bin"),
             fmt::format("HOME={}", directory_.string()), "GIT_CONFIG_NOSYSTEM=1",
             "GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
             "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "LC_ALL=C"}};
  }
  struct Outcome {
    int status = 0;
    std::string output;
  };
  Outcome outcome_of(const std::string& script) const {
    auto started = program(script);
    auto output = started.rest();
    return {started.status(), std::move(output)};
  }
  std::string must(const std::string& script) const {
    auto outcome = outcome_of(script);
    EXPECT_EQ(outcome.status, 0) << script << ": " << outcome.output;
    return outcome.output;
  }
  Outcome push(const std::string& to) const {
    return outcome_of("cd work && git push " + to + " main");
  }
  // What the server's branch says; empty: it is not there.
  std::string pushed() const {
    return outcome_of("git -C shop.git rev-parse --verify --quiet main").output;
  }
  std::string head() const { return must("git -C work rev-parse HEAD"); }

  // A connection that has sent `text`.
  os::Fd connection(std::string_view text) const {
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto raw = os::to_socket_address(address_);
    EXPECT_EQ(connect(socket.get(), raw.data(), raw.size), 0);
    send(socket.get(), text);
    return socket;
  }
  static void send(int socket, std::string_view text) {
    while (!text.empty()) {
      const ssize_t size = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  // All that the server says to `text`, until it closes.
  std::string answers_to(std::string_view text) const {
    const auto socket = connection(text);
    return ByteReader(socket.get()).rest();
  }

  std::string complaints() {
    const std::scoped_lock lock(complaints_mutex_);
    return complaints_;
  }
  // Once they say that: a client may have its answer before.
  std::string complaints_with(std::string_view text) {
    std::unique_lock lock(complaints_mutex_);
    complained_.wait_for(lock, kTestPatience,
                         [&] { return complaints_.find(text) != std::string::npos; });
    return complaints_;
  }

  std::filesystem::path directory_;
  GitHttpSettings settings_;
  Address address_;

 private:
  std::mutex complaints_mutex_;
  std::condition_variable complained_;
  std::string complaints_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::unique_ptr<TokenFile> token_file_;
  std::unique_ptr<GitHttp> http_;
  std::jthread loop_;
};

}  // namespace livefix::control
