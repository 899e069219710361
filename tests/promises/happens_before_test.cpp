// Promise: who finds a value sees all that was written before it was put there.
//
// Method: message passing. A writer fills plain memory and then publishes its index through the map, by each
// operation that writes; a reader that finds the index reads the memory. Wrong words fail the test; under
// ThreadSanitizer a missing edge is reported even when the words happen to be right.
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class happens_before : public testing::Test {};
using readable = where<can_find, every_shared_map>;
TYPED_TEST_SUITE(happens_before, readable, subject_names);

TYPED_TEST(happens_before, a_find_that_sees_the_value) {
  using value = typename TypeParam::value;
  using map_type = typename TypeParam::map;
  constexpr std::uint64_t written_words = 4;
  const auto messages = support::scaled<std::uint64_t>(20'000);
  std::vector<std::uint64_t> plain_memory(messages * written_words);
  map_type map;
  const auto mailbox = TypeParam::key_of(1);
  map.insert(mailbox, TypeParam::value_of(0));
  together(3, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t message = 1; message < messages; ++message) {
        for (std::uint64_t i = 0; i < written_words; ++i) plain_memory[message * written_words + i] = message ^ i;
        switch (message % 5) {
          case 0: map.insert_or_assign(mailbox, TypeParam::value_of(message)); break;
          case 1: map.compute(mailbox, [&](const value*) { return TypeParam::value_of(message); }); break;
          case 2: map.compare_exchange(mailbox, TypeParam::value_of(message - 1), TypeParam::value_of(message)); break;
          case 3: static_cast<void>(map.exchange(mailbox, TypeParam::value_of(message))); break;
          case 4:
            map.erase(mailbox);
            map.insert(mailbox, TypeParam::value_of(message));
            break;
        }
      }
      return;
    }
    for (std::uint64_t last = 0; last + 1 < messages;) {
      std::uint64_t message = 0;
      switch (thread) {
        case 1:
          if (const auto found = map.find(mailbox)) message = TypeParam::number_of(*found);
          break;
        case 2: map.visit(mailbox, [&](const value& shown) { message = TypeParam::number_of(shown); }); break;
      }
      if (message <= last) continue;
      last = message;
      for (std::uint64_t i = 0; i < written_words; ++i) {
        ASSERT_EQ(plain_memory[message * written_words + i], message ^ i);
      }
    }
  });
}

TYPED_TEST(happens_before, an_erase_or_a_failed_insert_that_meets_the_entry) {
  const int rounds = support::scaled(1'000);
  for (int round = 0; round < rounds; ++round) {
    typename TypeParam::map map;
    const auto at = TypeParam::key_of(7);
    std::uint64_t plain_memory = 0;
    together(2, [&](int thread) {
      if (thread == 0) {
        plain_memory = 1;
        map.insert(at, TypeParam::value_of(1));
      } else if (round % 2 == 0) {
        if (map.erase(at)) {
          EXPECT_EQ(plain_memory, 1U);
        }
      } else if (map.contains(at)) {
        EXPECT_EQ(plain_memory, 1U);
      }
    });
  }
}

}  // namespace
}  // namespace promises
