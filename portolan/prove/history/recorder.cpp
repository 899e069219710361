// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The cold side of recording: pieces, and how they become a history.
#include <algorithm>
#include <cstddef>

#include <portolan/base/platform.hpp>
#include <portolan/prove/history_recorder.hpp>

namespace portolan::prove {
namespace {

history::piece empty_piece() { return {std::make_unique_for_overwrite<operation[]>(history::piece_operations), 0}; }

}  // namespace

void history::add(const operation& one) {
  if (pieces.empty() || pieces.back().count == piece_operations) pieces.push_back(empty_piece());
  piece& last = pieces.back();
  last.operations[last.count++] = one;
}

std::size_t history::size() const noexcept {
  std::size_t all = 0;
  for (const piece& each : pieces) all += each.count;
  return all;
}

std::vector<operation> history::sorted() const {
  std::vector<operation> all;
  all.reserve(size());
  for (const piece& each : pieces) all.insert(all.end(), each.operations.get(), each.operations.get() + each.count);
  std::stable_sort(all.begin(), all.end(), [](const operation& a, const operation& b) { return a.call < b.call; });
  return all;
}

std::string history::name_of(std::uint64_t word) const {
  if (word >= first_name && word - first_name < names.size()) {
    return names[static_cast<std::size_t>(word - first_name)];
  }
  return std::to_string(word);
}

void lane::another_piece() {
  if (spare_.empty()) spare_.push_back(empty_piece());
  pieces_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  next_ = pieces_.back().operations.get();
  end_ = next_ + history::piece_operations;
}

recorder::recorder(unsigned lanes) : first_instant_(platform::instant_after_reading()), first_ns_(platform::now_ns()) {
  for (unsigned i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<lane>(i));
}

history recorder::take() {
  history all;
  for (const auto& each : lanes_) {
    for (history::piece& full : each->pieces_) {
      full.count = history::piece_operations;
      if (full.operations.get() + full.count == each->end_) {
        full.count = static_cast<std::size_t>(each->next_ - full.operations.get());
      }
      all.pieces.push_back(std::move(full));
    }
    const auto move_all = [](auto& from, auto& to) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      from.clear();
    };
    move_all(each->listings_, all.listings);
    move_all(each->countings_, all.countings);
    move_all(each->clearings_, all.clearings);
    each->pieces_.clear();
    each->next_ = each->end_ = nullptr;
    each->last_ = 0;
  }
  const std::uint64_t span_ns = platform::now_ns() - first_ns_;
  if (span_ns != 0) {
    all.ticks_a_ns =
        static_cast<double>(platform::instant_after_reading() - first_instant_) / static_cast<double>(span_ns);
  }
  return all;
}

void recorder::reuse(history&& old) {
  std::size_t next = 0;
  for (history::piece& each : old.pieces) lanes_[next++ % lanes_.size()]->spare_.push_back(std::move(each));
  old.pieces.clear();
}

}  // namespace portolan::prove
