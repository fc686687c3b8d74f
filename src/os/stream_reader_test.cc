#include "os/stream_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "os/fd.h"

namespace livefix::os {
namespace {

TEST(StreamReader, OfAPipeIsThereUntilItIsClosed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  Fd reader(ends[0]);
  const Fd writer(ends[1]);
  EXPECT_TRUE(may_have_reader(getpid(), writer.get()));
  reader.reset();
  EXPECT_FALSE(may_have_reader(getpid(), writer.get()));
}

TEST(StreamReader, OfAUnixSocketIsThereUntilItIsClosed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  Fd reader(ends[0]);
  const Fd writer(ends[1]);
  EXPECT_TRUE(may_have_reader(getpid(), writer.get()));
  reader.reset();
  EXPECT_FALSE(may_have_reader(getpid(), writer.get()));
}

TEST(StreamReader, OfWhatIsNeitherNothingIsKnown) {
  const Fd file(open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(may_have_reader(getpid(), file.get()));
  EXPECT_TRUE(may_have_reader(getpid(), 9999));
}

}  // namespace
}  // namespace livefix::os
