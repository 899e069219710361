// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace portolan::matrix {
namespace {

using workload::league;

constexpr std::size_t ours = 0;

std::string times(double ratio) { return fmt::format("{:.2f}", ratio); }
std::string spread_of(const estimate& ratio) { return fmt::format("{:.2f} to {:.2f}", ratio.low, ratio.high); }
std::string threads_in_words(unsigned threads) { return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"); }
std::string micros(double ns) {
  const double us = ns / 1000;
  return us >= 1000  ? fmt::format("{:.3g} ms", us / 1000)
         : us >= 100 ? fmt::format("{:.0f} µs", us)
                     : fmt::format("{:.3g} µs", us);
}
verdict at_least(double value, double wanted) { return value >= wanted ? verdict::pass : verdict::miss; }
verdict at_most(double value, double wanted) { return value <= wanted ? verdict::pass : verdict::miss; }

class writer {
 public:
  explicit writer(const result& of) : of_(of) {}

  std::vector<bar> all() {
    for (const std::uint64_t entries : of_.how.sizes) general_of_size(entries);
    none_below(key_form::number);
    special();
    for (const key_form form : {key_form::text, key_form::text_to_32}) texts(form);
    beside_the_array();
    bulk_finds();
    fills();
    latencies();
    half_grown();
    hot_key();
    memory();
    churns();
    sizes();
    compiles();
    return std::move(bars_);
  }

 private:
  void add(bar made) { bars_.push_back(std::move(made)); }

  static double mean_of(const std::vector<comparison>& all) {
    std::vector<double> ratios;
    for (const comparison& one : all) ratios.push_back(one.ratio.median);
    return geometric_mean(ratios);
  }
  [[nodiscard]] std::string worst_of(const std::vector<comparison>& all) const {
    const auto worst = std::min_element(all.begin(), all.end(), [](const comparison& a, const comparison& b) {
      return a.ratio.median < b.ratio.median;
    });
    return fmt::format("worst {} {}: {}", times(worst->ratio.median), of_.names[worst->peer], worst->in->of.words());
  }

  void mean(const std::string& name, const std::vector<comparison>& all, double wanted) {
    if (all.empty()) return;
    const double found = mean_of(all);
    add({name, fmt::format("≥ {}", wanted), times(found), worst_of(all), at_least(found, wanted)});
  }

  void general_of_size(std::uint64_t entries) {
    mean(fmt::format("u64, {}: geometric mean", count_in_words(entries)),
         compare(of_, key_form::number, entries, league::general), 1.8);
  }

  void none_below(key_form form) {
    constexpr std::size_t shown = 3;
    auto all = compare(of_, form, 0, league::general);
    if (all.empty()) return;
    const std::size_t cells = all.size();
    std::erase_if(all, [](const comparison& one) { return one.ratio.high >= 1; });
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.ratio.median < b.ratio.median; });
    std::string which;
    for (std::size_t i = 0; i < all.size() && i < shown; ++i) {
      which += (i == 0 ? "" : "; ") + fmt::format("{} ({}) {} {}", times(all[i].ratio.median), spread_of(all[i].ratio),
                                                  of_.names[all[i].peer], all[i].in->of.words());
    }
    if (all.size() > shown) which += fmt::format("; {} more in matrix.md", all.size() - shown);
    add({fmt::format("{}: cells wholly below 1.0", name_of(form)), fmt::format("0 of {}", cells),
         std::to_string(all.size()), which, all.empty() ? verdict::pass : verdict::miss});
  }

  void special() {
    const auto all = compare(of_, key_form::number, 0, league::special);
    if (all.empty()) return;
    mean("u64, special league: geometric mean", all, 1.0);
    std::vector<comparison> finds;
    for (const comparison& one : all) {
      if (one.in->of.what == mix::hits || one.in->of.what == mix::misses) finds.push_back(one);
    }
    mean("u64, special league: finds alone", finds, 0.85);
  }

  void texts(key_form form) {
    mean(fmt::format("{}: geometric mean", name_of(form)), compare(of_, form, 0, league::general), 1.5);
    none_below(form);
  }

  [[nodiscard]] const std::vector<double>* speeds(const cell* in, std::size_t which) const {
    return in == nullptr || in->speeds[which].empty() ? nullptr : &in->speeds[which];
  }
  // Who plays this role; the number of entrants: nobody does.
  [[nodiscard]] std::size_t who(entrant::role is) const {
    return static_cast<std::size_t>(std::find(of_.roles.begin(), of_.roles.end(), is) - of_.roles.begin());
  }
  // How fast a hit is beside the array's in the same cell.
  void beside_the_array(const std::string& name, std::size_t which, double wanted) {
    const std::size_t array = who(entrant::role::array);
    if (which == of_.names.size() || array == of_.names.size()) return;
    for (const unsigned threads : of_.how.threads) {
      const cell* const in = of_.find(largest(mix::hits, threads));
      const auto* const mine = speeds(in, which);
      const auto* const floor = speeds(in, array);
      if (mine == nullptr || floor == nullptr) continue;
      const estimate ratio = paired_ratio(*mine, *floor);
      add({name, fmt::format("≥ {:g}", wanted), times(ratio.median),
           fmt::format("{:.1f} M/s, array {:.1f}", 1e-6 * median_of(*mine), 1e-6 * median_of(*floor)),
           at_least(ratio.median, wanted), threads, spread_of(ratio)});
    }
  }
  [[nodiscard]] cell_key largest(mix what, unsigned threads, std::size_t batch = 0) const {
    return {key_form::number, of_.how.largest(), skew::uniform, what, threads, batch};
  }

  void beside_the_array() {
    const std::string name = fmt::format("find, {} present ÷ array", count_in_words(of_.how.largest()));
    beside_the_array(name, ours, 0.7);
    beside_the_array(name + fmt::format(", load ≤ {:g}", low_load), who(entrant::role::roomy), 0.85);
  }

  // The batches of one kind, each beside the same entrant, or beside the best one that has bulk finds.
  void bulk_finds() {
    const std::size_t array = who(entrant::role::array);
    for (const unsigned threads : of_.how.threads) {
      std::vector<double> to_array;
      std::vector<double> to_peer[2];
      std::string peer;
      for (const mix what : {mix::bulk_hits, mix::bulk_misses}) {
        for (const cell& in : of_.cells) {
          if (in.of.what != what || in.of.threads != threads || in.speeds[ours].empty()) continue;
          if (what == mix::bulk_hits && array != of_.names.size() && !in.speeds[array].empty()) {
            to_array.push_back(paired_ratio(in.speeds[ours], in.speeds[array]).median);
          }
          if (const std::size_t best = best_peer(of_, in, league::general); best != ours) {
            to_peer[what == mix::bulk_hits ? 0 : 1].push_back(paired_ratio(in.speeds[ours], in.speeds[best]).median);
            peer = of_.names[best];
          }
        }
      }
      if (!to_array.empty()) {
        const double mean = geometric_mean(to_array);
        add({"bulk find of 16–64, hits ÷ array", "≥ 0.85", times(mean), "", at_least(mean, 0.85), threads});
      }
      for (const std::size_t kind : {0u, 1u}) {
        if (to_peer[kind].empty()) continue;
        const double mean = geometric_mean(to_peer[kind]);
        add({fmt::format("bulk find of 16–64, {} ÷ peer's", kind == 0 ? "hits" : "misses"), "≥ 1.3", times(mean), peer,
             at_least(mean, 1.3), threads});
      }
    }
  }

  void fills() {
    for (const unsigned threads : of_.how.threads) {
      const cell* const one_by_one = of_.find(largest(mix::fill, threads));
      if (one_by_one == nullptr) continue;
      const std::size_t best = best_peer(of_, *one_by_one, league::general);
      const auto* const mine = speeds(one_by_one, ours);
      const auto* const bulk = speeds(of_.find(largest(mix::fill_bulk, threads)), ours);
      const std::string size = count_in_words(of_.how.largest());
      if (best == ours) {
        if (mine != nullptr) {
          add({"fill to " + size, "", fmt::format("{:.1f} M/s", 1e-6 * median_of(*mine)), "no peer", verdict::open,
               threads});
        }
        continue;
      }
      const std::vector<double>& peer = one_by_one->speeds[best];
      const auto beside = [&](const std::vector<double>& own) {
        return fmt::format("{:.1f} M/s; {} {:.1f}", 1e-6 * median_of(own), of_.names[best], 1e-6 * median_of(peer));
      };
      if (mine != nullptr) {
        const double wanted = threads == 1 ? 1.4 : 2.0;
        const estimate ratio = paired_ratio(*mine, peer);
        add({"fill to " + size, fmt::format("≥ {}", wanted), times(ratio.median), beside(*mine),
             at_least(ratio.median, wanted), threads, spread_of(ratio)});
      }
      if (bulk != nullptr) {
        const double ratio = median_of(*bulk) / median_of(peer);
        add({"bulk insert to " + size + " ÷ a peer's fill", "≥ 2.5", times(ratio), beside(*bulk), at_least(ratio, 2.5),
             threads});
      }
    }
  }

  void latencies() {
    for (const unsigned threads : of_.how.threads) {
      const insert_latency* clock = nullptr;
      const insert_latency* mine = nullptr;
      for (const latency_of& one : of_.latencies) {
        if (one.threads != threads) continue;
        if (one.name.empty()) clock = &one.figures;
        if (one.name == of_.names[ours]) mine = &one.figures;
      }
      if (mine == nullptr) continue;
      const auto row = [&](const std::string& what, double wanted_ns, auto figure, bool noise_excuses) {
        const double found = figure(*mine);
        std::string peers;
        double best = 1e300;
        for (const latency_of& one : of_.latencies) {
          if (one.threads != threads || one.name.empty() || one.name == of_.names[ours]) continue;
          const double of_peer = figure(one.figures);
          if (of_peer < best) peers = fmt::format("best peer {} {}", micros(of_peer), one.name), best = of_peer;
        }
        const double noise = clock == nullptr ? 0 : figure(*clock);
        const double allowed = noise_excuses ? std::max(wanted_ns, noise) : wanted_ns;
        add({"insert " + what, "≤ " + micros(wanted_ns), micros(found),
             fmt::format("doing nothing {}; {}", micros(noise), peers), at_most(found, allowed), threads});
      };
      row(
          "p99.9", 4e3, [](const insert_latency& one) { return one.at_ns(0.999); }, false);
      row(
          "p99.999", 250e3, [](const insert_latency& one) { return one.at_ns(0.99999); }, false);
      row(
          "worst", 1e6, [](const insert_latency& one) { return one.max_ns; }, true);
    }
  }

  void half_grown() {
    if (!of_.half_grown) return;
    const left_half_grown& seen = *of_.half_grown;
    if (!seen.found) {
      add({"left half-grown: finds at full speed", "≤ 100 ms", "no growth was met", "", verdict::open});
      return;
    }
    add({"left half-grown: finds at full speed", "≤ 100 ms", fmt::format("{:.0f} ms", seen.until_full_ms),
         fmt::format("first 5 ms {:.0f}, then {:.0f} M/s", 1e-6 * seen.first_speed, 1e-6 * seen.full_speed),
         at_most(seen.until_full_ms, 100)});
  }

  void hot_key() {
    for (const mix what : {mix::hot_find, mix::hot_add}) {
      for (const cell& in : of_.cells) {
        if (in.of.what != what || in.speeds[ours].empty()) continue;
        std::size_t peer = best_peer(of_, in, league::general);
        const bool finds = what == mix::hot_find;
        bool boost = false;
        for (std::size_t i = 1; finds && i < of_.names.size(); ++i) {
          if (of_.names[i].find("boost") == std::string::npos || in.speeds[i].empty()) continue;
          if (!boost || median_of(in.speeds[i]) > median_of(in.speeds[peer])) peer = i;
          boost = true;
        }
        if (peer == ours) continue;
        const estimate ratio = paired_ratio(in.speeds[ours], in.speeds[peer]);
        const double wanted = finds ? 3 : 1;
        add({fmt::format("one hot key, all {}", finds ? "find" : "compute"), finds ? "≥ 3 × Boost" : "≥ 1",
             times(ratio.median), of_.names[peer], finds && !boost ? verdict::open : at_least(ratio.median, wanted),
             in.of.threads, spread_of(ratio)});
      }
    }
  }

  void memory() {
    const memory_of* mine = nullptr;
    std::string averages;
    std::string peaks;
    for (const memory_of& one : of_.memories) {
      if (one.name == of_.names[ours]) {
        mine = &one;
        continue;
      }
      averages += fmt::format("{}{} {:.0f}", averages.empty() ? "" : ", ", one.name, one.figures.bytes_per_entry());
      peaks += fmt::format("{}{} {:.2f}", peaks.empty() ? "" : ", ", one.name, one.figures.peak_over_steady());
    }
    if (mine == nullptr) return;
    const memory_growth& seen = mine->figures;
    const double bytes = seen.bytes_per_entry();
    add({"memory, mean over the sizes", "≤ 32 B/entry", fmt::format("{:.1f} B/entry", bytes),
         fmt::format("worst size {:.1f}{}", seen.worst_bytes_per_entry(), averages.empty() ? "" : "; " + averages),
         at_most(bytes, 32)});
    add({"memory, peak while growing ÷ steady", "≤ 1.1", times(seen.peak_over_steady()), peaks,
         at_most(seen.peak_over_steady(), 1.1)});
    add({"memory, empty map", "< 1024 B", fmt::format("{:.0f} B", seen.empty_bytes), "",
         seen.empty_bytes < 1024 ? verdict::pass : verdict::miss});
  }

  void churns() {
    for (const churn_of& one : of_.churns) {
      const double drift = one.figures.memory_drift();
      const double kept = one.figures.speed_kept();
      const std::string name = fmt::format("churn for {:g} s, {}", of_.how.churn_seconds, name_of(one.keys));
      add({name + ": memory", "± 5 %", fmt::format("± {:.1f} %", 100 * drift), "", at_most(drift, 0.05)});
      add({name + ": speed, end ÷ start", "≥ 0.9", times(kept), "", at_least(kept, 0.9)});
    }
  }

  void sizes() {
    double most = 0;
    for (const size_of& one : of_.sizes) {
      if (one.name == of_.names[ours]) most = std::max(most, one.ns);
    }
    if (most == 0) return;
    const auto lies = [&](const std::string& text) {
      return text.starts_with(of_.names[ours] + ":") && text.find("size()") != std::string::npos;
    };
    const bool exact = std::none_of(of_.said.wrong.begin(), of_.said.wrong.end(), lies);
    add({"size()", "exact", fmt::format("{:.0f} ns", most), exact ? "exact after every run" : "wrong",
         exact ? verdict::pass : verdict::miss});
  }

  void compiles() {
    if (of_.compiles.empty()) return;
    std::string peers;
    for (std::size_t i = 1; i < of_.compiles.size(); ++i) {
      peers += fmt::format("{}{} {:.1f}", i == 1 ? "" : ", ", of_.compiles[i].name, of_.compiles[i].seconds);
    }
    const double mine = of_.compiles.front().seconds;
    add({"compile time, one insert", "≤ 1.3 s", fmt::format("{:.2f} s", mine), peers, at_most(mine, 1.3)});
  }

  const result& of_;
  std::vector<bar> bars_;
};

}  // namespace

std::string bar::full_name() const { return threads == 0 ? name : name + ", " + threads_in_words(threads); }

std::size_t best_peer(const result& of, const cell& in, league wanted) {
  std::size_t best = ours;
  double most = 0;
  for (std::size_t i = 1; i < in.speeds.size(); ++i) {
    if (of.roles[i] != entrant::role::map || of.leagues[i] != wanted || in.speeds[i].empty()) continue;
    const double speed = median_of(in.speeds[i]);
    if (speed > most) most = speed, best = i;
  }
  return best;
}

std::vector<comparison> compare(const result& of, key_form form, std::uint64_t entries, league wanted) {
  std::vector<comparison> all;
  for (const cell& in : of.cells) {
    const bool asked = std::find(of.how.mixes.begin(), of.how.mixes.end(), in.of.what) != of.how.mixes.end();
    if (!asked || in.of.form != form || (entries != 0 && in.of.entries != entries)) continue;
    if (!within(of.how.threads, in.of.threads) || in.speeds[ours].empty()) continue;
    const std::size_t peer = best_peer(of, in, wanted);
    if (peer != ours) all.push_back({&in, peer, paired_ratio(in.speeds[ours], in.speeds[peer])});
  }
  return all;
}

std::vector<bar> bars_of(const result& of) { return writer(of).all(); }

}  // namespace portolan::matrix
