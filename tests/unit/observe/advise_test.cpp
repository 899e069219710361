// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A small service is recorded, and `portolan advise` is asked which map it should have had.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/map/guarded_map.hpp>
#include <portolan/observe/record.hpp>

#include "../../support/process.hpp"

namespace {

// Logins, requests and logouts from three threads.
void serve(const std::string& file) {
  portolan::record_options how;
  how.file = file;
  portolan::recorded<portolan::guarded_map<std::unordered_map<std::string, std::string>>> sessions(how);
  std::vector<std::thread> team;
  for (int t = 0; t < 3; ++t) {
    team.emplace_back([&, t] {
      for (int i = 0; i < 600; ++i) {
        const std::string key = "user:" + std::to_string(i * (t + 1) % 97);
        sessions.insert(key, std::string(40, 's'));
        static_cast<void>(sessions.find(key));
        if (i % 10 == t) sessions.erase(key);
      }
    });
  }
  for (auto& one : team) one.join();
}

TEST(a_recorded_service, is_replayed_on_other_maps_and_judged) {
  char name[] = "/tmp/portolan-service-XXXXXX";
  ::close(::mkstemp(name));
  const std::string file = name;
  serve(file);
  const std::vector<std::string> command = {support::portolan_tool(),
                                            "advise",
                                            "--trace",
                                            file,
                                            "--quick",
                                            "--rounds",
                                            "1",
                                            "--seconds",
                                            "0.02",
                                            "--no-report",
                                            "--only",
                                            "guarded_map",
                                            "--only",
                                            "sync_map"};
  const auto done = support::run(command);
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("operations, 97 keys"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("guarded_map"), std::string::npos);
  EXPECT_NE(done.out.find("sync_map"), std::string::npos);
  EXPECT_EQ(done.out.find("refused"), std::string::npos) << done.out;

  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const auto cut = support::run(command);
  EXPECT_EQ(cut.status, 2);
  EXPECT_NE(cut.err.find("was cut off (--skip-bad uses the good lines)"), std::string::npos) << cut.err;
  std::remove(file.c_str());
}

}  // namespace
