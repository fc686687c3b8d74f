// The script of docs/ledger.md, as it stands there, verifies what this code writes.
#include "ledger/event_hash.h"
#include "ledger/ledger_harness.h"
#include "os/capture.h"

namespace livefix::ledger {
namespace {

class LedgerScript : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!os::capture({.command = {"python3", "-c", "import sqlite3"}, .patience = kPatience})) {
      GTEST_SKIP() << "there is no python3 here, or it has no SQLite";
    }
    std::ifstream page(LIVEFIX_DOCS "/ledger.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    const std::string fence = "```python\n";
    const auto begin = text.find(fence);
    ASSERT_NE(begin, std::string::npos);
    space_.write("verify.py", text.substr(begin + fence.size(),
                                          text.find("\n```", begin) + 1 - begin - fence.size()));
  }
  Result<std::string> run() const {
    return os::capture(
        {.command = {"python3", space_.path("verify.py"), space_.path()}, .patience = kPatience});
  }

  static constexpr Milliseconds kPatience{60'000};
  Workspace space_;
};

TEST_F(LedgerScript, FindsTheSameHead) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 20);
  Entry before_1970 = entry_of(21);
  before_1970.time = WallTime(Milliseconds(-5));
  ASSERT_TRUE(ledger.append(before_1970, Durability::decision));
  const auto output = run();  // while it is written to
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(*output, fmt::format("21 {}\n", to_hex(ledger.head().hash)));
}

TEST_F(LedgerScript, FindsWhatWasChanged) {
  {
    Ledger ledger = opened(space_.path());
    fill(ledger, 20);
  }
  ASSERT_TRUE(run());
  auto connection = Connection::open(space_.path(), Connection::Access::read_write);
  ASSERT_TRUE(connection);
  ASSERT_TRUE(connection->execute("UPDATE event SET actor = 'x' WHERE sequence = 9"));
  EXPECT_FALSE(run());
}

}  // namespace
}  // namespace livefix::ledger
