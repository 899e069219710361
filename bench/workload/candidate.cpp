// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/candidate.hpp"

#include <algorithm>

#include "bench/workload/driver.hpp"

namespace portolan::workload {

outcome& outcome::operator+=(const outcome& other) noexcept {
  finds += other.finds;
  hits += other.hits;
  inserted += other.inserted;
  erased += other.erased;
  wrong_reads += other.wrong_reads;
  return *this;
}

std::uint32_t number_in(const workload& work, std::uint64_t key) {
  const std::uint64_t id = number_of_key(key);
  return id < work.key_count ? static_cast<std::uint32_t>(id) : work.key_count;
}

std::uint32_t number_in(const workload& work, const std::string& key) {
  const auto& all = work.sorted_texts;
  const auto at = std::lower_bound(all.begin(), all.end(), key, [&](std::uint32_t id, const std::string& wanted) {
    return work.texts[id] < wanted;
  });
  return at != all.end() && work.texts[*at] == key ? *at : work.key_count;
}

}  // namespace portolan::workload
