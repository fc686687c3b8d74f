#include "http/request_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace livefix::http {
namespace {

using namespace std::string_literals;

std::string describe(const ScanOutcome& outcome) {
  if (const auto* complete = std::get_if<Complete>(&outcome)) {
    return "complete " + std::to_string(complete->size);
  }
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
    return std::to_string(refusal->status) + " " + std::string(refusal->reason);
  }
  return "more";
}

int status_of(std::string_view input) {
  RequestHead head;
  const auto outcome = scan_request(input, head);
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) return refusal->status;
  return std::holds_alternative<Complete>(outcome) ? 200 : 0;
}

// A head that is complete, or the test fails.
struct Scanned {
  explicit Scanned(std::string text) : input(std::move(text)) {
    const auto outcome = scan_request(input, head);
    EXPECT_EQ(describe(outcome), "complete " + std::to_string(input.size())) << input;
  }
  std::string input;
  RequestHead head;
};

std::string get_with(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(RequestScanner, TakesAnOrdinaryRequest) {
  const Scanned scanned(
      "GET /a?b=c HTTP/1.1\r\nHost: shop:3000\r\nAccept: */*\r\nX-Empty:\r\n\r\n");
  EXPECT_EQ(scanned.head.method, Method::get);
  EXPECT_EQ(scanned.head.target, "/a?b=c");
  EXPECT_EQ(scanned.head.host, "shop:3000");
  EXPECT_EQ(scanned.head.fields.size(), 3U);
  EXPECT_TRUE(scanned.head.keep_alive);
  EXPECT_TRUE(std::holds_alternative<NoBody>(scanned.head.body));
}

TEST(RequestScanner, GivesTheSameForEveryPrefix) {
  for (
      const std::string& whole :
      {"\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\nExpect: 100-continue\r\n\r\nhello"s,
       get_with("A : b\r\n"), get_with("A: \x01\r\n"), "GET / HTTP/3.0\r\n\r\n"s,
       get_with(" folded\r\n")}) {
    RequestHead head;
    const std::string expected = describe(scan_request(whole, head));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string outcome =
          describe(scan_request(std::string_view(whole).substr(0, size), head));
      EXPECT_TRUE(outcome == "more" || outcome == expected) << size << ": " << outcome;
    }
  }
}

TEST(RequestScanner, LeavesWhatIsBehindTheHead) {
  RequestHead head;
  const std::string first = get_with("");
  EXPECT_EQ(describe(scan_request(first + "GET /next", head)),
            "complete " + std::to_string(first.size()));
}

struct Refused {
  const char* what;
  int status;
  std::string input;
};

TEST(RequestScanner, RefusesWhatIsMalformed) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const Refused cases[] = {
      {"bare LF after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"bare LF as the empty line", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare CR in a value", 400, get_with("A: b\rc\r\n")},
      {"bare CR in the request line", 400, "GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n"},
      {"bare CR as the empty line", 400, "GET / HTTP/1.1\r\nHost: a\r\n\rX"},
      {"two empty lines in front", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"LF in front", 400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"folding", 400, get_with("A: b\r\n c\r\n")},
      {"folding with a tab", 400, get_with("A: b\r\n\tc\r\n")},
      {"a blank before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"space before the colon", 400, get_with("A : b\r\n")},
      {"tab before the colon", 400, get_with("A\t: b\r\n")},
      {"no colon", 400, get_with("A\r\n")},
      {"empty name", 400, get_with(": b\r\n")},
      {"bad character in a name", 400, get_with("A(: b\r\n")},
      {"high byte in a name", 400, get_with("\xc3\xa4: b\r\n")},
      {"NUL in a name", 400, get_with("A\0: b\r\n"s)},
      {"NUL in a value", 400, get_with("A: b\0c\r\n"s)},
      {"control in a value", 400, get_with("A: \x1b[31m\r\n")},
      {"control in a long value", 400, get_with("A: 0123456789abcdef0123456789\x7f\r\n")},
      {"no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
      {"two Hosts", 400, get_with("Host: a\r\n")},
      {"two Hosts in HTTP/1.0", 400, get_with("Host: a\r\n", "GET / HTTP/1.0")},
      {"Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"Host with a blank", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
      {"Host with a port that is none", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
      {"Host with an open bracket", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
      {"Host with a bad escape", 400, "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n"},
      {"blank in front", 400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"blank at the end of the line", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"two blanks", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two blanks before the version", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab as a separator", 400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no version", 400, "GET /\r\nHost: a\r\n\r\n"},
      {"bad method", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"TLS", 400, "\x16\x03\x01\x02\x05\x01"},
      {"no method", 400, "/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"control in the target", 400, "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"DEL in the target", 400, "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"asterisk for GET", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"authority for GET", 400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"origin form for CONNECT", 400, "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT without port", 400, "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"other scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute target without host", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute target with a user", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"lower-case version", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/2.0", 505, "OPTIONS * HTTP/2.0\r\n\r\n"},
      {"HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
      {"HTTP/1.10", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
      {"plus in a length", 400, post + "Content-Length: +5\r\n\r\n"},
      {"minus in a length", 400, post + "Content-Length: -5\r\n\r\n"},
      {"hexadecimal length", 400, post + "Content-Length: 0x5\r\n\r\n"},
      {"empty length", 400, post + "Content-Length:\r\n\r\n"},
      {"length with an empty member", 400, post + "Content-Length: 5,\r\n\r\n"},
      {"length with a blank inside", 400, post + "Content-Length: 5 5\r\n\r\n"},
      {"length that overflows", 400, post + "Content-Length: 18446744073709551621\r\n\r\n"},
      {"length beyond 63 bits", 400, post + "Content-Length: 9223372036854775808\r\n\r\n"},
      {"different lengths", 400, post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
      {"different lengths in a list", 400, post + "Content-Length: 5, 6\r\n\r\n"},
      {"length and chunked", 400, post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked and length", 400, post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"},
      {"chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"unknown coding", 501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"identity", 501, post + "Transfer-Encoding: identity\r\n\r\n"},
      {"almost chunked", 501, post + "Transfer-Encoding: xchunked\r\n\r\n"},
      {"chunked twice", 400, post + "Transfer-Encoding: chunked, chunked\r\n\r\n"},
      {"chunked in two fields", 400,
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked not last", 400, post + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
      {"chunked with a parameter", 400, post + "Transfer-Encoding: chunked;a=b\r\n\r\n"},
      {"chunked with a vertical tab", 400,
       post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n"},
      {"empty coding", 400, post + "Transfer-Encoding: ,\r\n\r\n"},
      {"underscore for the hyphen of a length", 400, get_with("Content_Length: 5\r\n")},
      {"underscore for the hyphen of an encoding", 400, get_with("TRANSFER_ENCODING: x\r\n")},
      {"underscore for the hyphen of an origin", 400, get_with("X-Forwarded_For: 1.2.3.4\r\n")},
      {"malformed Connection", 400, get_with("Connection: a b\r\n")},
      {"two Upgrades", 400, get_with("Upgrade: a\r\nUpgrade: b\r\n")},
  };
  for (const auto& refused : cases)
    EXPECT_EQ(status_of(refused.input), refused.status) << refused.what;
}

TEST(RequestScanner, TakesUnderscoresThatMeanNothing) {
  EXPECT_EQ(status_of(get_with("X_Request_Id: 1\r\nContent_Type: a\r\nuser_agent: b\r\n")), 200);
}

TEST(RequestScanner, SaysThatTheVersionIsMissing) {
  RequestHead head;
  for (const char* line : {"GET /a\r\n", "GET /a\n", "GET /a \r\n"}) {
    EXPECT_EQ(describe(scan_request(line, head)), "400 the request line does not end in a version");
  }
}

TEST(RequestScanner, RefusesWhatIsTooMuch) {
  std::string many;
  for (int i = 0; i < 128; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(get_with(many)), 431);
  EXPECT_EQ(status_of(get_with("A: " + std::string(kMaxHeadBytes, 'x') + "\r\n")), 431);
  EXPECT_EQ(status_of("GET /" + std::string(kMaxHeadBytes, 'x')), 431);
  EXPECT_EQ(status_of(get_with("A: " + std::string(kMaxHeadBytes - 100, 'x') + "\r\n")), 200);
  EXPECT_EQ(status_of(get_with("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n")), 400);
}

TEST(RequestScanner, TurnsAnAbsoluteTargetIntoOriginForm) {
  const auto scan = [](const std::string& line) {
    return Scanned(line + " HTTP/1.1\r\nHost: other\r\n\r\n");
  };
  const auto path = scan("GET http://shop:80/a?b");
  EXPECT_EQ(path.head.target, "/a?b");
  EXPECT_EQ(path.head.host, "shop:80");
  EXPECT_EQ(scan("GET HTTPS://shop").head.target, "");
  EXPECT_EQ(scan("GET http://shop?q").head.target, "?q");
  EXPECT_EQ(scan("OPTIONS http://shop").head.target, "*");
  EXPECT_EQ(scan("GET http://[::1]:80/").head.host, "[::1]:80");
}

TEST(RequestScanner, KnowsHowTheBodyEnds) {
  const Scanned equal(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 05, 5\r\n\r\n");
  EXPECT_EQ(std::get<LengthBody>(equal.head.body).bytes, 5U);
  const Scanned chunked("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: , CHUNKED\r\n\r\n");
  EXPECT_TRUE(std::holds_alternative<ChunkedBody>(chunked.head.body));
  const Scanned empty("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(std::holds_alternative<NoBody>(empty.head.body));
}

TEST(RequestScanner, KnowsWhetherTheConnectionStays) {
  EXPECT_FALSE(Scanned(get_with("Connection: foo, Close\r\n")).head.keep_alive);
  EXPECT_FALSE(Scanned("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Scanned("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
}

TEST(RequestScanner, OffersAnUpgradeOnlyWhereItCanBeCarried) {
  const auto upgrade = [](const std::string& fields) {
    return Scanned(get_with(fields)).head.upgrade;
  };
  EXPECT_EQ(Scanned(get_with("Connection: Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade,
            "websocket");
  EXPECT_TRUE(upgrade("Upgrade: websocket\r\n").empty());
  EXPECT_TRUE(upgrade("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n").empty());
  EXPECT_TRUE(upgrade("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n").empty());
  EXPECT_TRUE(
      upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n").empty());
}

TEST(RequestScanner, UnderstandsExpectAndTe) {
  EXPECT_TRUE(Scanned(get_with("Expect: 100-Continue\r\n")).head.expects_continue);
  EXPECT_FALSE(
      Scanned(get_with("Expect: 100-continue\r\n", "GET / HTTP/1.0")).head.expects_continue);
  EXPECT_TRUE(Scanned(get_with("TE: deflate, trailers;q=0.5\r\n")).head.accepts_trailers);
}

}  // namespace
}  // namespace livefix::http
