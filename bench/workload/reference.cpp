// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/reference.hpp"

#include <algorithm>

namespace portolan::workload {

reference::reference(const workload& work, std::span<const std::uint64_t> executed)
    : work_(work), contested_(work, executed), entries_(work.key_count) {
  for (const operation op : work.start) {
    if (!entries_[op.key()].present && !contested_.holds(op.key())) put(op, 0);
  }
  for (unsigned t = 0; t < executed.size(); ++t) replay(t, executed[t]);
}

void reference::put(operation op, std::uint64_t write) {
  entry& at = entries_[op.key()];
  size_ += !at.present;
  at.present = true;
  at.stamp = work_.counting ? 1 : stamp_of(op.key(), write);
  at.value_bytes = work_.values == value_kind::number ? 8 : std::max<std::uint32_t>(8, op.value_bytes());
}

void reference::apply(operation op, std::uint64_t write) {
  entry& at = entries_[op.key()];
  switch (op.what()) {
    case action::find: break;
    case action::insert:
      if (!at.present) {
        put(op, write);
        ++writes_.inserted;
      }
      break;
    case action::assign: put(op, write); break;
    case action::erase:
      writes_.erased += at.present;
      size_ -= at.present;
      at.present = false;
      break;
    case action::add:
      if (at.present) {
        ++at.stamp;
      } else {
        put(op, write);
        at.stamp = 1;
      }
      break;
  }
}

void reference::replay(unsigned thread, std::uint64_t count) {
  const std::vector<operation>& stream = work_.streams[thread];
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t part = std::min<std::uint64_t>(stream.size(), count - done);
    for (std::uint64_t i = 0; i < part; ++i) {
      if (contested_.holds(stream[i].key())) {
        contested_.note(thread, stream[i], done + i + 1);
      } else {
        apply(stream[i], done + i + 1);
      }
    }
    done += part;
  }
}

std::string reference::differs(const content& found, std::vector<bool>& met) const {
  if (found.key >= work_.key_count) return "holds a key that was never put into it";
  const std::string key = "\"" + work_.key_text(found.key) + "\"";
  if (met[found.key]) return "holds key " + key + " twice";
  met[found.key] = true;
  if (contested_.holds(found.key)) return contested_.differs(found);
  const entry& wanted = entries_[found.key];
  if (!wanted.present) return "holds key " + key + ", which was erased or never inserted";
  if (found.stamp != wanted.stamp) {
    if (!work_.counting) return "holds another value under key " + key + " than the last one stored";
    return "counted " + std::to_string(found.stamp) + " for key " + key + ", there were " +
           std::to_string(wanted.stamp);
  }
  if (found.value_bytes != wanted.value_bytes) {
    return "holds " + std::to_string(found.value_bytes) + " bytes under key " + key + ", " +
           std::to_string(wanted.value_bytes) + " were stored";
  }
  return "";
}

std::string reference::wrong_answers(const outcome& seen) const {
  if (seen.wrong_reads != 0) {
    return std::to_string(seen.wrong_reads) + " of " + std::to_string(seen.finds) +
           " finds gave a value that was never stored under their key";
  }
  // Of contested keys any number of the inserts and erases can have succeeded.
  if (seen.inserted < writes_.inserted || seen.inserted > writes_.inserted + contested_.inserts()) {
    return "said that " + std::to_string(seen.inserted) + " inserts succeeded, " + std::to_string(writes_.inserted) +
           " should have";
  }
  if (seen.erased < writes_.erased || seen.erased > writes_.erased + contested_.erases()) {
    return "said that " + std::to_string(seen.erased) + " erases succeeded, " + std::to_string(writes_.erased) +
           " should have";
  }
  return "";
}

std::string reference::wrong_absences(std::uint64_t count, const std::vector<bool>& met) const {
  std::uint64_t wanted = size_;
  for (std::uint32_t id = 0; id < work_.key_count; ++id) {
    if (!contested_.holds(id)) continue;
    wanted += met[id];
    if (!met[id] && !contested_.may_be_absent(id)) {
      return "lost key \"" + work_.key_text(id) + "\", which none of its writers can have erased last";
    }
  }
  for (std::uint32_t id = 0; count != wanted && id < work_.key_count; ++id) {
    if (entries_[id].present && !met[id]) {
      return "lost " + std::to_string(wanted - count) + " of " + std::to_string(wanted) + " keys; the first is \"" +
             work_.key_text(id) + "\"";
    }
  }
  if (count == wanted) return "";
  return "holds " + std::to_string(count) + " entries, " + std::to_string(wanted) + " were left in it";
}

std::string reference::difference(subject& map, const outcome& seen) const {
  if (std::string wrong = wrong_answers(seen); !wrong.empty()) return wrong;
  std::string first;
  std::uint64_t count = 0;
  std::vector<bool> met(work_.key_count);
  map.contents([&](const content& found) {
    ++count;
    if (first.empty()) first = differs(found, met);
  });
  if (!first.empty()) return first;
  if (std::string wrong = wrong_absences(count, met); !wrong.empty()) return wrong;
  const std::uint64_t said = map.size();
  if (said == count) return "";
  return "says size " + std::to_string(said) + " and holds " + std::to_string(count) + " entries";
}

}  // namespace portolan::workload
