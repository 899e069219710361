// Promise: who finds a value sees all that was written before it was put there.
//
// Method: message passing. A writer fills plain memory and then publishes its index through the map, by each
// operation that writes; a reader that finds the index reads the memory. Wrong words fail the test; under
// ThreadSanitizer a missing edge is reported even when the words happen to be right.
#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

class happens_before : public testing::TestWithParam<numbered_kind> {};
using readable = where<can_find, every_shared_map>;
INSTANTIATE_TEST_SUITE_P(promise, happens_before, over<readable>(), numbered_names());

TEST_P(happens_before, a_find_that_sees_the_value) {
  constexpr std::uint64_t written_words = 4;
  constexpr std::uint64_t mailbox = 1;
  const auto messages = support::scaled<std::uint64_t>(20'000);
  std::vector<std::uint64_t> plain_memory(messages * written_words);
  const std::unique_ptr<numbered_map> map = GetParam().make();
  map->insert(mailbox, 0);
  together(3, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t message = 1; message < messages; ++message) {
        for (std::uint64_t i = 0; i < written_words; ++i) plain_memory[message * written_words + i] = message ^ i;
        switch (message % 5) {
          case 0: map->insert_or_assign(mailbox, message); break;
          case 1: map->compute(mailbox, {wish::kind::assign, message}); break;
          case 2: map->compare_exchange(mailbox, message - 1, message); break;
          case 3: static_cast<void>(map->exchange(mailbox, message)); break;
          case 4:
            map->erase(mailbox);
            map->insert(mailbox, message);
            break;
        }
      }
      return;
    }
    for (std::uint64_t last = 0; last + 1 < messages;) {
      const std::uint64_t message = (thread == 1 ? map->find(mailbox) : map->visit(mailbox)).value_or(0);
      if (message <= last) continue;
      last = message;
      for (std::uint64_t i = 0; i < written_words; ++i) {
        ASSERT_EQ(plain_memory[message * written_words + i], message ^ i);
      }
    }
  });
}

TEST_P(happens_before, an_erase_or_a_failed_insert_that_meets_the_entry) {
  const int rounds = support::scaled(1'000);
  for (int round = 0; round < rounds; ++round) {
    const std::unique_ptr<numbered_map> map = GetParam().make();
    std::uint64_t plain_memory = 0;
    together(2, [&](int thread) {
      if (thread == 0) {
        plain_memory = 1;
        map->insert(7, 1);
      } else if (round % 2 == 0) {
        if (map->erase(7)) {
          EXPECT_EQ(plain_memory, 1U);
        }
      } else if (map->contains(7)) {
        EXPECT_EQ(plain_memory, 1U);
      }
    });
  }
}

}  // namespace
}  // namespace promises
