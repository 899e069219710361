// Promise: whatever bytes are given to what reads them, they are read or refused with a sentence: nothing else comes
// of it, and no memory out of proportion is taken.
//
// Method: the files of the corpus are damaged in all the ways that files are damaged, tens of thousands of times, from a
// seed. What libFuzzer found joins the corpus (docs/fuzzing.md).
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

#include "parsers.hpp"
#include "tests/promises/threads.hpp"
#include "tests/support/scale.hpp"

namespace fuzz {
namespace {

using input = std::vector<std::uint8_t>;

std::vector<input> corpus_of(parser which) {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path("tests/fuzz/corpus") / name_of(which);
  for (const auto& each : std::filesystem::directory_iterator(folder)) paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  std::vector<input> all;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

const std::array<std::string, 12> strange{"18446744073709551616",
                                          "-1",
                                          "1e999",
                                          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                          "\xff\xff\xff\x7f",
                                          std::string(4, '\0'),
                                          "\"",
                                          "\\x",
                                          "[[[[[[[[[[[[[[[[",
                                          "null",
                                          "\r\n",
                                          "{}"};

/// One of the ways in which a file is damaged.
void damage(input& bytes, const std::vector<input>& others, promises::chance& chance) {
  const auto place = [&] { return static_cast<std::ptrdiff_t>(chance.below(bytes.size() + 1)); };
  if (bytes.empty()) bytes.push_back(0);
  switch (chance.below(7)) {
    case 0: bytes.resize(chance.below(bytes.size() + 1)); return;
    case 1: bytes[chance.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << chance.below(8)); return;
    case 2: bytes[chance.below(bytes.size())] = static_cast<std::uint8_t>(chance.next()); return;
    case 3: {
      const std::string& text = strange[chance.below(strange.size())];
      bytes.insert(bytes.begin() + place(), text.begin(), text.end());
      return;
    }
    case 4: {  // a stretch is missing
      const auto from = place();
      const auto to = std::min<std::ptrdiff_t>(from + 1 + place() / 4, static_cast<std::ptrdiff_t>(bytes.size()));
      bytes.erase(bytes.begin() + from, bytes.begin() + std::max(from, to));
      return;
    }
    case 5: {  // a stretch is there twice
      const auto from = chance.below(bytes.size());
      const input twice(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end());
      bytes.insert(bytes.begin() + place(), twice.begin(), twice.end());
      return;
    }
    case 6: {  // it goes on as another file
      const input& other = others[chance.below(others.size())];
      bytes.resize(chance.below(bytes.size() + 1));
      bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(chance.below(other.size() + 1)),
                   other.end());
      return;
    }
  }
}

std::string as_hex(const input& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", byte);
    text += hex;
  }
  return text;
}

/// Leaves bytes out as long as the rest is still misread.
input shrunk(parser which, input bytes) {
  for (std::size_t length = bytes.size() / 2; length >= 1; length /= 2) {
    for (std::size_t from = 0; from + length <= bytes.size();) {
      input less = bytes;
      const auto begin = less.begin() + static_cast<std::ptrdiff_t>(from);
      less.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
      if (read(which, less).trouble) {
        bytes = std::move(less);
      } else {
        from += length;
      }
    }
  }
  return bytes;
}

class a_parser : public testing::TestWithParam<parser> {};

TEST_P(a_parser, reads_or_refuses_whatever_it_is_given) {
  const std::vector<input> corpus = corpus_of(GetParam());
  ASSERT_FALSE(corpus.empty());
  bool some_accepted = false;
  for (const input& each : corpus) {
    const reading said = read(GetParam(), each);
    EXPECT_FALSE(said.trouble) << *said.trouble << ": " << as_hex(each);
    some_accepted = some_accepted || said.accepted;
  }
  EXPECT_TRUE(some_accepted) << "the corpus is refused, all of it: nothing behind the first check is tried";
  promises::chance chance(
      std::getenv("PORTOLAN_FUZZ_SEED") == nullptr ? 1 : std::strtoull(std::getenv("PORTOLAN_FUZZ_SEED"), nullptr, 10));
  for (int i = 0; i < support::scaled(6'000); ++i) {
    input bytes = corpus[chance.below(corpus.size())];
    for (std::uint64_t times = 1 + chance.below(4); times > 0; --times) damage(bytes, corpus, chance);
    if (bytes.size() > 20'000) continue;
    if (const reading said = read(GetParam(), bytes); said.trouble) {
      FAIL() << *said.trouble << ": " << as_hex(shrunk(GetParam(), bytes));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(of_ours, a_parser,
                         testing::Values(parser::dump, parser::dump_blocks, parser::trace, parser::words,
                                         parser::baseline, parser::matrix, parser::arguments, parser::promises,
                                         parser::history),
                         [](const testing::TestParamInfo<parser>& of) { return std::string(name_of(of.param)); });

}  // namespace
}  // namespace fuzz
