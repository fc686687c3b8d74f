// Each message is given whole, cut in two at every place, and byte by byte: what is seen of it
// must be the same.
#include "http/message_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace livefix::http {
namespace {

// Everything that was told, as a text. Runs of payload are joined.
template <class Head>
class Record final : public MessageSink<Head> {
 public:
  void on_interim(const Head& head) override { tell("interim", head); }
  void on_head(const Head& head) override { tell("head", head); }
  void on_payload(std::string_view bytes) override { payload_ += bytes; }
  void on_trailers(const FieldList& fields) override {
    flush();
    text_ += "trailers" + list(fields) + "\n";
  }
  void on_end() override {
    flush();
    text_ += "end\n";
  }
  std::string text() {
    flush();
    return text_;
  }

 private:
  void tell(std::string_view what, const Head& head) {
    flush();
    text_ += fmt::format("{} {}{}\n", what, name(head), list(head.fields));
  }
  static std::string name(const ResponseHead& head) { return std::to_string(head.status); }
  static std::string name(const RequestHead& head) {
    return fmt::format("{} {}", head.method_name, head.target);
  }
  static std::string list(const FieldList& fields) {
    std::string text;
    for (const Field& field : fields) text += fmt::format(" {}={}", field.name, field.value);
    return text;
  }
  void flush() {
    if (!payload_.empty()) text_ += "payload " + std::exchange(payload_, {}) + "\n";
  }

  std::string text_;
  std::string payload_;
};

template <class Head>
std::string read(std::initializer_list<std::string_view> pieces, Method method, bool finished) {
  Record<Head> record;
  MessageReader<Head> reader(method);
  for (const std::string_view piece : pieces) {
    if (!reader.advance(piece, record)) return record.text() + "malformed";
  }
  if (finished && !reader.ended() && !reader.finish(record)) return record.text() + "not whole";
  return record.text() + (reader.is_tunnel() ? "tunnel" : "");
}

// What is told of `bytes`, however they come.
template <class Head = ResponseHead>
std::string told(std::string_view bytes, bool finished = false, Method method = Method::get) {
  const std::string whole = read<Head>({bytes}, method, finished);
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    EXPECT_EQ(read<Head>({bytes.substr(0, at), bytes.substr(at)}, method, finished), whole) << at;
  }
  Record<Head> record;
  MessageReader<Head> reader(method);
  bool good = true;
  for (std::size_t at = 0; good && at < bytes.size(); ++at) {
    good = reader.advance(bytes.substr(at, 1), record);
  }
  std::string slowly;
  if (!good) {
    slowly = record.text() + "malformed";
  } else if (finished && !reader.ended() && !reader.finish(record)) {
    slowly = record.text() + "not whole";
  } else {
    slowly = record.text() + (reader.is_tunnel() ? "tunnel" : "");
  }
  EXPECT_EQ(slowly, whole);
  return whole;
}

TEST(MessageReader, TakesABodyOfALength) {
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"),
            "head 200 A=b Content-Length=3\npayload abc\nend\n");
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            "head 200 Content-Length=0\nend\n");
}

TEST(MessageReader, TakesChunksApartAndGivesTheirTrailers) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string seen = "head 200 Transfer-Encoding=chunked\n";
  EXPECT_EQ(told(head + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), seen + "payload abcde\nend\n");
  EXPECT_EQ(told(head + "1\r\na\r\n0\r\nT: u\r\nV:  w \r\n\r\n"),
            seen + "payload a\ntrailers T=u V=w\nend\n");
  EXPECT_EQ(told(head + "0\r\n\r\n"), seen + "end\n");
}

TEST(MessageReader, EndsWithTheConnectionWhereNothingElseEndsIt) {
  const std::string answer = "HTTP/1.0 200 OK\r\n\r\nabc";
  EXPECT_EQ(told(answer), "head 200\npayload abc\n");
  EXPECT_EQ(told(answer, true), "head 200\npayload abc\nend\n");
}

TEST(MessageReader, KnowsWhichAnswersHaveNoBody) {
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, Method::head),
            "head 200 Content-Length=3\nend\n");
  EXPECT_EQ(told("HTTP/1.1 204 No\r\n\r\n"), "head 204\nend\n");
  EXPECT_EQ(told("HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n"),
            "head 304 Content-Length=3\nend\n");
}

TEST(MessageReader, GivesInterimHeadsBeforeTheHead) {
  EXPECT_EQ(told("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
            "interim 100\ninterim 103 Link=a\nhead 200 Content-Length=1\npayload x\nend\n");
}

TEST(MessageReader, PassesATunnelUntilItsEnd) {
  const std::string answer =
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200";
  const std::string seen = "head 101 Upgrade=x Connection=upgrade\npayload HTTP/1.1 200\n";
  EXPECT_EQ(told(answer), seen + "tunnel");
  EXPECT_EQ(told(answer, true), seen + "end\n");
}

TEST(MessageReader, RefusesASecondMessage) {
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  EXPECT_EQ(told(one + one), "head 200 Content-Length=1\npayload x\nend\nmalformed");
  EXPECT_EQ(told("HTTP/1.1 204 No\r\n\r\nx"), "head 204\nend\nmalformed");
}

TEST(MessageReader, SaysWhenAMessageIsNotWhole) {
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nContent-Le", true), "not whole");
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", true),
            "head 200 Content-Length=3\npayload ab\nnot whole");
  EXPECT_EQ(told("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", true),
            "head 200 Transfer-Encoding=chunked\npayload a\nnot whole");
}

TEST(MessageReader, RefusesWhatTheScannersRefuse) {
  EXPECT_EQ(told("nonsense\r\n\r\n"), "malformed");
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string seen = "head 200 Transfer-Encoding=chunked\n";
  EXPECT_EQ(told(chunked + "zz\r\n"), seen + "malformed");
  EXPECT_EQ(told(chunked + "0\r\nContent-Length: 5\r\n\r\n"), seen + "malformed");
}

TEST(MessageReader, ReadsRequestsAsWell) {
  EXPECT_EQ(told<RequestHead>("POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nxy"),
            "head POST /a Host=b Content-Length=2\npayload xy\nend\n");
  EXPECT_EQ(told<RequestHead>("GET / HTTP/1.1\r\nHost: b\r\n\r\nGET"),
            "head GET / Host=b\nend\nmalformed");
}

}  // namespace
}  // namespace livefix::http
