#include "observe/redaction.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "observe/curl_text.h"
#include "observe/har.h"
#include "observe/secret_text.h"

namespace livefix::observe {
namespace {

constexpr std::string_view kSecret = "hunter2-Xy9";

ExchangeRecord exchange(std::string_view request, std::string_view answer = {}) {
  RecordFrame frame;
  frame.cause = RecordCause::status;
  frame.status = 500;
  frame.release = "dev-1";
  frame.request = request;
  frame.answer = answer;
  return parse_exchange(17, frame);
}

// Everything that a person could see of it.
std::string all_of(const ShownExchange& shown) {
  std::string text = curl_text(shown) + boost::json::serialize(har(shown));
  text += shown.about().target + shown.about().route + shown.about().method + shown.about().detail;
  for (const auto* message : {&shown.request(), &shown.answer()}) {
    text += message->first_line + message->type + message->text.value_or("");
    for (const auto& field : message->fields) text += field.name + field.value;
  }
  return text;
}

std::string shown(std::string_view request, std::string_view answer = {},
                  const std::vector<std::string>& names = {}) {
  return all_of(Redaction(names).show(exchange(request, answer)));
}

std::string with_body(std::string_view type, std::string_view body) {
  return fmt::format("POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: {}\r\n\r\n{}", type, body);
}

void expect_hidden(std::string_view text) {
  EXPECT_EQ(text.find(kSecret), std::string_view::npos) << text;
}

TEST(Redaction, HidesFields) {
  for (const std::string_view field :
       {"Authorization: Bearer hunter2-Xy9", "authorization:hunter2-Xy9",
        "Proxy-Authorization: Digest hunter2-Xy9", "X-Api-Key: hunter2-Xy9",
        "X-Auth-Token: hunter2-Xy9", "Cookie: a=b; sid=hunter2-Xy9",
        "X-Amz-Security-Token: hunter2-Xy9", "Referer: https://a.test/x?token=hunter2-Xy9&b=1",
        "Referer: https://u:hunter2-Xy9@a.test/", "Origin: https://u:hunter2-Xy9@a.test",
        "X-Debug: password=hunter2-Xy9"}) {
    expect_hidden(shown(fmt::format("GET / HTTP/1.1\r\n{}\r\n\r\n", field)));
  }
  const auto text =
      shown("GET / HTTP/1.1\r\nCookie: theme=x; sid=hunter2-Xy9\r\nUser-Agent: curl\r\n\r\n");
  EXPECT_NE(text.find("sid=[redacted]"), std::string::npos) << "names are of use";
  EXPECT_NE(text.find("curl"), std::string::npos);
  expect_hidden(shown("GET / HTTP/1.1\r\n\r\n",
                      "HTTP/1.1 500 Oh\r\nSet-Cookie: sid=hunter2-Xy9; Path=/; HttpOnly\r\n\r\n"));
}

// A part of it may be the program's: of a call of gRPC, what it says of its failure.
TEST(Redaction, HidesWhatTheDetailSays) {
  for (const std::string_view said :
       {"password=hunter2-Xy9 is wrong", "nobody has hunter2-Xy9", "Bearer hunter2-Xy9"}) {
    auto record = exchange("POST / HTTP/1.1\r\nX-Api-Key: hunter2-Xy9\r\n\r\n");
    record.detail = fmt::format("the program ended the call with INTERNAL: {}", said);
    const auto shown = Redaction().show_briefly(record);
    expect_hidden(shown.about().detail);
    EXPECT_TRUE(shown.about().detail.starts_with("the program ended the call with INTERNAL: "));
  }
}

TEST(Redaction, HidesParameters) {
  for (const std::string_view target :
       {"/?token=hunter2-Xy9", "/?a=1&api_key=hunter2-Xy9&b=2", "/?%70assword=hunter2-Xy9",
        "/?user[password]=hunter2-Xy9", "/?user%5Bpassword%5D=hunter2-Xy9",
        "/?next=%2Flogin%3Ftoken%3Dhunter2-Xy9", "/reset?TOKEN=hunter2-Xy9#x"}) {
    expect_hidden(shown(fmt::format("GET {} HTTP/1.1\r\n\r\n", target)));
  }
  const auto text = shown("GET /?page=2&token=hunter2-Xy9 HTTP/1.1\r\n\r\n");
  EXPECT_NE(text.find("/?page=2&token=[redacted]"), std::string::npos) << text;
  expect_hidden(
      shown(with_body("application/x-www-form-urlencoded", "user=a&password=hunter2-Xy9")));
  expect_hidden(shown(with_body("multipart/form-data; boundary=xx",
                                "--xx\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n"
                                "hunter2-Xy9\r\n--xx--\r\n")));
}

TEST(Redaction, HidesJson) {
  for (const std::string_view body :
       {R"({"user":"a","password":"hunter2-Xy9"})", R"({"password" : "hunter2-Xy9)",
        R"([{"a":[1,{"accessToken":"hunter2-Xy9"}]}])", R"({"tokens":["hunter2-Xy9","b"]})",
        R"({"credentials":{"name":"a","value":"hunter2-Xy9"},"b":1})",
        R"({"pass\u0077ord":"hunter2-Xy9"})", R"({"a":"{\"secret\":\"hunter2-Xy9\"}"})",
        R"({"secret":"say \"hunter2-Xy9\" twice"})",
        "{\n  \"client_secret\":\n    \"hunter2-Xy9\"\n}"}) {
    expect_hidden(shown(with_body("application/json", body)));
    expect_hidden(shown(with_body("text/plain", body)));
    expect_hidden(shown("GET / HTTP/1.1\r\n\r\n", fmt::format("HTTP/1.1 500 Oh\r\n\r\n{}", body)));
  }
  const auto text =
      shown(with_body("application/json", R"({"cart":[1,2],"password":"hunter2-Xy9","n":7})"));
  EXPECT_NE(text.find(R"({"cart":[1,2],"password":"[redacted]","n":7})"), std::string::npos)
      << text;
}

TEST(Redaction, HidesWhatOtherTextsSay) {
  for (const std::string_view body :
       {"login failed: password=hunter2-Xy9", "{ password: 'hunter2-Xy9', user: 'a' }",
        "Authorization: Bearer hunter2-Xy9", "sent Bearer hunter2-Xy9 to b",
        "postgres://app:hunter2-Xy9@db/shop", "<password>hunter2-Xy9</password>",
        "API_KEY=hunter2-Xy9\nDEBUG=1", "password => \"hunter2-Xy9\"",
        "Cookie: sid=hunter2-Xy9; a=b"}) {
    expect_hidden(shown("GET / HTTP/1.1\r\n\r\n", fmt::format("HTTP/1.1 500 Oh\r\n\r\n{}", body)));
  }
  constexpr std::string_view kToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
  const auto text =
      shown("GET / HTTP/1.1\r\n\r\n", fmt::format("HTTP/1.1 500 Oh\r\n\r\ngot {}", kToken));
  EXPECT_EQ(text.find("eyJ"), std::string::npos) << text;
}

// The answer is a page that prints its request, without a word that says what is what.
TEST(Redaction, HidesASecretWhereverItStands) {
  expect_hidden(
      shown("GET /hunter2-Xy9 HTTP/1.1\r\nAuthorization: Bearer hunter2-Xy9\r\n\r\n",
            "HTTP/1.1 500 hunter2-Xy9\r\nX-Echo: hunter2-Xy9\r\n\r\n<td>hunter2-Xy9</td>"));
  expect_hidden(shown("GET / HTTP/1.1\r\nAuthorization: Basic YTpodW50ZXIyLVh5OQ==\r\n\r\n",
                      "HTTP/1.1 500 Oh\r\n\r\nno such user: hunter2-Xy9"));
  expect_hidden(shown(with_body("application/json", R"({"password":"hunter2-Xy9"})"),
                      "HTTP/1.1 500 Oh\r\n\r\nSELECT 1 WHERE p = 'hunter2-Xy9'"));
}

TEST(Redaction, HidesTheHalfOfASecretThatWasCut) {
  auto record = exchange("GET / HTTP/1.1\r\nX-Api-Key: hunter2-Xy9\r\n\r\n",
                         "HTTP/1.1 500 Oh\r\n\r\nkey is hunter2");
  EXPECT_EQ(Redaction().show(record).answer().text, "key is hunter2") << "it is another one";
  record.answer.cut = true;
  EXPECT_EQ(Redaction().show(record).answer().text, "key is [redacted]");
}

TEST(Redaction, HidesNamesOfTheConfiguration) {
  const auto body = R"({"iban":"hunter2-Xy9"})";
  EXPECT_NE(shown(with_body("application/json", body)).find(kSecret), std::string::npos);
  expect_hidden(shown(with_body("application/json", body), {}, {"IBAN"}));
  expect_hidden(shown("GET /?x_customer=hunter2-Xy9 HTTP/1.1\r\n\r\n", {}, {"X-Customer"}));
}

TEST(Redaction, ShowsNoBinaryBody) {
  using namespace std::string_literals;
  for (const std::string& body :
       {"\x1f\x8b\x08 hunter2-Xy9"s, "a\0hunter2-Xy9"s, "\x1b[31mhunter2-Xy9"s}) {
    const auto one = Redaction().show(exchange(with_body("text/plain", body)));
    EXPECT_FALSE(one.request().text);
    EXPECT_EQ(one.request().size, body.size());
    expect_hidden(all_of(one));
  }
  expect_hidden(shown("GET / HTTP/1.1\r\n\r\n",
                      "HTTP/1.1 500 Oh\r\ncontent-encoding: br\r\n\r\nhunter2-Xy9"));
}

TEST(Redaction, ShowsATextThatWasCutInACharacter) {
  auto record = exchange(with_body("text/plain", "caf\xc3\xa9 caf\xc3"));
  EXPECT_FALSE(Redaction().show(record).request().text);
  record.request.cut = true;
  EXPECT_EQ(Redaction().show(record).request().text, "caf\xc3\xa9 caf");
}

TEST(Redaction, HidesTheSameInALineOfAList) {
  const auto brief = Redaction().show_briefly(exchange(
      with_body("application/json", R"({"password":"hunter2-Xy9"})" + std::string(9000, ' ')),
      "HTTP/1.1 500 Oh\r\n\r\nhunter2-Xy9"));
  expect_hidden(all_of(brief));
  EXPECT_TRUE(brief.request().cut);
  EXPECT_EQ(brief.about().target, "/login");
}

TEST(Redaction, LeavesTheRestAsItIs) {
  const std::string_view body = R"({"items":[{"sku":"a-1","n":2}],"note":"token ring & cookies"})";
  const auto one = Redaction().show(exchange(with_body("application/json", body)));
  EXPECT_EQ(one.request().text, body);
  EXPECT_EQ(one.about().target, "/login");
  EXPECT_EQ(one.about().id, 17U);
}

TEST(Redaction, TakesItsTimeInProportion) {
  std::string body(64 << 10, 'a');
  for (std::size_t i = 0; i + 20 < body.size(); i += 20)
    body.replace(i, 18, "\"password\":\"aaaaaa");
  shown(with_body("application/json", body));
  shown(with_body("application/json", std::string(64 << 10, '[')));
  shown(with_body("application/json", std::string(64 << 10, '"')));
  std::string tokens;
  while (tokens.size() < 64 << 10) tokens += "eyJ+://bearer eyJ";
  shown(with_body("text/plain", tokens));
  shown(with_body("multipart/form-data; boundary=-", std::string(64 << 10, '-')));
}

TEST(CurlText, CanBePastedIntoAShell) {
  const auto text = curl_text(
      Redaction().show(exchange("PUT /a?b=1 HTTP/1.1\r\nhost: shop.test\r\ncontent-length: "
                                "9\r\nx-note: it's $(me)\r\n\r\n'; rm -rf")));
  EXPECT_EQ(text,
            "curl -sS -i -X 'PUT' \\\n  'http://shop.test/a?b=1' \\\n"
            "  -H 'x-note: it'\\''s $(me)' \\\n  --data-raw ''\\''; rm -rf'\n");
}

TEST(Har, IsWholeEvenOfHalfAnExchange) {
  const auto archive = har(Redaction().show(exchange("GET /a?b=1 HTTP/1.1\r\nhost: a\r\n\r\n")));
  const auto& entry = archive.at("log").at("entries").at(0);
  EXPECT_EQ(entry.at("request").at("url"), "http://a/a?b=1");
  EXPECT_EQ(entry.at("request").at("queryString").at(0).at("name"), "b");
  EXPECT_EQ(entry.at("response").at("status"), 500);
  EXPECT_EQ(entry.at("startedDateTime"), "1970-01-01T00:00:00.000Z");
}

TEST(Redaction, HidesInALineWhatIsSecretOfItsRequest) {
  RecordFrame frame;
  frame.request =
      "GET /?page=2 HTTP/1.1\r\nAuthorization: Bearer hunter2-Xy9\r\nX-Iban: DE02-1203\r\n\r\n";
  const Redaction redaction({"x-iban"});
  const auto line = [&](std::string_view text) {
    return redaction.show_line(parse_exchange(1, frame), text);
  };
  EXPECT_EQ(line("Error: bad key hunter2-Xy9"), "Error: bad key [redacted]");
  EXPECT_EQ(line("Error: no account DE02-1203"), "Error: no account [redacted]");
  EXPECT_EQ(line("Error: login failed, password=another1"),
            "Error: login failed, password=[redacted]");
  EXPECT_EQ(line("TypeError: no rate of page 2"), "TypeError: no rate of page 2");
  const std::string cut = std::string(390, 'x') + " hunter2-X";
  EXPECT_EQ(line(cut).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace livefix::observe
