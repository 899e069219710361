// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Counts that come round: how many changes may fall into one read, on the code that ships with the widths of the checker
// (platform/sizes.hpp). Each bound is tested from both sides: one change less holds in all executions, one more fails.
//
//   words of 8 bytes   read: version … key … value … version     2^bits departures in between, and both versions are equal
//   epochs             announced < tag means: keep it            a tag beyond the last epoch is 0, and below all that is read
//
// Why the shipping widths are enough.
//   version   60 bits: a departure is at least a locked exchange and two stores to the line, 20 ns when nobody else touches
//             it; 2^60 of them take 700 years. A reader that stands still for so long between two loads reads a torn entry.
//   epoch     64 bits, and each is a locked addition to one word of the process, 5 ns at least: 2,900 years.
#include <gtest/gtest.h>

#include <functional>
#include <portolan/map/portable_storage.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::reclaim {

struct epoch_end {
  /// So many epochs are left.
  static void leave(std::uint64_t epochs) {
    epoch_rule::current_.value.store(~std::uint64_t{0} - epochs, platform::relaxed);  // relaxed: before the threads
  }
};

}  // namespace portolan::reclaim

namespace portolan::model {
namespace {

using namespace prove::schedule;  // NOLINT
using number = std::uint64_t;
using step = std::function<void()>;

// ---- the version of a line of words of 8 bytes ----

using words = concurrent::inline8<number, number, hash<number>, equal<number>>;
constexpr platform::pair16 first_entry{5, 50};
constexpr platform::pair16 next_entry{6, 60};
constexpr unsigned versions = 1U << platform::sizes::version_bits;

words::line* line = nullptr;

/// A slot goes from one entry to another while it is read, and so many entries leave the line, this one among them.
tally read_beside_departures(unsigned departures) {
  return explore({.setup =
                      [] {
                        line = new words::line;
                        words::open_unshared(*line);
                        words::overwrite(*line, 0, first_entry);
                      },
                  .threads = {[] {
                                const auto seen = words::load(*line, 0);
                                require(seen == first_entry || seen == next_entry || words::is_empty(seen),
                                        "key and value are of two entries");
                              },
                              [departures] {
                                // An entry that is not there leaves as well as one that is, with fewer steps.
                                for (unsigned i = 1; i < departures; ++i)
                                  words::overwrite(*line, 1, words::empty_cell());
                                words::overwrite(*line, 0, words::empty_cell());
                                words::overwrite(*line, 0, next_entry);
                              }},
                  .audit = [] { delete line; }});
}

TEST(bounds, a_read_holds_beside_any_number_of_departures_less_than_there_are_versions) {
  for (unsigned departures = 1; departures < versions; ++departures) {
    const tally seen = read_beside_departures(departures);
    EXPECT_EQ(seen.failure, "") << departures;
    EXPECT_TRUE(seen.exhausted) << departures;
  }
}

TEST(bounds, a_read_beside_as_many_departures_as_there_are_versions_is_torn) {
  const tally seen = read_beside_departures(versions);
  EXPECT_NE(seen.failure.find("key and value are of two entries"), std::string::npos) << seen.failure;
}

// ---- epochs ----

epoch::domain* domain = nullptr;
platform::atomic<number*> shared{nullptr};

/// An object is taken out and retired while it is read, when there are so many epochs left.
tally read_beside_retire(number left) {
  const step known = [] { epoch::guard guard(*domain); };
  return explore({.setup =
                      [left] {
                        domain = new epoch::domain;
                        // relaxed: before the threads
                        shared.store(new number(7), platform::relaxed);
                        reclaim::epoch_end::leave(left);
                      },
                  .prepare = known,
                  .threads = {[] {
                                epoch::guard guard(*domain);
                                const number* const seen =
                                    guard.protect(0, shared, [](number* at) -> void* { return at; });
                                if (seen != nullptr) require(*seen == 7, "an object was given back under its reader");
                              },
                              [] {
                                // The reader's side has acquire in protect.
                                number* const gone = shared.exchange(nullptr, platform::acq_rel);
                                domain->retire(
                                    gone, [](void* at, void*) noexcept { delete static_cast<number*>(at); }, nullptr,
                                    sizeof(number));
                                (void)domain->collect();
                              }},
                  .audit =
                      [] {
                        delete domain;
                        require(blocks_in_use() == 0, "memory was not given back");
                      }});
}

TEST(bounds, an_object_stays_while_it_is_read_as_long_as_there_are_epochs) {
  const tally seen = read_beside_retire(2);  // the block's tag, and that of the look at its readers
  EXPECT_EQ(seen.failure, "");
  EXPECT_TRUE(seen.exhausted);
}

TEST(bounds, an_object_is_given_back_under_its_reader_when_there_is_no_epoch_left) {
  EXPECT_NE(read_beside_retire(0).failure, "");
}

}  // namespace
}  // namespace portolan::model
