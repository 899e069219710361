// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The `portolan` command as a test starts it: UTF-8 output, a folder of its own for the files it reads and writes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace support {

inline finished portolan(std::vector<std::string> arguments, started_with how = {}) {
  arguments.insert(arguments.begin(), portolan_tool());
  how.environment.emplace_back("LC_ALL=C.UTF-8");
  return run(arguments, how);
}

// The text without its line ends: where a line breaks depends on the figures in it.
inline std::string in_one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const char shown = c == '\n' ? ' ' : c;
    if (shown != ' ' || out.empty() || out.back() != ' ') out += shown;
  }
  return out;
}

class command_line : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/portolan-cli-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  // What was said, without the folder, which changes from run to run.
  [[nodiscard]] std::string without_folder(std::string text) const {
    for (std::size_t at = 0; (at = text.find(folder_ + "/", at)) != std::string::npos;)
      text.erase(at, folder_.size() + 1);
    return text;
  }

 private:
  std::string folder_;
};

}  // namespace support
