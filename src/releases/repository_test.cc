#include "releases/repository.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <thread>

#include "os/capture.h"
#include "os/fd.h"
#include "releases/commit_reader.h"
#include "releases/git_fixture.h"
#include "releases/release_refs.h"

namespace livefix::releases {
namespace {

using namespace std::chrono_literals;

class RepositoryTest : public GitFixture {
 protected:
  // As somebody at a desk runs it, with the configuration of nobody.
  os::Captured desk(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "git");
    auto answer = os::capture_with_errors(
        {.command = std::move(arguments),
         .environment = {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
                         "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com"},
         .directory = path("desk"),
         .patience = 60s});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? std::move(*answer) : os::Captured{};
  }
  void make_desk() {
    std::filesystem::create_directory(path("desk"));
    ASSERT_EQ(desk({"init", "--quiet", "--initial-branch=main", "."}).exit_status, 0);
    write(path("desk/server.js"), "listen()\n");
    ASSERT_EQ(desk({"add", "."}).exit_status, 0);
    ASSERT_EQ(desk({"commit", "--quiet", "-m", "first"}).exit_status, 0);
  }
  // A program in livefix's place that the hooks execute.
  RepositorySettings with_program(const std::string& script, const std::string& name = "livefix") {
    write(path(name), "#!/bin/sh\n" + script);
    std::filesystem::permissions(path(name), std::filesystem::perms::owner_all);
    auto result = settings();
    result.livefix_program = path(name);
    return result;
  }
};

TEST_F(RepositoryTest, IsBareWithItsHeadAtTheLiveBranch) {
  EXPECT_EQ(git_.ask({"symbolic-ref", "HEAD"}), "refs/heads/main");
  EXPECT_EQ(git_.ask({"rev-parse", "--is-bare-repository"}), "true");
  auto other = settings();
  other.live_branch = "production";
  ASSERT_TRUE(open_repository(other));
  EXPECT_EQ(git_.ask({"symbolic-ref", "HEAD"}), "refs/heads/production");
  other.live_branch = "..";
  const auto refused = open_repository(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "\"..\" cannot be the name of a branch");
}

TEST_F(RepositoryTest, OpensAgainWithoutAChange) {
  const auto made = commit({{"a", {"1"}}});
  ASSERT_TRUE(git_.ask({"config", "user.of", "the repository"}));
  const auto before = std::filesystem::last_write_time(git_.git_dir() + "/config");
  const auto hook = std::filesystem::last_write_time(git_.git_dir() + "/hooks/pre-receive");
  ASSERT_TRUE(open_repository(settings()));
  EXPECT_EQ(std::filesystem::last_write_time(git_.git_dir() + "/config"), before);
  EXPECT_EQ(std::filesystem::last_write_time(git_.git_dir() + "/hooks/pre-receive"), hook);
  EXPECT_EQ(resolve(git_, "main"), made);
  EXPECT_EQ(git_.ask({"config", "user.of"}), "the repository");
}

TEST_F(RepositoryTest, MendsWhatItWrote) {
  write(git_.git_dir() + "/livefix.config", "[receive]\n\tfsckObjects = false\n");
  ASSERT_TRUE(git_.ask({"config", "--unset-all", "include.path"}));
  std::filesystem::remove(git_.git_dir() + "/info/attributes");
  write(git_.git_dir() + "/hooks/pre-receive", "#!/bin/sh\n");
  std::filesystem::create_directory(git_.git_dir() + "/index.tmp-Ab12Cd");
  ASSERT_TRUE(open_repository(settings()));
  ASSERT_TRUE(open_repository(settings()));
  EXPECT_EQ(git_.ask({"config", "--get-all", "include.path"}), "livefix.config");
  EXPECT_EQ(git_.ask({"config", "--get-all", "receive.fsckObjects"}), "true");
  EXPECT_TRUE(exists(git_.git_dir() + "/info/attributes"));
  EXPECT_NE(read(git_.git_dir() + "/hooks/pre-receive").find("hook pre-receive"),
            std::string::npos);
  EXPECT_EQ(mode(git_.git_dir() + "/hooks/pre-receive"), 0755U);
  EXPECT_FALSE(exists(git_.git_dir() + "/index.tmp-Ab12Cd"));
}

TEST_F(RepositoryTest, RunsTheHookThroughLivefixWhereverThatLies) {
  const auto said = path("said");
  for (const char* name : {"livefix", "it's \"$HOME\" `x`"}) {
    std::filesystem::remove(said);
    ASSERT_TRUE(open_repository(with_program("echo \"$@\" >> " + said + "\n", name)));
    ASSERT_TRUE(os::capture({.command = {git_.git_dir() + "/hooks/pre-receive"}}));
    EXPECT_EQ(read(said), "hook pre-receive\n");
  }
  auto relative = settings();
  relative.livefix_program = "livefix";
  EXPECT_FALSE(open_repository(relative));
}

TEST_F(RepositoryTest, TakesAPushThatTheHookAccepts) {
  make_desk();
  ASSERT_TRUE(open_repository(
      with_program("if [ \"$2\" = pre-receive ]; then cat > " + path("lines") + "; fi\n")));
  const auto pushed = desk({"push", git_.git_dir(), "main"});
  EXPECT_EQ(pushed.exit_status, 0) << pushed.errors;
  const auto head = resolve(git_, "main");
  ASSERT_TRUE(head);
  EXPECT_EQ(read(path("lines")), std::string(40, '0') + " " + head->hex() + " refs/heads/main\n");
}

TEST_F(RepositoryTest, RefusesAPushThatTheHookRefuses) {
  make_desk();
  ASSERT_TRUE(open_repository(with_program("echo 'it does not start'; exit 1\n")));
  const auto pushed = desk({"push", git_.git_dir(), "main"});
  EXPECT_NE(pushed.exit_status, 0);
  EXPECT_NE(pushed.errors.find("remote: it does not start"), std::string::npos) << pushed.errors;
  EXPECT_FALSE(resolve(git_, "main"));
}

// The pipe at `path`, opened so that nobody has to be at its other end yet.
os::Fd make_pipe(const std::string& path) {
  EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
  return os::Fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
}

std::string read_from(const os::Fd& pipe) {
  pollfd ready{pipe.get(), POLLIN, 0};
  if (poll(&ready, 1, 60'000) <= 0) return {};
  std::string text(4096, '\0');
  const ssize_t size = ::read(pipe.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

TEST_F(RepositoryTest, KeepsTheCommitOfAPushThatItRefuses) {
  make_desk();
  const auto told = make_pipe(path("told"));
  const auto verdict = make_pipe(path("verdict"));
  ASSERT_TRUE(open_repository(
      with_program("read old new ref\n"
                   "printf '%s\\n%s\\n%s\\n%s\\n' \"$new\" \"$GIT_OBJECT_DIRECTORY\" "
                   "\"$GIT_ALTERNATE_OBJECT_DIRECTORIES\" \"$GIT_QUARANTINE_PATH\" > " +
                   path("told") + "\nread status < " + path("verdict") + "\nexit $status\n")));
  os::Captured pushed;
  std::thread pusher([&] { pushed = desk({"push", git_.git_dir(), "main"}); });

  // While the hook waits.
  const auto text = read_from(told);
  const auto lines = split_lines(text);
  std::optional<ObjectId> commit;
  Status kept = fail("the hook did not run");
  if (lines.size() == 4) {
    commit = ObjectId::parse(lines[0]);
    kept = keep_objects(git_, {std::string(lines[1]), std::string(lines[2]), std::string(lines[3])},
                        *commit);
  }
  EXPECT_EQ(::write(verdict.get(), "1\n", 2), 2);
  pusher.join();
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_NE(pushed.exit_status, 0);
  EXPECT_FALSE(resolve(git_, "main"));
  EXPECT_FALSE(exists(lines[1])) << "the objects of the push are gone";
  EXPECT_TRUE(set_release_ref(git_, "1", *commit));
  EXPECT_EQ(git_.ask({"cat-file", "blob", commit->hex() + ":server.js"}), "listen()");
}

TEST_F(RepositoryTest, LetsNobodyPushToItsOwnRefs) {
  make_desk();
  const auto pushed = desk({"push", git_.git_dir(), "main:refs/livefix/releases/x"});
  EXPECT_NE(pushed.exit_status, 0);
  EXPECT_FALSE(resolve(git_, "refs/livefix/releases/x"));
}

TEST_F(RepositoryTest, RefusesAPushOfWhatGitFindsWrong) {
  make_desk();
  // A tree with a ".git" in it, which only low-level commands make.
  ASSERT_EQ(desk({"hash-object", "-w", "server.js"}).exit_status, 0);
  auto id = desk({"rev-parse", "HEAD:server.js"}).output;
  id.pop_back();
  write(path("desk/entries"), "100644 blob " + id + "\t.git\n");
  const auto shell = os::capture(
      {.command =
           {"sh", "-c",
            "git update-ref refs/heads/evil $(git commit-tree -m evil $(git mktree < entries))"},
       .environment = {"GIT_AUTHOR_NAME=Eve", "GIT_AUTHOR_EMAIL=eve@example.com",
                       "GIT_COMMITTER_NAME=Eve", "GIT_COMMITTER_EMAIL=eve@example.com"},
       .directory = path("desk"),
       .patience = 60s});
  ASSERT_TRUE(shell) << shell.error().message;
  const auto pushed = desk({"push", git_.git_dir(), "evil"});
  EXPECT_NE(pushed.exit_status, 0);
  EXPECT_NE(pushed.errors.find("hasDotgit"), std::string::npos) << pushed.errors;
}

TEST_F(RepositoryTest, RefusesAPushThatIsTooLarge) {
  make_desk();
  auto small = settings();
  small.largest_push = 100;
  ASSERT_TRUE(open_repository(small));
  const auto pushed = desk({"push", git_.git_dir(), "main"});
  EXPECT_NE(pushed.exit_status, 0);
  EXPECT_FALSE(resolve(git_, "main"));
}

TEST_F(RepositoryTest, SaysWhereItCannotBeMade) {
  write(path("file"), "");
  auto impossible = settings();
  impossible.path = path("file/shop.git");
  const auto failed = open_repository(impossible);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, path("file/shop.git") + ": Not a directory");
  impossible.path = "shop.git";
  EXPECT_FALSE(open_repository(impossible));
}

}  // namespace
}  // namespace livefix::releases
