#include "cli/service_locator.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

class ServiceLocatorTest : public testing::Test {
 protected:
  ServiceLocatorTest() {
    tree_.directory("shop/src/deep");
    user_.current_directory = tree_.path("shop/src/deep");
  }
  void socket(const std::string& run_directory, const std::string& name) const {
    tree_.directory(run_directory + "/" + name);
    mknod(tree_.path(run_directory + "/" + name + "/control.sock").c_str(), S_IFSOCK | 0600, 0);
  }
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const auto& service : locate_services(choice_, user_).services) {
      names.push_back(service.name);
    }
    return names;
  }
  using Names = std::vector<std::string>;

  TemporaryTree tree_;
  ServiceChoice choice_;
  UserInterface user_;
};

TEST_F(ServiceLocatorTest, LooksUpwards) {
  EXPECT_EQ(found(), Names{});
  socket("shop/.livefix/run", "shop");
  socket("shop/.livefix/run", "admin");
  socket(".livefix/run", "above");
  EXPECT_EQ(found(), (Names{"admin", "shop"}));
  choice_.name = "shop";
  EXPECT_EQ(found(), Names{"shop"});
  choice_.name = "above";
  EXPECT_EQ(found(), Names{"above"});
  EXPECT_EQ(locate_services(choice_, user_).services[0].socket_path,
            tree_.path(".livefix/run/above/control.sock"));
}

TEST_F(ServiceLocatorTest, LooksWhereItIsTold) {
  socket("shop/.livefix/run", "shop");
  socket("other/.livefix/run", "other");
  socket("state/run", "system");
  choice_.directory = "../../../other";
  EXPECT_EQ(found(), Names{"other"});
  choice_.directory = "";
  user_.livefix_directory = tree_.path("state");
  EXPECT_EQ(found(), Names{"system"});
  socket("served/run", "shop");
  choice_.state = "../../../served/";
  EXPECT_EQ(found(), Names{"shop"});
}

TEST_F(ServiceLocatorTest, PassesOverWhatIsNoSocket) {
  tree_.file("shop/.livefix/run/shop/control.sock", "x");
  tree_.directory("shop/.livefix/run/empty");
  EXPECT_EQ(found(), Names{});
}

TEST_F(ServiceLocatorTest, SaysWhereItLooked) {
  EXPECT_EQ(nothing_runs(choice_, locate_services(choice_, user_)),
            "no livefix runs here (looked for .livefix/run/*/control.sock in " +
                user_.current_directory +
                " and above); start one with: livefix node server.js; one that "
                "was started with --state is found with --state or LIVEFIX_DIR");
  choice_ = {.name = "shop", .directory = "/nowhere", .state = ""};
  EXPECT_EQ(nothing_runs(choice_, locate_services(choice_, user_)),
            "no livefix of shop runs here (looked for /nowhere/.livefix/run/shop/control.sock); "
            "start one with: livefix node server.js");
  choice_ = {.name = "", .directory = "", .state = "/nowhere"};
  EXPECT_EQ(
      nothing_runs(choice_, locate_services(choice_, user_)),
      "no livefix runs here (looked for /nowhere/run/*/control.sock); start one with: livefix "
      "serve --state /nowhere");
}

}  // namespace
}  // namespace livefix::cli
