#include "ledger/event.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/event_hash.h"

namespace livefix::ledger {
namespace {

Entry sound() {
  return {WallTime(Milliseconds(1'700'000'000'000)), "promoted", "jörg", R"({"release":"a1b2"})"};
}

bool passes(const std::function<void(Entry&)>& change) {
  Entry entry = sound();
  change(entry);
  return check(entry).has_value();
}

TEST(Entry, IsTakenWithinItsBounds) {
  EXPECT_TRUE(check(sound()));
  EXPECT_TRUE(passes([](Entry& e) { e.kind = std::string(kLongestKind, 'a'); }));
  EXPECT_TRUE(passes([](Entry& e) { e.kind = std::string("gate.passed-2_b"); }));
  EXPECT_TRUE(passes([](Entry& e) { e.actor = std::string(kLongestActor, 'a'); }));
  EXPECT_TRUE(passes([](Entry& e) { e.body = std::string(kLongestBody, 'a'); }));
  EXPECT_TRUE(passes([](Entry& e) { e.body.clear(); }));
}

TEST(Entry, IsRefusedBeyond) {
  EXPECT_FALSE(passes([](Entry& e) { e.kind.clear(); }));
  EXPECT_FALSE(passes([](Entry& e) { e.kind = std::string(kLongestKind + 1, 'a'); }));
  EXPECT_FALSE(passes([](Entry& e) { e.kind = std::string("two words"); }));
  EXPECT_FALSE(passes([](Entry& e) { e.kind = std::string("Upper"); }));
  EXPECT_FALSE(passes([](Entry& e) { e.actor.clear(); }));
  EXPECT_FALSE(passes([](Entry& e) { e.actor = std::string(kLongestActor + 1, 'a'); }));
  EXPECT_FALSE(passes([](Entry& e) { e.actor = std::string("line\nbreak"); }));
  EXPECT_FALSE(passes([](Entry& e) { e.actor = std::string("\xC3"); }));
  EXPECT_FALSE(passes([](Entry& e) { e.body = std::string(kLongestBody + 1, 'a'); }));
  EXPECT_FALSE(passes([](Entry& e) { e.body = std::string("\"\xED\xA0\x80\""); }));  // a surrogate
  EXPECT_FALSE(passes([](Entry& e) { e.body = std::string("\"\0\"", 3); }));
}

TEST(Entry, SaysWhatIsWrongWithIt) {
  Entry entry = sound();
  entry.body = "{\"a\":\"\xFF\"}";
  EXPECT_EQ(check(entry).error().message,
            "an event `promoted` whose body is no JSON: byte 6 of it is 0 or not UTF-8");
  entry.body = std::string(kLongestBody + 1, 'a');
  EXPECT_EQ(check(entry).error().message,
            "an event `promoted` with a body of 1048577 bytes: at most 1048576 go into the ledger; "
            "record less");
}

// Computed by docs/ledger.md's own script. It must never change: ledgers are kept for years.
TEST(EventHash, IsTheDocumentedOne) {
  Event event{1, sound(), {}, {}};
  const auto hash = hash_of(event);
  ASSERT_TRUE(hash);
  EXPECT_EQ(to_hex(*hash), "e8aff0d8bd459d5b08221c8dffe98f858020c52bb562d627315dbfbb6850ce2e");
  event.sequence = 2;
  event.entry.time = WallTime(Milliseconds(-1));
  event.previous = *hash;
  EXPECT_EQ(to_hex(hash_of(event).value()),
            "6e3d5e89f0e6c0a3a249e779e958a08a63a35afae1af68c672f9fa7e393ee784");
}

TEST(EventHash, DependsOnEveryField) {
  const Event event{7, sound(), {}, {}};
  const auto changed = [&](const std::function<void(Event&)>& change) {
    Event other = event;
    change(other);
    return hash_of(other).value() != hash_of(event).value();
  };
  EXPECT_FALSE(changed([](Event&) {}));
  EXPECT_TRUE(changed([](Event& e) { ++e.sequence; }));
  EXPECT_TRUE(changed([](Event& e) { e.entry.time += Milliseconds(1); }));
  EXPECT_TRUE(changed([](Event& e) { e.entry.kind += "x"; }));
  EXPECT_TRUE(changed([](Event& e) { e.entry.actor += "x"; }));
  EXPECT_TRUE(changed([](Event& e) { e.entry.body += "x"; }));
  EXPECT_TRUE(changed([](Event& e) { e.previous[31] ^= 1; }));
  // Text that moves from one field to the next is another event.
  EXPECT_TRUE(changed([](Event& e) {
    e.entry.actor = std::string("j");
    e.entry.body = std::string("örg").append(e.entry.body);
  }));
}

TEST(Head, IsReadAsItIsPrinted) {
  Head head{12, {}};
  head.hash.front() = 0x0F;
  head.hash.back() = 0xA0;
  const std::string text = head_text(head);
  EXPECT_EQ(text, "12:0f" + std::string(60, '0') + "a0");
  EXPECT_EQ(parse_head(text).value(), head);
  EXPECT_EQ(parse_head(head_text({})).value(), Head{});
}

TEST(Head, IsRefusedInASentence) {
  const std::string hash(64, 'a');
  const std::vector<std::string> wrong{"12",
                                       "12:",
                                       ":" + hash,
                                       hash,
                                       "12:" + hash + "a",
                                       "12:" + hash.substr(2) + "0x",
                                       "12:" + hash.substr(1) + "g",
                                       "-1:" + hash,
                                       "12 :" + hash,
                                       "0:" + hash,
                                       "99999999999999999999:" + hash};
  for (const std::string& text : wrong) {
    const auto head = parse_head(text);
    ASSERT_FALSE(head) << text;
    EXPECT_NE(head.error().message.find("write SEQUENCE:HASH"), std::string::npos);
  }
}

}  // namespace
}  // namespace livefix::ledger
