// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "bench/matrix/figures.hpp"
#include "bench/matrix/growth.hpp"
#include "bench/matrix/in_child.hpp"
#include "bench/workload/allocations.hpp"
#include "portolan/base/platform.hpp"

namespace portolan::matrix {
namespace {

constexpr std::size_t number_stream = 1u << 21;
constexpr std::size_t longest_stream = 1u << 23;
constexpr std::size_t text_stream = 1u << 19;
constexpr std::uint64_t few_entries = 5'000;  // nobody compares maps of so few: a try of the command itself
constexpr std::size_t brief_stream = 1u << 14;
constexpr std::size_t bulk_batches[] = {16, 32, 64};
constexpr std::uint64_t churn_entries = 1'000'000;

bool has(const settings& how, part which) { return how.parts.count(which) != 0; }
bool stopped(const settings& how) { return how.interrupted != nullptr && how.interrupted->load(); }

// What one arena measures, in an order that keeps the keys as long as cells need them to be there.
std::vector<cell_key> cells_of(const settings& how, key_form form, std::uint64_t entries) {
  std::vector<cell_key> all;
  const bool numbers = form == key_form::number;
  const auto add = [&](skew keys, mix what, unsigned threads, std::size_t batch = 0) {
    all.push_back({form, entries, keys, what, threads, batch});
  };
  const auto mixes_of = [&](key_streams::from range) {
    for (const skew keys : how.skews) {
      for (const mix what : how.mixes) {
        if (range_of(what) != range) continue;
        if (has(how, part::cells)) {
          for (const unsigned threads : how.threads) add(keys, what, threads);
        }
        const bool shown = what == mix::hits || what == mix::find95 || what == mix::find50;
        if (has(how, part::scaling) && numbers && keys == skew::uniform && shown && entries >= 100'000) {
          for (const unsigned threads : how.threads) {
            if (!has(how, part::cells)) add(keys, what, threads);
          }
          for (const unsigned threads : how.more_threads) {
            if (!within(how.threads, threads)) add(keys, what, threads);
          }
        }
      }
    }
  };
  mixes_of(key_streams::from::present);
  if (numbers && has(how, part::hot_key) && entries == how.sizes[how.sizes.size() / 2]) {
    for (const mix what : {mix::hot_find, mix::hot_add}) {
      for (const unsigned threads : how.threads) {
        if (threads > 1) add(skew::uniform, what, threads);
      }
      for (const unsigned threads : how.more_threads) {
        if (!within(how.threads, threads)) add(skew::uniform, what, threads);
      }
    }
  }
  const bool bulk = numbers && has(how, part::bulk) && entries == how.largest();
  for (const std::size_t batch : bulk_batches) {
    for (const unsigned threads : how.threads) {
      if (bulk) add(skew::uniform, mix::bulk_hits, threads, batch);
    }
  }
  mixes_of(key_streams::from::absent);
  for (const std::size_t batch : bulk_batches) {
    for (const unsigned threads : how.threads) {
      if (bulk) add(skew::uniform, mix::bulk_misses, threads, batch);
    }
  }
  mixes_of(key_streams::from::both);
  return all;
}

// A whole run with its bookkeeping of what is done.
class whole_run {
 public:
  whole_run(const std::vector<entrant>& entrants, const settings& how) : entrants_(entrants), how_(how) {
    found_.how = how;
    for (const entrant& one : entrants) {
      found_.names.push_back(one.which.name);
      found_.leagues.push_back(one.which.league);
      found_.roles.push_back(one.is);
    }
  }

  result run() {
    const std::uint64_t begin = platform::now_ns();
    workload::count_allocations(false);
    // Each is skipped once somebody pressed Ctrl-C.
    if (has(how_, part::memory)) memory();
    if (has(how_, part::fill)) fills();
    if (has(how_, part::latency)) latencies();
    if (has(how_, part::half_grown)) half_grown();
    if (has(how_, part::churn)) churns();
    arenas();
    found_.interrupted = stopped(how_);
    found_.seconds = 1e-9 * static_cast<double>(platform::now_ns() - begin);
    return std::move(found_);
  }

  // What a part takes is added up instead, where nothing is run.
  double expected() {
    only_expected_ = true;
    (void)run();
    return done_;
  }

 private:
  // Tells what is next and how long it may take; false: do not do it.
  bool next(double seconds, const std::string& what) {
    if (only_expected_) {
      done_ += seconds;
      return false;
    }
    if (stopped(how_)) return false;
    if (how_.progress) how_.progress(done_, what);
    done_ += seconds;
    return true;
  }
  [[nodiscard]] double millions() const { return 1e-6 * static_cast<double>(how_.largest()); }
  [[nodiscard]] growth_settings growth() const { return {how_.largest(), how_.interrupted}; }
  void lost(const entrant& which, const std::string& what) {
    if (!stopped(how_)) found_.said.left_out.push_back(which.which.name + ": its process ended early, " + what);
  }

  void memory() {
    for (const entrant& one : entrants_) {
      if (one.is != entrant::role::map || !next(0.6 * millions(), one.which.name + ", memory while it grows")) continue;
      if (const auto seen = measure_memory(one, growth())) {
        found_.memories.push_back({one.which.name, *seen});
      } else {
        lost(one, "memory");
      }
    }
  }

  void latencies() {
    for (const unsigned threads : how_.threads) {
      if (next(0.1 * millions(), "the clock alone")) {
        if (const auto seen = measure_latency(nullptr, threads, growth()))
          found_.latencies.push_back({"", threads, *seen});
      }
      for (const entrant& one : entrants_) {
        if (one.is != entrant::role::map || !next(0.7 * millions(), one.which.name + ", every insert timed")) continue;
        if (const auto seen = measure_latency(&one, threads, growth())) {
          found_.latencies.push_back({one.which.name, threads, *seen});
        } else {
          lost(one, "insert latency");
        }
      }
    }
  }

  void half_grown() {
    if (!next(3, "a table left while it grows")) return;
    growth_settings how = growth();
    how.entries = std::min<std::uint64_t>(how.entries, 1'000'000);
    found_.half_grown = measure_half_grown(entrants_.front(), how);
  }

  void churns() {
    const unsigned threads = how_.threads.back();
    for (const skew keys : how_.skews) {
      if (!next(how_.churn_seconds + 1, fmt::format("churn, {} keys", name_of(keys)))) return;
      const std::uint64_t entries = std::min(churn_entries, how_.largest());
      if (const auto seen = measure_churn(entrants_.front(), keys, entries, threads, how_.churn_seconds, growth())) {
        found_.churns.push_back({keys, *seen});
      } else {
        lost(entrants_.front(), "churn");
      }
    }
  }

  // Fills from empty, one by one and in bulk. Who is slower than a third of the best peer is measured once.
  void fills() {
    for (const unsigned threads : how_.threads) {
      for (const mix what : {mix::fill, mix::fill_bulk}) {
        const cell_key key{key_form::number, how_.largest(), skew::uniform, what, threads, 0};
        cell made{key, std::vector<std::vector<double>>(entrants_.size())};
        for (unsigned r = 0; r < how_.repetitions; ++r) fill_all(made, r);
        if (!only_expected_) found_.cells.push_back(std::move(made));
      }
    }
  }

  void fill_all(cell& into, unsigned repetition) {
    double best = 0;
    for (std::size_t i = 1; i < entrants_.size(); ++i) best = std::max(best, median_of(into.speeds[i]));
    for (std::size_t turn = 0; turn < entrants_.size(); ++turn) {
      const std::size_t which = (turn + repetition) % entrants_.size();
      const entrant& one = entrants_[which];
      const bool hopeless = repetition > 0 && which != 0 && 3 * median_of(into.speeds[which]) < best;
      const bool bulk = into.of.what == mix::fill_bulk;
      if (one.is != entrant::role::map || hopeless || (bulk && which != 0)) continue;
      if (!next((bulk ? 0.15 : repetition == 0 ? 0.5 : 0.3) * millions(), one.which.name + ", " + into.of.words()))
        continue;
      const auto seen = in_child([&] { return fill_once(one, into.of); });
      if (!seen) {
        lost(one, into.of.words());
      } else if (!seen->empty()) {
        if ((*seen)[1] > 0)
          found_.said.wrong.push_back(one.which.name + ": wrong number of entries after " + into.of.words());
        into.speeds[which].push_back(seen->front());
      }
    }
  }

  static std::vector<double> fill_once(const entrant& one, const cell_key& what) {
    pinned_threads pool(what.threads);
    remarks said;
    touch_memory(what.entries);
    const std::vector<lap> laps = fill_fresh(one, what, pool, said);
    if (laps.empty()) return {};
    double longest = 0;
    for (const lap& each : laps) longest = std::max(longest, each.seconds);
    return {static_cast<double>(what.entries) / longest, static_cast<double>(said.wrong.size())};
  }

  void arenas() {
    unsigned most = 1;
    for (const unsigned threads : how_.threads) most = std::max(most, threads);
    if (has(how_, part::scaling) || has(how_, part::hot_key)) {
      for (const unsigned threads : how_.more_threads) most = std::max(most, threads);
    }
    pinned_threads pool(only_expected_ ? 0 : most);
    for (const key_form form : how_.forms) {
      for (const std::uint64_t entries : how_.sizes) one_arena(form, entries, pool);
    }
  }

  void one_arena(key_form form, std::uint64_t entries, pinned_threads& pool) {
    const std::vector<cell_key> todo = cells_of(how_, form, entries);
    const bool size_asked = has(how_, part::size) && form == key_form::number;
    if ((todo.empty() && !size_asked) || stopped(how_)) return;
    const double filling = 1e-6 * static_cast<double>(entries) * static_cast<double>(entrants_.size()) *
                           (form == key_form::number ? 0.35 : 0.9);
    const std::string name = fmt::format("{} {} keys", count_in_words(entries), name_of(form));
    std::optional<arena> in;
    if (next(filling, "filling " + name)) {
      const bool finds = std::any_of(todo.begin(), todo.end(), [](const cell_key& one) {
        return one.what == mix::hits && one.keys == skew::uniform;
      });
      const bool room = form == key_form::number && entries == how_.largest() && finds;
      in.emplace(form, entries, entrants_, pool, arena_settings{how_.repetitions, how_.seconds, room, how_.interrupted},
                 found_.said);
    }
    std::optional<key_streams> keys;
    const cell_key* last = nullptr;
    for (const cell_key& one : todo) {
      const double cost = static_cast<double>(how_.repetitions * entrants_.size()) * (how_.seconds + 0.0005) + 0.05;
      if (!next(cost, one.words())) continue;
      if (last == nullptr || last->keys != one.keys || range_of(last->what) != range_of(one.what) || hot(one) ||
          hot(*last)) {
        keys.emplace(streams_for(one, most_threads(todo, one.keys)));
      }
      // What was added is known as long as nothing was erased.
      if (last != nullptr && range_of(last->what) == key_streams::from::present &&
          range_of(one.what) != key_streams::from::present) {
        in->audit(nullptr);
      }
      last = &one;
      in->measure(one, *keys, found_.cells);
    }
    if (in && !stopped(how_)) in->audit(size_asked ? &found_.sizes : nullptr);
  }

  static bool hot(const cell_key& one) { return one.what == mix::hot_find || one.what == mix::hot_add; }
  static unsigned most_threads(const std::vector<cell_key>& all, skew keys) {
    unsigned most = 1;
    for (const cell_key& one : all) most = one.keys == keys ? std::max(most, one.threads) : most;
    return most;
  }
  static key_streams streams_for(const cell_key& one, unsigned threads) {
    // So long that what a stream asked for is out of the caches again when it begins anew.
    const std::size_t numbers = std::clamp<std::size_t>(std::bit_floor(one.entries), number_stream, longest_stream);
    const std::size_t full = one.form == key_form::number ? numbers : text_stream;
    const std::size_t length = one.entries < few_entries ? brief_stream : full;
    if (hot(one)) return key_streams::one_key(threads, operations_a_look);
    return {one.form, one.entries, one.keys, range_of(one.what), threads, length};
  }

  const std::vector<entrant>& entrants_;
  const settings& how_;
  result found_;
  double done_ = 0;
  bool only_expected_ = false;
};

}  // namespace

const char* name_of(part which) noexcept {
  switch (which) {
    case part::cells: return "cells";
    case part::bulk: return "bulk";
    case part::fill: return "fill";
    case part::latency: return "latency";
    case part::half_grown: return "half-grown";
    case part::hot_key: return "hot-key";
    case part::memory: return "memory";
    case part::churn: return "churn";
    case part::scaling: return "scaling";
    case part::compile: return "compile";
    case part::size: return "size";
  }
  return "";
}

std::uint64_t settings::largest() const { return *std::max_element(sizes.begin(), sizes.end()); }

const cell* result::find(const cell_key& of) const {
  const auto at = std::find_if(cells.begin(), cells.end(), [&](const cell& one) { return one.of == of; });
  return at == cells.end() ? nullptr : &*at;
}

double expected_seconds(const std::vector<entrant>& entrants, const settings& how) {
  return whole_run(entrants, how).expected();
}

result run(const std::vector<entrant>& entrants, const settings& how) { return whole_run(entrants, how).run(); }

}  // namespace portolan::matrix
