// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A run's result is verified or refused; these tests bring maps that are wrong in one way each and demand the
// refusal, because a benchmark of a wrong map is worth less than none.
#include "bench/workload/runner.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "bench/workload/allocations.hpp"
#include "bench/workload/crossing.hpp"
#include "bench/workload/driver.hpp"
#include "bench/workload/survey.hpp"
#include "bench/workload/synthetic.hpp"
#include "tests/support/scale.hpp"

namespace {

using namespace portolan::workload;

enum class fault : std::uint8_t { none, loses, doubles, stale, wrong_answer, wrong_size, late_write, throws, foreign };

// A right map, but for one fault that shows on one key.
template <class K, class V, fault Fault>
class faulty {
 public:
  explicit faulty(const setup&) {}
  template <class F>
  bool find(const K& key, F&& f) {
    std::lock_guard held(lock_);
    if constexpr (Fault == fault::stale) {
      // What another key holds, now and then.
      if (++finds_ % 1000 == 0 && !map_.empty()) {
        f(std::as_const(map_.begin()->second));
        return map_.count(key) != 0 || true;
      }
    }
    const auto at = map_.find(key);
    if (at == map_.end()) return false;
    f(std::as_const(at->second));
    return true;
  }
  bool insert(const K& key, V value) {
    std::lock_guard held(lock_);
    if constexpr (Fault == fault::throws) throw std::runtime_error("the planted failure");
    if constexpr (Fault == fault::loses) {
      if (++inserts_ % 500 == 0) return true;
    }
    const bool fresh = map_.try_emplace(key, std::move(value)).second;
    if constexpr (Fault == fault::wrong_answer) return ++inserts_ % 500 == 0 ? !fresh : fresh;
    return fresh;
  }
  void assign(const K& key, V value) {
    std::lock_guard held(lock_);
    if constexpr (Fault == fault::late_write) {
      if (++inserts_ % 100 == 0) return;  // as if an older write had come after it
    }
    map_.insert_or_assign(key, std::move(value));
  }
  bool erase(const K& key) {
    std::lock_guard held(lock_);
    return map_.erase(key) != 0;
  }
  void add(const K& key, std::uint64_t amount) {
    if constexpr (std::is_same_v<V, std::uint64_t>) {
      std::lock_guard held(lock_);
      map_[key] += Fault == fault::loses && ++inserts_ % 500 == 0 ? 0 : amount;
    }
  }
  template <class F>
  void for_each(F&& f) {
    for (const auto& [key, value] : map_) {
      f(key, value);
      if constexpr (Fault == fault::doubles) f(key, value);
    }
    if constexpr (Fault == fault::foreign) f(K{}, V{});
  }
  std::size_t size() { return map_.size() + (Fault == fault::wrong_size ? 1 : 0); }

 private:
  std::mutex lock_;
  std::unordered_map<K, V> map_;
  std::uint64_t inserts_ = 0;
  std::uint64_t finds_ = 0;
};

template <fault Fault>
candidate with() {
  candidate made;
  made.name = "planted";
  made.make = [](const setup& how) -> std::unique_ptr<subject> {
    if (how.work.keys == key_kind::text) {
      return std::make_unique<driver<faulty<std::string, std::string, Fault>, std::string, std::string>>(how);
    }
    return std::make_unique<driver<faulty<std::uint64_t, std::uint64_t, Fault>, std::uint64_t, std::uint64_t>>(how);
  };
  return made;
}

synthetic_settings small() {
  synthetic_settings s;
  s.mix = {.find = 0.5, .insert = 0.2, .assign = 0.1, .erase = 0.2, .add = 0};
  s.keys = 2000;
  s.threads = 3;
  s.operations_per_thread = 20'000;
  return s;
}

// Long enough for every planted fault to come up, also where each access is dear and the machine is busy.
run_settings briefly() { return {.duration_ns = support::sanitized ? 600'000'000 : 150'000'000}; }

template <fault Fault>
std::string refusal(const synthetic_settings& how = small()) {
  return run_once(with<Fault>(), make_synthetic(how), briefly()).refused;
}

TEST(run, a_right_map_is_verified_and_measured) {
  const run_result r = run_once(with<fault::none>(), make_synthetic(small()), briefly());
  EXPECT_EQ(r.refused, "");
  EXPECT_GT(r.operations, 0u);
  EXPECT_GT(r.finds, 0u);
  EXPECT_GT(r.latency_ns().total(), 0u);
  EXPECT_GT(r.bytes_per_entry, allocations_counted ? 16 : -1) << "a node of two numbers takes more than the numbers";
  EXPECT_GT(r.entries, 0u);
}

TEST(run, texts_and_bytes_are_verified_too) {
  synthetic_settings s = small();
  s.kind = key_kind::text;
  s.value_bytes = 100;
  EXPECT_EQ(refusal<fault::none>(s), "");
  EXPECT_NE(refusal<fault::loses>(s), "");
}

TEST(run, a_map_that_loses_an_insert_is_refused) {
  const std::string said = refusal<fault::loses>();
  EXPECT_TRUE(said.find("lost") != std::string::npos || said.find("erases succeeded") != std::string::npos ||
              said.find("inserts succeeded") != std::string::npos)
      << said;
}
TEST(run, a_map_that_shows_a_key_twice_is_refused) {
  EXPECT_NE(refusal<fault::doubles>().find("twice"), std::string::npos);
}
TEST(run, a_map_that_gives_another_keys_value_is_refused) {
  EXPECT_NE(refusal<fault::stale>().find("never stored under their key"), std::string::npos);
}
TEST(run, a_map_whose_insert_lies_is_refused) {
  EXPECT_NE(refusal<fault::wrong_answer>().find("inserts succeeded"), std::string::npos);
}
TEST(run, a_map_that_loses_a_write_is_refused) {
  synthetic_settings s = small();
  s.mix = {.find = 0.1, .insert = 0, .assign = 0.9, .erase = 0, .add = 0};
  s.keys = 200'000;
  s.choice.distribution = distribution::uniform;
  s.filled = 1;
  EXPECT_NE(refusal<fault::late_write>(s).find("another value"), std::string::npos);
}
TEST(run, a_map_whose_size_is_wrong_is_refused) {
  EXPECT_NE(refusal<fault::wrong_size>().find("says size"), std::string::npos);
}
TEST(run, a_map_that_holds_a_foreign_key_is_refused) {
  EXPECT_NE(refusal<fault::foreign>().find("never put into it"), std::string::npos);
}

TEST(run, lost_additions_are_counted) {
  synthetic_settings s = small();
  s.mix = {.find = 0, .insert = 0, .assign = 0, .erase = 0, .add = 1};
  s.filled = 0;
  workload work = make_synthetic(s);
  work.once = true;
  EXPECT_EQ(run_once(with<fault::none>(), work, {.duration_ns = 10'000'000'000}).refused, "");
  EXPECT_NE(run_once(with<fault::loses>(), work, {.duration_ns = 10'000'000'000}).refused.find("counted"),
            std::string::npos);
}

TEST(run, a_workload_done_once_ends_by_itself_with_all_of_its_operations) {
  workload work = make_synthetic(small());
  work.once = true;
  const run_result r = run_once(with<fault::none>(), work, {.duration_ns = 60'000'000'000});
  EXPECT_EQ(r.operations, work.facts_of_it.operations);
  EXPECT_DOUBLE_EQ(r.share_done, 1);
}

TEST(run, an_exception_refuses_the_run_instead_of_ending_the_program) {
  synthetic_settings s = small();
  s.filled = 0;
  EXPECT_NE(refusal<fault::throws>(s).find("the planted failure"), std::string::npos);
}

TEST(run, an_interrupt_ends_it_early_and_it_is_still_verified) {
  const std::atomic<bool> now{true};
  run_settings how{.duration_ns = 60'000'000'000};
  how.interrupted = &now;
  const run_result r = run_once(with<fault::none>(), make_synthetic(small()), how);
  EXPECT_TRUE(r.interrupted);
  EXPECT_EQ(r.refused, "");
}

// Method: an operation a millisecond is offered, the map takes far less; nothing may be left out, so that there are
// about as many latencies as operations were due, and reached is at most what was offered.
TEST(open_loop, times_every_operation_from_when_it_was_due) {
  synthetic_settings s = small();
  s.pace = pace::open;
  s.rate_per_s = 2000;
  const run_result r = run_once(with<fault::none>(), make_synthetic(s), {.duration_ns = 300'000'000});
  EXPECT_EQ(r.refused, "");
  EXPECT_GE(r.latency_ns().total(), r.operations);
  EXPECT_GT(r.latency_ns().total(), 200u);
  EXPECT_LT(r.latency_ns().total(), 1200u);
}

TEST(survey, runs_all_in_every_round_and_refuses_a_wrong_one_once) {
  candidate right = with<fault::none>();
  right.name = "right";
  candidate wrong = with<fault::wrong_size>();
  wrong.name = "wrong";
  candidate numbers = with<fault::none>();
  numbers.name = "numbers";
  numbers.numbers_only = true;
  synthetic_settings s = small();
  s.kind = key_kind::text;
  s.value_bytes = 20;
  survey_settings how;
  how.rounds = 3;
  how.run = briefly();
  std::size_t told = 0;
  how.progress = [&](std::size_t, std::size_t all, const std::string&) {
    ++told;
    EXPECT_EQ(all, 6u);
  };
  const survey_result result = survey({right, wrong, numbers}, make_synthetic(s), how);
  EXPECT_EQ(told, 6u);
  EXPECT_EQ(result.rounds_done, 3u);
  EXPECT_EQ(result.standings[0].runs.size(), 3u);
  EXPECT_FALSE(result.standings[1].measured());
  EXPECT_NE(result.standings[1].refused, "");
  EXPECT_NE(result.standings[2].left_out, "");
}

TEST(figures, the_median_is_in_the_middle_and_the_spread_half_the_range) {
  const figure f = figure_of({5, 1, 3});
  EXPECT_EQ(f.median, 3);
  EXPECT_DOUBLE_EQ(f.spread(), 2.0 / 3);
  EXPECT_EQ(figure_of({2, 4}).median, 3);
  EXPECT_EQ(figure_of({}).median, 0);
}

TEST(variants, another_share_of_finds_keeps_owners_and_keys) {
  const workload work = make_synthetic(small());
  const workload varied = with_find_share(work, 0.9, 5);
  EXPECT_NEAR(find_share_of(varied), 0.9, 0.01);
  EXPECT_EQ(varied.facts_of_it.operations, work.facts_of_it.operations);
  for (unsigned t = 0; t < varied.threads(); ++t) {
    for (const operation op : varied.streams[t]) {
      EXPECT_TRUE(!op.writes() || owner_of(op.key(), varied.threads()) == t);
    }
  }
  EXPECT_EQ(run_once(with<fault::none>(), varied, briefly()).refused, "");
}

TEST(variants, a_workload_of_reads_alone_gets_writes_that_can_be_verified) {
  synthetic_settings s = small();
  s.mix = {.find = 1, .insert = 0, .assign = 0, .erase = 0, .add = 0};
  const workload varied = with_find_share(make_synthetic(s), 0.3, 5);
  EXPECT_NEAR(find_share_of(varied), 0.3, 0.01);
  EXPECT_EQ(run_once(with<fault::none>(), varied, briefly()).refused, "");
}

TEST(variants, other_sizes_of_values_are_verified) {
  const workload varied = with_value_bytes(make_synthetic(small()), 300);
  EXPECT_EQ(varied.values, value_kind::bytes);
  candidate which;
  which.make = [](const setup& how) -> std::unique_ptr<subject> {
    return std::make_unique<driver<faulty<std::uint64_t, std::string, fault::none>, std::uint64_t, std::string>>(how);
  };
  EXPECT_EQ(run_once(which, varied, briefly()).refused, "");
}

curve two_lines(std::vector<std::vector<double>> winner, std::vector<std::vector<double>> other) {
  curve c;
  c.parameter = "finds";
  c.own = 0.5;
  c.names = {"winner", "other"};
  for (std::size_t p = 0; p < winner.size(); ++p) {
    c.at.push_back(static_cast<double>(p));
    c.speeds.push_back({winner[p], other[p]});
  }
  c.complete = true;
  return c;
}

TEST(crossings, lie_where_the_leads_change_sign) {
  const auto found = crossings_of(two_lines({{20, 20}, {10, 10}}, {{10, 10}, {20, 20}}), "winner");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].other, "other");
  EXPECT_TRUE(found[0].above);
  EXPECT_NEAR(found[0].at.median, 0.5, 0.01);
}

TEST(crossings, within_the_noise_are_none) {
  EXPECT_TRUE(crossings_of(two_lines({{20, 20}, {10, 10}}, {{10, 10}, {9, 11}}), "winner").empty());
  EXPECT_TRUE(crossings_of(two_lines({{20, 20}, {30, 30}}, {{10, 10}, {20, 20}}), "winner").empty());
}

TEST(synthetic, contradictions_are_told) {
  synthetic_settings s = small();
  EXPECT_EQ(contradiction(s), "");
  s.keys = 0;
  EXPECT_NE(contradiction(s).find("no keys"), std::string::npos);
  s = small();
  s.mix.find = 0.9;
  EXPECT_NE(contradiction(s).find("add up to"), std::string::npos);
  s = small();
  s.mix = {.find = 0.5, .insert = 0.2, .assign = 0, .erase = 0, .add = 0.3};
  EXPECT_NE(contradiction(s).find("do not mix"), std::string::npos);
  s = small();
  s.keys = 2;
  EXPECT_NE(contradiction(s).find("fewer keys than threads"), std::string::npos);
  s = small();
  s.pace = pace::open;
  EXPECT_NE(contradiction(s).find("--rate"), std::string::npos);
}

TEST(synthetic, the_mix_and_the_keys_are_as_asked) {
  const workload work = make_synthetic(small());
  const auto share = [&](action what) {
    return static_cast<double>(work.facts_of_it.by_action[static_cast<unsigned>(what)]) /
           static_cast<double>(work.facts_of_it.operations);
  };
  EXPECT_NEAR(share(action::find), 0.5, 0.02);
  EXPECT_NEAR(share(action::insert), 0.2, 0.02);
  EXPECT_NEAR(share(action::erase), 0.2, 0.02);
  EXPECT_NEAR(static_cast<double>(work.start.size()), 1000, 100);
}

TEST(candidates, each_runs_a_map_of_its_own) {
  const workload work = make_synthetic(small());
  std::map<std::string, std::string> names;
  for (const candidate& which : all_candidates()) {
    const auto [at, fresh] = names.emplace(which.make(setup{work})->map_type(), which.name);
    EXPECT_TRUE(fresh) << which.name << " runs the map of " << at->second;
  }
  EXPECT_GE(names.size(), 7u);
}

}  // namespace
