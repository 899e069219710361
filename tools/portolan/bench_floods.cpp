// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Keys that somebody chose who knows a program's hash, beside ordinary ones: how many times as long each map takes.
//
//   <<20     i << 20: nothing in the low bits, as of aligned things
//   high     i in the highest bits alone
//   low      i above twelve low bits that never change
//   primes   multiples of a bucket count of libstdc++'s std::unordered_map (Neal Wu, "Blowing up unordered_map", 2018)
//   murmur   texts that have one hash under MurmurHash64A, which is libstdc++'s std::hash of texts (Aumasson, Bernstein and
//            Boßlet, "Hash-flooding DoS reloaded", 2012), beside random texts of the same length
//
// Each map has the hash that it has if its user names none: what stands in the table is the hash's doing more than the map's.
#include <array>
#include <cstring>
#include <random>

#include "tools/portolan/bench_keys.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

constexpr std::uint64_t inverse_of(std::uint64_t odd) {
  std::uint64_t inverse = odd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}

constexpr unsigned word_pairs = 13;
constexpr std::uint64_t texts_of_a_flood = 1U << word_pairs;

/// 2^13 texts of 26 words with one hash: a difference of the top bit goes through a word of MurmurHash64A unchanged, and the
/// next word takes it back.
std::vector<std::string> texts_against_murmur() {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995;
  constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;
  const auto mixed = [](std::uint64_t k) { return ((k * m) ^ (k * m) >> 47) * m; };
  const auto unmixed = [](std::uint64_t k) {
    k *= inverse_of(m);
    return (k ^ k >> 47) * inverse_of(m);
  };
  std::vector<std::string> texts;
  for (std::uint64_t choice = 0; choice < texts_of_a_flood; ++choice) {
    std::string& text = texts.emplace_back();
    for (std::uint64_t word = 0; word < 2 * word_pairs; ++word) {
      const std::uint64_t plain = 1'000 + word;
      const std::uint64_t bytes = choice >> (word / 2) & 1 ? unmixed(mixed(plain) ^ top_bit) : plain;
      text.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    }
  }
  return texts;
}

std::vector<std::string> random_texts() {
  std::mt19937_64 random(7);
  std::vector<std::string> texts(texts_of_a_flood);
  for (std::string& text : texts) {
    for (unsigned word = 0; word < 2 * word_pairs; ++word) {
      const std::uint64_t bytes = random();
      text.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    }
  }
  return texts;
}

struct number_flood {
  const char* name;
  std::uint64_t (*key)(std::uint64_t);
};
constexpr std::array<number_flood, 4> number_floods{{{"<<20", [](std::uint64_t i) { return i << 20; }},
                                                     {"high", [](std::uint64_t i) { return i << 44; }},
                                                     {"low", [](std::uint64_t i) { return i << 12 | 0xabc; }},
                                                     {"primes", [](std::uint64_t i) { return i * 107'897; }}}};

/// What a map takes for ordinary keys, then for each flood, as the cells of a row; and the worst of it.
struct row_of_floods {
  std::vector<std::string> cells;
  double worst = 0;

  void add(const fill_time& flood, double ordinary) {
    cells.push_back(times_of(flood, ordinary));
    worst = std::max(worst, flood.seconds / ordinary);
  }
};

row_of_floods measured(const number_map_kind& numbers, const text_map_kind& texts, std::uint64_t count) {
  row_of_floods row;
  constexpr int times = 5;
  const double sequential = best_fill(
                                numbers, count, [](std::uint64_t i) { return i; }, 60, times)
                                .seconds;
  row.cells = {"  " + numbers.name, three_digits(1e3 * sequential)};
  for (const number_flood& flood : number_floods) {
    if (interrupted().load()) return row;
    row.add(best_fill(numbers, count, flood.key, sequential * give_up_after, times), sequential);
  }
  static const std::vector<std::string> ordinary = random_texts();
  static const std::vector<std::string> crafted = texts_against_murmur();
  const auto of = [](const std::vector<std::string>& all) {
    return [&all](std::uint64_t i) -> const std::string& { return all[i]; };
  };
  const double random = best_fill(texts, texts_of_a_flood, of(ordinary), 60, times).seconds;
  row.cells.push_back(three_digits(1e3 * random));
  row.add(best_fill(texts, texts_of_a_flood, of(crafted), random * give_up_after, times), random);
  return row;
}

}  // namespace

status bench_floods(const bench_options& how, const terminal& to) {
  const std::uint64_t count = how.entries != 0 ? how.entries : how.quick ? 20'000 : 100'000;
  std::vector<table::column> columns{{"", "", 26}, {"keys i", "ms", 8}};
  for (const number_flood& flood : number_floods) columns.push_back({flood.name, "", 9});
  columns.push_back({"texts", "ms", 8});
  columns.push_back({"murmur", "", 9});
  table figures(std::move(columns));
  double worst_of_ours = 0;
  {
    progress_bar bar(to);
    const auto numbers = number_maps();
    const auto texts = text_maps();
    bar.expect(static_cast<double>(numbers.size()));
    for (std::size_t at = 0; at < numbers.size() && !interrupted().load(); ++at) {
      bar.show(static_cast<double>(at), numbers[at].name);
      row_of_floods row = measured(numbers[at], texts[at], count);
      if (numbers[at].name == "concurrent_map") worst_of_ours = row.worst;
      figures.row(std::move(row.cells));
    }
  }
  std::string out =
      labelled("bench",
               fmt::format("floods: {} inserts and finds of crafted numbers, as a multiple of keys 0, 1, 2 …, and {} "
                           "of crafted texts, as a multiple of random ones; one thread",
                           grouped(count), grouped(texts_of_a_flood))) +
      "\n";
  out += figures.text() + "\n";
  out += labelled("answer", fmt::format("concurrent_map is at most {} times slower than with ordinary keys.",
                                        three_digits(worst_of_ours)));
  return print(to, out) ? status::clean : status::failed;
}

}  // namespace portolan::tool
