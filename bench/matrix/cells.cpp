// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/cells.hpp"

#include <fmt/format.h>

#include "bench/workload/distribution.hpp"

namespace portolan::matrix {

const char* name_of(mix what) noexcept {
  switch (what) {
    case mix::hits: return "hit";
    case mix::misses: return "miss";
    case mix::find99: return "99";
    case mix::find95: return "95";
    case mix::find50: return "50";
    case mix::upsert: return "upsert";
    case mix::bulk_hits: return "bulk-hit";
    case mix::bulk_misses: return "bulk-miss";
    case mix::hot_find: return "hot-find";
    case mix::hot_add: return "hot-compute";
    case mix::fill: return "fill";
    case mix::fill_bulk: return "fill-bulk";
  }
  return "";
}

const char* name_of(key_form form) noexcept {
  switch (form) {
    case key_form::number: return "u64";
    case key_form::text: return "text";
    case key_form::text_to_32: return "text32";
  }
  return "";
}

const char* name_of(skew keys) noexcept { return keys == skew::uniform ? "uniform" : "zipf"; }

std::string count_in_words(std::uint64_t count) {
  if (count >= 1'000'000 && count % 100'000 == 0) return fmt::format("{:g} M", 1e-6 * static_cast<double>(count));
  if (count >= 1'000 && count % 100 == 0) return fmt::format("{:g} k", 1e-3 * static_cast<double>(count));
  return std::to_string(count);
}

std::string cell_key::words() const {
  std::string text = fmt::format("{} {} {} {}", name_of(form), count_in_words(entries), name_of(keys), name_of(what));
  if (batch != 0) text += fmt::format(" of {}", batch);
  return text + fmt::format(", {} thread{}", threads, threads == 1 ? "" : "s");
}

key_streams::key_streams(key_form form, std::uint64_t entries, skew keys, from range, unsigned threads,
                         std::size_t length)
    : length_(length) {
  const std::uint64_t first = range == from::absent ? 2 * entries : 0;
  const auto count = static_cast<std::uint32_t>(range == from::both ? 2 * entries : entries);
  const auto chosen = keys == skew::zipf ? workload::distribution::zipf : workload::distribution::uniform;
  const workload::key_source source({.distribution = chosen, .skew = 0.99}, count);
  (form == key_form::number ? numbers_.resize(threads) : texts_.resize(threads));
  for (unsigned t = 0; t < threads; ++t) {
    workload::chance chance(0x1234'5678u + 977 * t + entries);
    const auto next = [&] { return first + source.draw(chance, 0); };
    if (form == key_form::number) {
      numbers_[t].resize(length);
      for (std::uint64_t& key : numbers_[t]) key = number_key_of(next());
    } else {
      texts_[t].resize(length);
      for (std::string& key : texts_[t]) text_key_of(next(), key);
    }
  }
}

key_streams key_streams::one_key(unsigned threads, std::size_t length) {
  key_streams made(length);
  made.numbers_.assign(threads, std::vector<std::uint64_t>(length, number_key_of(7)));
  return made;
}

key_stream key_streams::of(unsigned thread, const std::vector<step>& steps) const {
  key_stream stream;
  if (!numbers_.empty()) stream.numbers = numbers_[thread];
  if (!texts_.empty()) stream.texts = texts_[thread];
  stream.steps = steps;
  return stream;
}

std::vector<step> steps_of(mix what, std::size_t length, unsigned thread) {
  std::vector<step> steps(length, step::find);
  const double finds = what == mix::find99 ? 0.99 : what == mix::find95 ? 0.95 : what == mix::hot_add ? 0 : 0.5;
  const bool adds = what == mix::upsert || what == mix::hot_add;
  if (loop_of(what) != loop::mixed && !adds) return steps;
  workload::chance chance(0xABCD'EF01u + thread);
  for (step& one : steps) {
    const double at = chance.unit();
    if (at < finds) continue;
    one = adds ? step::add : at < finds + (1 - finds) / 2 ? step::insert : step::erase;
  }
  return steps;
}

loop loop_of(mix what) noexcept {
  switch (what) {
    case mix::hits:
    case mix::misses:
    case mix::hot_find:
    case mix::fill:
    case mix::fill_bulk: return loop::finds;
    case mix::bulk_hits:
    case mix::bulk_misses: return loop::finds_in_bulk;
    case mix::find99:
    case mix::find95:
    case mix::find50: return loop::mixed;
    case mix::upsert:
    case mix::hot_add: return loop::upserts;
  }
  return loop::finds;
}

key_streams::from range_of(mix what) noexcept {
  switch (what) {
    case mix::misses:
    case mix::bulk_misses: return key_streams::from::absent;
    case mix::find99:
    case mix::find95:
    case mix::find50: return key_streams::from::both;
    default: return key_streams::from::present;
  }
}

}  // namespace portolan::matrix
