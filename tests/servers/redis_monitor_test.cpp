// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A MONITOR capture of a real redis-server is a trace: captured, read, replayed.
//
//    redis-server (unix socket, no port)  <- redis-cli MONITOR > capture
//                                         <- redis-cli, 3,000 commands of several kinds, a last one to wait for
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/eventually.hpp"
#include "tests/support/process.hpp"

namespace {

class redis : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/portolan-redis-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::vector<std::string> client(std::vector<std::string> words) const {
    words.insert(words.begin(), {"redis-cli", "-s", path("socket")});
    return words;
  }

 private:
  std::string folder_;
};

std::string commands() {
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = "user:" + std::to_string(i * i % 97);
    all += "SET " + key + " \"value number " + std::to_string(i) + "\" EX 60\n";
    all += "GET " + key + "\n";
    all += i % 10 == 0 ? "DEL " + key + " other:" + std::to_string(i) + "\n"
                       : "HSET h:" + std::to_string(i % 5) + " field v\n";
  }
  return all + "PING\nSET the:end 1\n";
}

TEST_F(redis, a_capture_of_a_real_server_is_replayed) {
  if (std::system("command -v redis-server redis-cli >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "redis-server is not installed (Debian: redis-server); nothing was captured";
  }
  support::process server({"redis-server", "--port", "0", "--unixsocket", path("socket"), "--save", "", "--appendonly",
                           "no", "--dir", path("")});
  ASSERT_TRUE(support::eventually([&] { return support::run(client({"PING"})).out == "PONG\n"; })) << server.out();
  const std::string capture = path("capture.txt");
  {
    support::process monitor(client({"MONITOR"}), {.input = {}, .environment = {}, .output = capture});
    ASSERT_TRUE(support::eventually([&] { return support::process::content_of(capture).find("OK") == 0; }));
    EXPECT_EQ(support::run(client({}), {.input = commands(), .environment = {}, .output = {}}).status, 0);
    ASSERT_TRUE(support::eventually(
        [&] { return support::process::content_of(capture).find("the:end") != std::string::npos; }));
  }
  const auto done =
      support::run({support::portolan_tool(), "advise", "--trace", capture, "--json", "--skip-bad", "--rounds", "1",
                    "--seconds", "0.05", "--no-variants", "--only", "mutex +,guarded_map"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto j = nlohmann::json::parse(done.out);
  EXPECT_NE(j["workload"]["title"].get<std::string>().find("(redis)"), std::string::npos);
  const auto& actions = j["workload"]["actions"];
  EXPECT_EQ(actions["find"], 1000);
  EXPECT_EQ(actions["assign"], 1000 + 900 + 1);
  EXPECT_EQ(actions["erase"], 200);
  EXPECT_EQ(j["candidates"].size(), 2u);
  for (const auto& candidate : j["candidates"])
    EXPECT_TRUE(candidate.contains("operations_per_second")) << candidate.dump();
}

}  // namespace
