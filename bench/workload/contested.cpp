// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/contested.hpp"

#include <algorithm>

namespace portolan::workload {

contested_keys::contested_keys(const workload& work, std::span<const std::uint64_t> executed)
    : work_(work), executed_(executed) {
  if (!work.writers_share_keys) return;
  constexpr std::uint32_t nobody = ~std::uint32_t{0};
  std::vector<std::uint32_t> owner(work.key_count, nobody);
  row_.resize(work.key_count, one_writer);
  std::uint32_t rows = 0;
  for (std::uint32_t t = 0; t < work.streams.size(); ++t) {
    for (const operation op : work.streams[t]) {
      if (!op.writes()) continue;
      std::uint32_t& first = owner[op.key()];
      if (first == nobody) first = t;
      if (first != t && row_[op.key()] == one_writer) row_[op.key()] = rows++;
    }
  }
  writers_.resize(std::size_t{rows} * work.threads());
  at_start_.resize(work.key_count);
  for (const operation op : work.start) at_start_[op.key()] = true;
}

void contested_keys::note(unsigned thread, operation op, std::uint64_t write) {
  if (op.what() == action::find) return;
  inserts_ += op.what() == action::insert;
  erases_ += op.what() == action::erase;
  // The last pass over the stream, wherever it began, has every operation once: earlier ones say nothing more.
  if (write + work_.streams[thread].size() <= executed_[thread]) return;
  writer& by = writers_[std::size_t{row_[op.key()]} * work_.threads() + thread];
  if (op.what() != action::erase) by.has_put = true;
  if (op.what() == action::insert) return;  // whether it had an effect is not known
  by.last = write;
  by.erased = op.what() == action::erase;
}

bool contested_keys::may_be_left_by(unsigned thread, const content& found) const {
  const writer& by = writer_of(thread, found.key);
  const auto number = static_cast<std::uint32_t>(found.stamp);
  if (number == 0 || number < by.last || number > executed_[thread]) return false;
  const auto& stream = work_.streams[thread];
  const operation op = stream[(number - 1) % stream.size()];
  const bool puts = op.what() == action::insert || (op.what() == action::assign && number == by.last);
  const std::uint32_t bytes = work_.values == value_kind::number ? 8 : std::max<std::uint32_t>(8, op.value_bytes());
  return op.key() == found.key && puts && bytes == found.value_bytes;
}

std::string contested_keys::differs(const content& found) const {
  if (found.stamp >> 32 == tag_of(found.key)) {
    bool may_be_from_start = at_start_[found.key] && static_cast<std::uint32_t>(found.stamp) == 0;
    for (unsigned t = 0; t < work_.threads(); ++t) {
      if (may_be_left_by(t, found)) return "";
      may_be_from_start = may_be_from_start && writer_of(t, found.key).last == 0;
    }
    if (may_be_from_start) return "";
  }
  return "holds a value under key \"" + work_.key_text(found.key) + "\" that none of its writers can have left there";
}

bool contested_keys::may_be_absent(std::uint32_t key) const {
  bool ever_put = at_start_[key];
  for (unsigned t = 0; t < work_.threads(); ++t) {
    const writer& by = writer_of(t, key);
    if (by.erased) return true;
    ever_put |= by.has_put;
  }
  return !ever_put;
}

}  // namespace portolan::workload
