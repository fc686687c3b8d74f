#include "observe/error_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "observe/observe_harness.h"

namespace livefix::observe {
namespace {

struct LineSample {
  const char* name;
  std::string line;
  std::string output;  // as the program wrote it
};

class ErrorLine : public testing::TestWithParam<LineSample> {};

TEST_P(ErrorLine, SaysWhy) {
  EXPECT_EQ(error_line(lines_of(GetParam().output)), GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Programs, ErrorLine,
    testing::Values(
        LineSample{"NodePrintedError",
                   "TypeError: Cannot read properties of undefined (reading 'rate')",
                   R"out(POST /checkout
TypeError: Cannot read properties of undefined (reading 'rate')
    at checkout (/srv/releases/7f3c2d1a0b1c/cart.js:33:21)
    at Layer.handle [as handle_request] (/srv/node_modules/express/lib/router/layer.js:95:5)
GET /healthz 200
)out"},
        LineSample{"NodeErrorBehindALabel", "RangeError: no rate for 17",
                   R"out([2026-11-26T10:00:00.123Z] error: RangeError: no rate for 17
    at rate (file:///srv/rates.mjs:3:9)
)out"},
        LineSample{"NodeErrorWithCode", "Error [ERR_STREAM_WRITE_AFTER_END]: write after end",
                   R"out(Error [ERR_STREAM_WRITE_AFTER_END]: write after end
    at new NodeError (node:internal/errors:405:5)
)out"},
        LineSample{"Flask", "KeyError: 'rate'",
                   R"out([2026-11-26 10:00:00,123] ERROR in app: Exception on /checkout [POST]
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/flask/app.py", line 2525, in wsgi_app
    response = self.full_dispatch_request()
  File "/srv/app.py", line 9, in checkout
    return str(rates["rate"])
               ~~~~~^^^^^^^^
KeyError: 'rate'
127.0.0.1 - - [26/Nov/2026 10:00:00] "POST /checkout HTTP/1.1" 500 -
)out"},
        LineSample{
            "GoServedPanic", "panic: runtime error: index out of range [3] with length 3",
            R"out(2026/11/26 10:00:00 http: panic serving 127.0.0.1:41234: runtime error: index out of range [3] with length 3
goroutine 34 [running]:
net/http.(*conn).serve.func1()
	/usr/lib/go-1.19/src/net/http/server.go:1850 +0xb0
panic({0x61e5a0, 0xc0000162a0})
	/usr/lib/go-1.19/src/runtime/panic.go:890 +0x262
main.checkout(...)
	/srv/main.go:12
)out"},
        LineSample{
            "Spring", "java.lang.ArithmeticException: / by zero",
            R"out(2026-11-26T10:00:00.123Z ERROR 1 --- [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] threw exception

java.lang.ArithmeticException: / by zero
	at shop.Checkout.rate(Checkout.java:17) ~[classes/:na]
	at java.base/java.lang.reflect.Method.invoke(Method.java:569) ~[na:na]
)out"},
        LineSample{
            "Sinatra", "NoMethodError - undefined method `rate' for nil:NilClass",
            "2026-11-26 10:00:00 - NoMethodError - undefined method `rate' for nil:NilClass:\n"
            "\tapp.rb:5:in `block in <main>'\n"
            "\t/usr/lib/ruby/sinatra/base.rb:1636:in `call'\n"},
        LineSample{
            "RubyUncaught", "undefined method `rate' for nil:NilClass (NoMethodError)",
            "app.rb:5:in `checkout': undefined method `rate' for nil:NilClass (NoMethodError)\n"
            "\tfrom app.rb:9:in `<main>'\n"},
        LineSample{"Rust", "panic: index out of bounds: the len is 3 but the index is 7",
                   R"out(thread 'tokio-runtime-worker' panicked at src/main.rs:17:9:
index out of bounds: the len is 3 but the index is 7
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
)out"},
        LineSample{
            "OldRust", "panic: no rate",
            "thread 'main' panicked at 'no rate', src/main.rs:17:9\n"
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"},
        LineSample{"Pino", "TypeError: no rate",
                   R"out({"level":30,"time":1790000000000,"msg":"incoming request"}
{"level":50,"time":1790000000000,"err":{"type":"TypeError","message":"no rate","stack":"TypeError: no rate\n    at f (/a.js:1:1)"},"msg":"request errored"}
{"level":30,"time":1790000000000,"msg":"request completed"}
)out"},
        LineSample{
            "Slog", "checkout failed: no rate",
            R"out({"time":"2026-11-26T10:00:00Z","level":"ERROR","msg":"checkout failed","error":"no rate"})out"
            "\n"},
        LineSample{
            "PythonJsonLogger", "KeyError: 'rate'",
            R"out({"levelname":"ERROR","message":"failed","exc_info":"Traceback (most recent call last):\n  File \"/srv/app.py\", line 9, in f\n    x\nKeyError: 'rate'"})out"
            "\n"},
        LineSample{
            "Ecs", "java.lang.ArithmeticException: / by zero",
            R"out({"@timestamp":"2026-11-26T10:00:00Z","log.level":"ERROR","error.type":"java.lang.ArithmeticException","error.message":"/ by zero","message":"failed"})out"
            "\n"},
        LineSample{
            "Logfmt", "checkout failed: no rate for \\\"17\\\"",
            R"out(time=2026-11-26T10:00:00Z level=error msg="checkout failed" err="no rate for \"17\"" order=17)out"
            "\n"},
        LineSample{"PlainLevel", "shop.views: no rate",
                   "2026-11-26 10:00:00,123 ERROR shop.views: no rate\n"
                   "2026-11-26 10:00:00,124 INFO shop.views: done\n"},
        LineSample{"OneErrorWithoutAStack", "TypeError: no rate",
                   "x\nchecking out: TypeError: no rate\ny\n"},
        LineSample{"Coloured", "no rate", "\x1b[31mERROR\x1b[0m no rate\x07\n"},
        LineSample{"GoLogWithPlaces", "", "main.go:23: served 17 requests\n"},
        LineSample{"NoErrors", "",
                   R"out({"level":"info","msg":"no error here"}
level=info msg="ErrorBudget: fine"
GET /checkout 200
an error? no: a terror
)out"},
        LineSample{"Nothing", "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ErrorLines, AreBoundedAndHarmless) {
  const std::string line =
      error_line({"TypeError: \x1b]0;title\x07 \xe2\x80\xae \xff " + std::string(10'000, 'x')});
  EXPECT_LE(line.size(), kMaxErrorLine);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(line.find('\xff'), std::string::npos);
}

TEST(Normalise, ReplacesWhatDiffersEachTime) {
  EXPECT_EQ(normalise("order 17 of 3.5 EUR took 12ms"), "order <n> of <n> EUR took <n>ms");
  EXPECT_EQ(normalise("no rate for 6f1b2c3d-0a1b-4c5d-8e9f-aabbccddeeff"), "no rate for <id>");
  EXPECT_EQ(normalise("commit 7f3c2d1, at 0xc0000162a0"), "commit <id>, at <id>");
  EXPECT_EQ(normalise("2026-11-26 10:00:00,123 +0000 late"), "<time> late");
  EXPECT_EQ(normalise("[26/Nov/2026:10:00:00 +0000] late"), "[<time>] late");
  EXPECT_EQ(normalise("at 2026-11-26T10:00:00.123Z: late"), "at <time>: late");
  EXPECT_EQ(normalise("connect ECONNREFUSED 10.0.0.7:5432"), "connect ECONNREFUSED <address>");
  EXPECT_EQ(normalise("connect ECONNREFUSED ::1:5432"), "connect ECONNREFUSED <address>");
  EXPECT_EQ(normalise("dial db.shop:5432: refused"), "dial db.shop:<n>: refused");
  EXPECT_EQ(normalise("GET https://a.example/x?y=1 failed"), "GET <url> failed");
  EXPECT_EQ(normalise("no user anna@shop.example."), "no user <email>.");
  EXPECT_EQ(normalise("open /srv/shop/releases/7f3c2d1a0b1c/data/x.json: no such file"),
            "open <release>/data/x.json: no such file");
  EXPECT_EQ(normalise("open /tmp/upload-8f3a9b2c1d/part.3"), "open /tmp/upload-<id>/part.<n>");
  EXPECT_EQ(normalise("no such user 'anna 7'"), "no such user '<value>'");
  EXPECT_EQ(normalise(R"(bad {"id": 7, "name": "x y"})"), R"(bad {"id": <n>, "name": "<value>"})");
}

TEST(Normalise, KeepsWhatAnErrorIsKnownBy) {
  for (const char* line :
       {"TypeError: Cannot read properties of undefined (reading 'rate')", "KeyError: 'rate'",
        "E11000 duplicate key", "TS2304: no name", "utf8: bad", "sha256 differs, http2 too",
        "can't open, won't retry", "ERR_HTTP2_STREAM_CANCEL", "undefined method `rate' for nil",
        "java.lang.NullPointerException: x"}) {
    EXPECT_EQ(normalise(line), line);
  }
}

TEST(Normalise, QuotedWordsCanGoToo) {
  EXPECT_EQ(normalise("no user 'anna', no \"Content-Type\"", Quoted::all_gone),
            "no user '<value>', no \"<value>\"");
}

TEST(Normalise, IsBoundedAndEndsInDots) {
  const std::string normal = normalise("x " + std::string(100'000, '[') + " y");
  EXPECT_LE(normal.size(), kMaxErrorPattern + 3);
  EXPECT_TRUE(normal.ends_with("..."));
}

// --- properties
// ------------------------------------------------------------------------------------

std::string filled(std::string_view form, std::mt19937& random) {
  std::string text;
  for (const char c : form) {
    switch (c) {
      case '#':
        text += std::to_string(random() % 100'000);
        break;
      case '@':
        text += fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", random(), random() % 65'536,
                            random() % 4'096, random() % 4'096, random());
        break;
      case '&':
        text += fmt::format("10.{}.{}.{}:{}", random() % 256, random() % 256, random() % 256,
                            random() % 65'536);
        break;
      case '~':
        text += fmt::format("2026-{:02}-{:02}T{:02}:{:02}:{:02}Z", random() % 12 + 1,
                            random() % 28 + 1, random() % 24, random() % 60, random() % 60);
        break;
      case '^':
        text += fmt::format("/srv/releases/{:012x}/app.js", random());
        break;
      default:
        text += c;
    }
  }
  return text;
}

TEST(NormaliseProperties, TheSameFailureIsTheSameText) {
  std::mt19937 random(3);
  for (const char* form :
       {"Error: order # of @ has no rate", "~ ERROR dial &: refused", "panic: [#] with length #",
        "ENOENT: ^:#:#", "duplicate key (id)=(#)", "timeout after #ms for '#-x' at &",
        "user @ (#) is not @", "{\"at\": \"~\", \"id\": #}"}) {
    const std::string normal = normalise(filled(form, random));
    for (int i = 0; i < 200; ++i) {
      const std::string line = filled(form, random);
      ASSERT_EQ(normalise(line), normal) << line;
    }
  }
}

TEST(NormaliseProperties, AnythingIsBoundedAndHarmless) {
  std::mt19937 random(4);
  constexpr std::string_view kPieces[] = {
      "a",    "7",  " ",   "'",        "\"",         "`",        ":",       "/",   ".",
      "@",    "<",  ">",   "-",        "_",          "x1",       "E11",     "::",  "//",
      "(",    ")",  "=",   ",",        "{",          "%",        "\\",      "\n",  "é",
      "\xff", "0x", "...", "deadbeef", "2026-11-26", "10:00:00", "\x1b[1m", "://", "releases"};
  for (int i = 0; i < 50'000; ++i) {
    std::string line;
    const auto count = random() % 100;
    for (std::size_t j = 0; j < count; ++j) line += kPieces[random() % std::size(kPieces)];
    for (const Quoted quoted : {Quoted::words_kept, Quoted::all_gone}) {
      const std::string normal = normalise(line, quoted);
      ASSERT_LE(normal.size(), kMaxErrorPattern + 3);
      ASSERT_EQ(normal.find_first_of("\x1b\n"), std::string::npos);
      ASSERT_FALSE(normal.starts_with(' ') || normal.ends_with(' ')) << line;
    }
  }
}

}  // namespace
}  // namespace livefix::observe
