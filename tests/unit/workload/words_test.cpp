// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/words.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "bench/workload/input.hpp"

namespace {

using namespace portolan::workload;
namespace files = std::filesystem;

class words : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = files::temp_directory_path() / ("portolan-words-" + std::to_string(::getpid()));
    files::create_directories(folder_ / "inner");
  }
  void TearDown() override { files::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::string path(const std::string& name = "") const { return (folder_ / name).string(); }

  static std::map<std::string, int> counts_of(const workload& work) {
    std::map<std::string, int> counts;
    for (const auto& stream : work.streams) {
      for (const operation op : stream) ++counts[work.texts[op.key()]];
    }
    return counts;
  }

 private:
  files::path folder_;
};

TEST_F(words, are_letters_digits_underscores_and_bytes_above_ascii) {
  write("a.txt", "int main_2(){return\xc3\xa9;} int");
  const auto counts = counts_of(make_words({.paths = {path("a.txt")}, .threads = 1}).work);
  EXPECT_EQ(counts, (std::map<std::string, int>{{"int", 2}, {"main_2", 1}, {"return\xc3\xa9", 1}}));
}

TEST_F(words, come_from_all_files_below_a_directory) {
  write("a.txt", "one two");
  write("inner/b.txt", "two");
  const words_found found = make_words({.paths = {path()}, .threads = 2});
  EXPECT_EQ(found.files, 2u);
  EXPECT_EQ(counts_of(found.work), (std::map<std::string, int>{{"one", 1}, {"two", 2}}));
  EXPECT_TRUE(found.work.counting);
  EXPECT_TRUE(found.work.once);
}

TEST_F(words, are_dealt_to_all_threads) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "w" + std::to_string(i % 50) + " ";
  write("a.txt", text);
  const words_found found = make_words({.paths = {path("a.txt")}, .threads = 3});
  ASSERT_EQ(found.work.threads(), 3u);
  for (const auto& stream : found.work.streams) EXPECT_GT(stream.size(), 10'000u);
}

TEST_F(words, stop_at_the_limit_and_say_so) {
  write("a.txt", "a b c d e f");
  write("b.txt", "g h");
  const words_found found = make_words({.paths = {path()}, .threads = 1, .words_at_most = 4});
  EXPECT_EQ(found.work.facts_of_it.operations, 4u);
  EXPECT_TRUE(found.limited);
}

TEST_F(words, none_at_all_or_no_such_file_is_an_error) {
  write("empty.txt", " ;;; ");
  EXPECT_THROW((void)make_words({.paths = {path("empty.txt")}, .threads = 1}), input_error);
  EXPECT_THROW((void)make_words({.paths = {path("missing.txt")}, .threads = 1}), input_error);
}

}  // namespace
