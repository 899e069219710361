// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Counts words: several threads read a text in parts, one map takes the counts.
//
//   part 1 ─► thread ─┐
//   part 2 ─► thread ─┼─ compute(word, +1) ─► concurrent_map<string, count> ─► the most frequent
//   part 3 ─► thread ─┘
//
// 1. compute reads, adds and stores in one step: no count is lost, whoever counts the same word meanwhile.
// 2. A word is looked up as the std::string_view it is; a std::string is made for its first time only.
//
//   word_counter FILE...     counts the words of the files
//   word_counter             counts a text made here, whose counts are known, and checks them
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <latch>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/concurrent_map.hpp>

namespace {

using counts = portolan::concurrent_map<std::string, std::size_t>;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

template <class F>
void for_each_word(std::string_view text, F&& f) {
  const auto end = text.end();
  for (auto at = text.begin(); at != end;) {
    const auto first = std::find_if(at, end, is_letter);
    at = std::find_if_not(first, end, is_letter);
    if (first != at) f(std::string_view(first, at));
  }
}

/// `parts` pieces of `text`; none begins or ends inside a word.
std::vector<std::string_view> parts_of(std::string_view text, std::size_t parts) {
  std::vector<std::string_view> pieces;
  for (std::size_t left = parts; left > 0; --left) {
    const auto cut =
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(text.size() / left), text.end(), is_letter);
    pieces.emplace_back(text.begin(), cut);
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

void count_words(counts& words, std::string_view text) {
  for_each_word(text, [&](std::string_view word) {
    words.compute(word, [](const std::size_t* now) { return now == nullptr ? 1 : *now + 1; });
  });
}

void count_in_parallel(counts& words, std::string_view text, std::ptrdiff_t threads) {
  std::latch start(threads);
  std::vector<std::thread> workers;
  for (std::string_view part : parts_of(text, static_cast<std::size_t>(threads))) {
    workers.emplace_back([&words, &start, part] {
      start.arrive_and_wait();
      count_words(words, part);
    });
  }
  for (std::thread& worker : workers) worker.join();
}

std::string text_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A text of 150,000 words, some of which are much more frequent than others.
std::string made_text() {
  constexpr std::string_view vocabulary[] = {"sea", "wind", "chart", "harbour", "pilot", "compass", "rhumb", "league"};
  std::string text;
  std::size_t state = 1;
  for (int i = 0; i < 150'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::size_t drawn = state >> 60;
    text += vocabulary[drawn < 8 ? 0 : drawn - 8];
    text += i % 11 == 10 ? ".\n" : " ";
  }
  return text;
}

void print_most_frequent(const counts& words, std::size_t how_many) {
  auto all = words.snapshot();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  all.resize(std::min(all.size(), how_many));
  for (const auto& [word, count] : all) std::printf("%8zu  %s\n", count, word.c_str());
}

/// Whether the map holds what one thread counts alone.
bool holds_the_counts_of(const counts& words, std::string_view text) {
  std::map<std::string, std::size_t> expected;
  for_each_word(text, [&](std::string_view word) { ++expected[std::string(word)]; });
  return words.size() == expected.size() && std::all_of(expected.begin(), expected.end(), [&](const auto& entry) {
           return words.find(entry.first) == entry.second;
         });
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::string text;
  for (int i = 1; i < argument_count; ++i) text += text_of(arguments[i]) + '\n';
  if (argument_count == 1) text = made_text();

  counts words({.name = "words"});
  count_in_parallel(words, text, 4);
  print_most_frequent(words, 10);
  if (!holds_the_counts_of(words, text)) {
    std::printf("a count was lost\n");
    return 1;
  }
  std::printf("%zu different words; all counts are those of one thread\n", words.size());
}
