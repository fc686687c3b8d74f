#include "os/spawn.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "os/event_loop.h"
#include "os/port_filter.h"
#include "os/process.h"
#include "os/terminal.h"

namespace livefix::os {
namespace {

struct Ended {
  std::string output;
  int wait_status = -1;
};

// Runs to the end; what is asked for on descriptor 1 comes back.
Ended run(SpawnRequest request) {
  auto channel = open_pipe();
  request.standard_output = channel->writer.get();
  if (request.environment.empty()) request.environment = environment_with({});
  auto child = spawn(request);
  EXPECT_TRUE(child) << (child ? "" : child.error().message);
  if (!child) return {};
  channel->writer.reset();
  Ended ended;
  char buffer[4096];
  for (ssize_t n = 1; n > 0;) {
    n = read(channel->reader.get(), buffer, sizeof buffer);
    if (n > 0) ended.output.append(buffer, static_cast<std::size_t>(n));
  }
  waitpid(child->pid, &ended.wait_status, 0);
  return ended;
}

TEST(Spawn, RunsAProgramInItsDirectoryAndEnvironment) {
  const auto ended = run({.command = {"sh", "-c", "pwd; echo $LIVEFIX_X"},
                          .environment = environment_with({"LIVEFIX_X=1", "LIVEFIX_X=2"}),
                          .directory = "/tmp"});
  EXPECT_EQ(ended.output, "/tmp\n2\n");
  EXPECT_EQ(ended.wait_status, 0);
}

TEST(Spawn, SaysLikeAShellWhatIsNotThere) {
  const auto child =
      spawn({.command = {"livefix-no-such-program"}, .environment = environment_with({})});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "livefix-no-such-program: command not found");
  EXPECT_EQ(child.error().os_error, ENOENT);
}

TEST(Spawn, NamesADirectoryThatIsNotThere) {
  const auto child =
      spawn({.command = {"true"}, .environment = environment_with({}), .directory = "/nowhere"});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "/nowhere: No such file or directory");
}

TEST(Spawn, LeadsASessionOfItsOwn) {
  const auto ended =
      run({.command = {"sh", "-c", "echo $$; ps -o sid= -p $$"}, .new_session = true});
  const auto line_end = ended.output.find('\n');
  EXPECT_EQ(std::stoi(ended.output), std::stoi(ended.output.substr(line_end)));
}

TEST(Spawn, HandsOverOneDescriptorAndNoOther) {
  auto channel = open_pipe();
  const auto secret = open_pipe();
  ASSERT_GT(secret->reader.get(), 3);
  const auto script =
      fmt::format("test -e /proc/self/fd/{} && echo leaked; echo x >&3", secret->reader.get());
  const auto ended =
      run({.command = {"sh", "-c", script}, .extra_descriptor = channel->writer.get()});
  channel->writer.reset();
  char byte = 0;
  EXPECT_EQ(read(channel->reader.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(ended.output, "");
}

// Plays the keeper for a child until every process under the filter is gone.
std::vector<TrappedCall> calls_of(const std::string& script) {
  auto child = spawn({.command = {"/usr/bin/python3", "-c", script},
                      .environment = environment_with({}),
                      .trap_ports = true});
  if (!child) {
    ADD_FAILURE() << child.error().message;
    return {};
  }
  std::thread reaper([pid = child->pid] { waitpid(pid, nullptr, 0); });
  std::vector<TrappedCall> calls;
  auto loop = EventLoop::create();
  bool over = false;
  const int fd = child->notifications.get();
  Watch watch(*loop, fd, EPOLLIN, [&](std::uint32_t events) {
    if (events & EPOLLIN) {
      if (auto call = receive_call(fd)) {
        calls.push_back(*call);
        let_proceed(fd, call->id);
      }
    } else {
      over = true;  // EPOLLHUP: nobody is left
    }
  });
  while (!over) loop->run_once();
  reaper.join();
  return calls;
}

TEST(PortFilter, BringsTheCallsOfAllDescendantsAndTellsTheEnd) {
  const auto calls = calls_of(R"(
import os, socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", 0))
if os.fork() == 0:
    os.setsid()
    s.listen()
    os._exit(0)
os.wait()
)");
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<SharePortCall>(calls[0].what));
  EXPECT_TRUE(std::holds_alternative<BindCall>(calls[1].what));
  EXPECT_TRUE(std::holds_alternative<NewSessionCall>(calls[2].what));
  EXPECT_TRUE(std::holds_alternative<ListenCall>(calls[3].what));
  EXPECT_NE(calls[1].thread, calls[3].thread);
}

}  // namespace
}  // namespace livefix::os
