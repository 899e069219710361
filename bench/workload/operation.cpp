// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/operation.hpp"

#include <algorithm>
#include <numeric>

namespace portolan::workload {

const char* name_of(action what) noexcept {
  switch (what) {
    case action::find: return "find";
    case action::insert: return "insert";
    case action::assign: return "assign";
    case action::erase: return "erase";
    case action::add: return "add";
  }
  return "unknown";
}

namespace {

void sort_texts(workload& work) {
  if (work.sorted_texts.size() == work.texts.size()) return;
  work.sorted_texts.resize(work.texts.size());
  std::iota(work.sorted_texts.begin(), work.sorted_texts.end(), 0u);
  std::sort(work.sorted_texts.begin(), work.sorted_texts.end(),
            [&](std::uint32_t a, std::uint32_t b) { return work.texts[a] < work.texts[b]; });
}

}  // namespace

void gather_facts(workload& work) {
  sort_texts(work);
  facts seen;
  std::vector<std::uint32_t> uses(work.key_count);
  double value_bytes = 0;
  std::uint64_t values = 0;
  for (const auto& stream : work.streams) {
    for (const operation op : stream) {
      ++seen.operations;
      ++seen.by_action[static_cast<unsigned>(op.what())];
      ++uses[op.key()];
      if (op.what() == action::insert || op.what() == action::assign) {
        value_bytes += op.value_bytes();
        ++values;
      }
    }
  }
  if (values != 0) seen.mean_value_bytes = value_bytes / static_cast<double>(values);
  if (work.values == value_kind::number) seen.mean_value_bytes = 8;
  if (const auto hottest = std::max_element(uses.begin(), uses.end()); hottest != uses.end()) {
    seen.hottest_key_operations = *hottest;
    seen.hottest_key = work.key_text(static_cast<std::uint32_t>(hottest - uses.begin()));
  }
  work.facts_of_it = std::move(seen);
}

}  // namespace portolan::workload
