// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What is particular to a trace that portolan::recorded wrote (portolan/observe/record/recorder.hpp writes it):
//
//    op,key,value_bytes,microseconds,thread,result
//    # portolan-trace 1: map=sessions keys=text pid=4711 began=1763732066
//    find,user\x2c17,8,120,1,hit               no line can hold every byte: \xHH, \\, and \e for the empty key
//    # missing 204 of thread 1                  dropped here
//    # end: written=1 missing=204 threads=1     absent: the program ended without ending the recording, or still runs
//
// A thread's lines are in its order; those of different threads are put in order by their times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/workload/trace.hpp"

namespace portolan::workload {

inline constexpr std::uint64_t newest_recording = 1;

struct recorded_note {
  enum class kind : std::uint8_t { none, heading, missing, end };
  kind what = kind::none;
  std::uint64_t number = 0;  ///< of a heading the version, else how many operations are missing
};
[[nodiscard]] recorded_note read_note(std::string_view line);

/// Turns escapes back into what they stand for; false: there is one that it does not know.
[[nodiscard]] bool unescape_key(std::string& key);

/// Sorts by time, equal times as they are, and counts time from the first event.
void in_order_of_time(std::vector<event>& events);

}  // namespace portolan::workload
