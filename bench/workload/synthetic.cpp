// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/synthetic.hpp"

#include <algorithm>
#include <cmath>

namespace portolan::workload {
namespace {

class mixer {
 public:
  explicit mixer(const mix& m)
      : bounds_{m.find, m.find + m.insert, m.find + m.insert + m.assign, m.find + m.insert + m.assign + m.erase} {}
  [[nodiscard]] action draw(chance& source) const {
    const double at = source.unit();
    for (unsigned i = 0; i < 4; ++i) {
      if (at < bounds_[i]) return static_cast<action>(i);
    }
    return last_;
  }
  void fall_back_to(action last) { last_ = last; }

 private:
  double bounds_[4];
  action last_ = action::add;
};

// The next key after `key` that belongs to `thread`.
std::uint32_t own_key_near(std::uint32_t key, unsigned thread, const synthetic_settings& how) {
  for (std::uint32_t step = 0; step < how.keys; ++step) {
    const std::uint32_t at = (key + step) % how.keys;
    if (owner_of(at, how.threads) == thread) return at;
  }
  return how.keys;
}

// What rounding leaves over must go to an action that the mix has.
action largest_of(const mix& m) {
  const double shares[] = {m.find, m.insert, m.assign, m.erase, m.add};
  return static_cast<action>(std::max_element(std::begin(shares), std::end(shares)) - std::begin(shares));
}

}  // namespace

std::string contradiction(const synthetic_settings& how) {
  const mix& m = how.mix;
  const double sum = m.find + m.insert + m.assign + m.erase + m.add;
  if (std::min({m.find, m.insert, m.assign, m.erase, m.add}) < 0) return "a share of the mix is below 0";
  if (std::fabs(sum - 1) > 0.001) {
    return "the shares of the mix add up to " + std::to_string(static_cast<int>(std::lround(100 * sum))) +
           " %, not to 100 %";
  }
  if (how.keys == 0) return "there are no keys to work on: --keys must be at least 1";
  if (m.add > 0 && m.insert + m.assign + m.erase > 0) {
    return "additions do not mix with other writes: what is left in the map could not be verified";
  }
  if (m.add > 0 && how.value_bytes != 8) return "additions need numbers as values: leave --value-bytes at 8";
  if (how.pace == pace::open && !(how.rate_per_s > 0)) return "an open loop needs a rate above 0: --rate N";
  if (how.threads == 0 || how.threads > 1024) return "--threads must lie between 1 and 1024";
  if (m.add == 0 && m.find < 1 && how.keys < how.threads) {
    return "fewer keys than threads: each thread writes keys of its own, so --keys must be at least --threads";
  }
  return "";
}

workload make_synthetic(const synthetic_settings& how) {
  workload work;
  work.title = "synthetic";
  work.keys = how.kind;
  work.values = how.value_bytes == 8 ? value_kind::number : value_kind::bytes;
  work.key_count = how.keys;
  work.counting = how.mix.add > 0;
  work.pace = how.pace;
  work.rate_per_s = how.rate_per_s;
  if (how.kind == key_kind::text) {
    for (std::uint32_t id = 0; id < how.keys; ++id) work.texts.push_back("key-" + std::to_string(number_key(id)));
  }
  chance source(how.seed);
  for (std::uint32_t id = 0; id < how.keys; ++id) {
    if (source.unit() < how.filled) work.start.emplace_back(action::insert, id, how.value_bytes);
  }
  const key_source keys(how.choice, how.keys);
  mixer actions(how.mix);
  actions.fall_back_to(largest_of(how.mix));
  for (unsigned t = 0; t < how.threads; ++t) {
    std::vector<operation> stream;
    stream.reserve(how.operations_per_thread);
    std::uint32_t newest = how.keys / 2;
    for (std::size_t i = 0; i < how.operations_per_thread; ++i) {
      const action what = actions.draw(source);
      std::uint32_t key = keys.draw(source, newest);
      if (what != action::find && what != action::add) {
        if (what == action::insert) newest = (newest + 1) % how.keys;
        if (how.choice.distribution == distribution::latest && what == action::insert) key = newest;
        key = own_key_near(key, t, how);
        if (key == how.keys) continue;
      }
      stream.emplace_back(what, key, how.value_bytes);
    }
    work.streams.push_back(std::move(stream));
  }
  gather_facts(work);
  return work;
}

}  // namespace portolan::workload
