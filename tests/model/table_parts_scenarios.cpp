// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a table of concurrent_map is made of, by itself: the bytes beside a line, the phases of its blocks, a line of the
// portable engine, the count of a node.
//
// Method. Whole maps come by these steps too, but seldom with two threads at one: here nothing else is run. What each part
// promises is said by `require`, in its own words.
#include <portolan/map/concurrent/inline8.hpp>
#include <portolan/map/concurrent/nodes.hpp>
#include <portolan/map/concurrent/side.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/table_memory.hpp>
#include <portolan/prove/schedule.hpp>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

using prove::schedule::blocks_in_use;
using prove::schedule::explore;
using prove::schedule::program;
using number = std::uint64_t;
using step = std::function<void()>;

void add(std::vector<scenario>& to, std::string part, std::string name, program what) {
  to.push_back(
      {std::move(part), "parts", std::move(name), [what](const limits& within) { return explore(what, within); }});
}

// ---- the bytes beside a line ----

using concurrent::line_lock;
using beside_line = concurrent::side<4>;

beside_line* beside = nullptr;
int guarded = 0;
constexpr number one_hash = 0;
constexpr number other_hash = 1;

const step make_side = [] {
  beside = new beside_line;
  beside->open_unshared();
  guarded = 0;
};
const step one_goes_further = [] { beside->add_displaced(one_hash); };
const step other_goes_further = [] { beside->add_displaced(other_hash); };
const step one_leaves = [] { beside->drop_displaced(); };
const step one_is_there = [] {
  make_side();
  one_goes_further();
};
/// What is done to the plain word by who holds the line, or has closed it.
const step works_in_line = [] {
  if (!beside->try_hold()) return;
  ++guarded;
  beside->give_back();
};
const step closes_line = [] {
  beside->close();
  ++guarded;
};

void add_sides(std::vector<scenario>& to) {
  const auto end_with = [](step audit) {
    return [audit] {
      audit();
      delete beside;
    };
  };
  add(to, "side", "one goes further | another one does",
      {.setup = make_side,
       .threads = {one_goes_further, other_goes_further},
       .audit = end_with([] {
         require(beside->overflow().count() == 2, "of two entries further on one is not counted");
         require(beside->overflow().may_hold(one_hash) && beside->overflow().may_hold(other_hash),
                 "an entry further on is not in the filter");
       })});
  add(to, "side", "another one goes further | the first one leaves",
      {.setup = one_is_there,
       .threads = {other_goes_further, one_leaves},
       .audit = end_with([] {
         require(beside->overflow().count() != 0 && beside->overflow().may_hold(other_hash),
                 "an entry further on is not counted any more");
       })});
  add(to, "side", "hold | hold",
      {.setup = make_side,
       .threads = {works_in_line, works_in_line},
       .audit =
           end_with([] { require(guarded >= 1 && beside->state() == line_lock::free, "a line is not given back"); })});
  add(to, "side", "hold | close | hold",
      {.setup = make_side,
       .threads = {works_in_line, closes_line, works_in_line},
       .audit = end_with(
           [] { require(guarded >= 1 && beside->state() == line_lock::closed, "a line was closed and is open"); })});
  // 5: who meets no tag of a hash has met a moment without its entry.
  add(to, "side", "a slot goes to another entry | its tag is asked for",
      {.setup =
           [] {
             make_side();
             beside->set_tag(0, number{1} << 16);
           },
       .threads = {[] {
                     guarded = 1;
                     beside->set_tag(0, number{2} << 16);
                   },
                   [] {
                     if (!beside->tags_may_hold(number{1} << 16))
                       require(guarded == 1, "the erase before a new tag is not seen");
                   }},
       .audit = end_with([] {})});
}

// ---- a table ----

template <class Engine>
using line_of = typename Engine::line;
using words8 = concurrent::inline8<number, number, hash<number>, equal<number>>;
using memory = concurrent::table_memory<line_of<words8>, std::allocator<std::pair<const number, number>>>;
using table8 = memory::table_type;
using concurrent::phase;

table8* from = nullptr;
table8* offered[2];
bool mine[2];
int moved = 0;

/// Two blocks, to be moved as one unit or as two.
step make_table(unsigned next_lg) {
  return [next_lg] {
    from = memory::make({}, 2);
    for (table8*& each : offered) each = memory::make({}, next_lg);
    mine[0] = mine[1] = false;
    moved = 0;
  };
}
const step free_tables = [] {
  memory::free({}, from);
  for (table8* each : offered) memory::free({}, each);
  require(blocks_in_use() == 0, "memory was not given back");
};
step begins_growth(unsigned who) {
  return [who] {
    mine[who] = from->try_set_next(offered[who]);
    require(from->next() != nullptr, "a growth has begun and there is no next table");
  };
}
step moves_both_blocks(unsigned who) {
  return [who] {
    if (!from->claim(0, 2)) return;
    mine[who] = true;
    ++moved;
    for (const std::size_t block : {0U, 1U})
      require(from->phase_of(block) == phase::busy, "a block that is being moved does not say so");
    from->finish(0, 2);
  };
}
step finishes_unit(unsigned who) {
  return [who] {
    ++(who == 0 ? moved : guarded);
    mine[who] = from->unit_finished(2);
    if (mine[who]) require(moved == 1 && guarded == 1, "who counts the last unit has not seen the others' work");
  };
}
const step asks_for_units = [] {
  if (from->units_done() == 1) require(moved == 1, "who counts the units has not seen their movers' work");
};
step looks_at_block(std::size_t block) {
  return [block] {
    if (from->phase_of(block) == phase::done) require(moved == 1, "who finds a block done has not seen it moved");
  };
}

void add_tables(std::vector<scenario>& to) {
  const auto one_of_two = [](const char* else_what) {
    return [else_what] {
      require(mine[0] != mine[1], else_what);
      free_tables();
    };
  };
  add(to, "table", "growth | growth",
      {.setup = make_table(3), .threads = {begins_growth(0), begins_growth(1)}, .audit = [=] {
         require(from->next() == offered[mine[0] ? 0 : 1], "the next table is not that of the one who began");
         one_of_two("not exactly one begins a growth")();
       }});
  add(to, "table", "move | move",
      {.setup = make_table(1), .threads = {moves_both_blocks(0), moves_both_blocks(1)}, .audit = [=] {
         for (const std::size_t block : {0U, 1U})
           require(from->phase_of(block) == phase::done, "a block has moved and is not done");
         one_of_two("not exactly one moves a unit")();
       }});
  for (const std::size_t block : {std::size_t{0}, std::size_t{1}}) {
    add(to, "table", "move | look at block " + std::to_string(block),
        {.setup = make_table(1), .threads = {moves_both_blocks(0), looks_at_block(block)}, .audit = free_tables});
  }
  add(to, "table", "last unit | last unit",
      {.setup =
           [] {
             make_table(3)();
             guarded = 0;
           },
       .threads = {finishes_unit(0), finishes_unit(1)},
       .audit = one_of_two("not exactly one finishes the last unit")});
  add(to, "table", "unit | units?",
      {.setup = make_table(3), .threads = {finishes_unit(0), asks_for_units}, .audit = free_tables});
}

// ---- a line of 8-byte words ----

constexpr platform::pair16 fives{5, 50};
constexpr platform::pair16 changed{5, 51};
constexpr platform::pair16 sixes{6, 60};
constexpr platform::pair16 mark_of_fives{concurrent::entry_image::moved, 5};

line_of<words8>* line = nullptr;
bool exchanged[2];

const step make_line = [] {
  line = new line_of<words8>;
  words8::open_unshared(*line);
  words8::overwrite(*line, 0, fives);
  exchanged[0] = exchanged[1] = false;
};
step exchanges(unsigned who, platform::pair16 seen, platform::pair16 by) {
  return [=] {
    platform::pair16 expected = seen;
    exchanged[who] = words8::replace(*line, 0, expected, by);
  };
}
step reads_one_of(std::vector<platform::pair16> all) {
  return [all] {
    const platform::pair16 seen = words8::load(*line, 0);
    bool known = words8::is_empty(seen);  // with whatever value
    for (const platform::pair16& each : all) known = known || seen == each;
    require(known, "key and value of an entry do not belong together");
  };
}

void add_lines(std::vector<scenario>& to) {
  const auto holds = [](platform::pair16 last) {
    return [last] {
      require(words8::load(*line, 0) == last, "a slot does not hold what was put there last");
      delete line;
    };
  };
  const step erases_and_fills = [] {
    exchanges(0, fives, words8::empty_cell())();
    words8::overwrite(*line, 0, sixes);
  };
  add(to, "words of 8 bytes: line", "erase, insert another | read",
      {.setup = make_line, .threads = {erases_and_fills, reads_one_of({fives, sixes})}, .audit = holds(sixes)});
  add(to, "words of 8 bytes: line", "assign | read",
      {.setup = make_line,
       .threads = {exchanges(0, fives, changed), reads_one_of({fives, changed})},
       .audit = holds(changed)});
  add(to, "words of 8 bytes: line", "move | read",
      {.setup = make_line,
       .threads = {exchanges(0, fives, mark_of_fives), reads_one_of({fives, mark_of_fives})},
       .audit = holds(mark_of_fives)});
  add(to, "words of 8 bytes: line", "assign, move | read",
      {.setup = make_line,
       .threads = {[] {
                     exchanges(0, fives, changed)();
                     exchanges(0, changed, mark_of_fives)();
                   },
                   reads_one_of({fives, changed, mark_of_fives})},
       .audit = holds(mark_of_fives)});
  add(to, "words of 8 bytes: line", "insert, move | read",
      {.setup =
           [] {
             line = new line_of<words8>;
             words8::open_unshared(*line);
           },
       .threads = {[] {
                     words8::overwrite(*line, 0, fives);
                     exchanges(0, fives, mark_of_fives)();
                   },
                   reads_one_of({fives, mark_of_fives})},
       .audit = holds(mark_of_fives)});
  add(to, "words of 8 bytes: line", "move | assign",
      {.setup = make_line, .threads = {exchanges(0, fives, mark_of_fives), exchanges(1, fives, changed)}, .audit = [] {
         require(exchanged[0] != exchanged[1], "of two exchanges of one entry not exactly one is done");
         require(words8::load(*line, 0) == (exchanged[0] ? mark_of_fives : changed),
                 "an exchange that failed was done");
         delete line;
       }});
}

// ---- the count of a node ----

struct wide {
  number words[3];
};
using memory_of_nodes = std::allocator<std::pair<const number, wide>>;
using node = concurrent::node<number, wide, equal<number>, memory_of_nodes, false>;

node* held = nullptr;

void add_nodes(std::vector<scenario>& to) {
  const step make_node = [] {
    node::draft made(memory_of_nodes(), 0, number{1});
    made.emplace(wide{{7, 7, 7}});
    held = made.get();
    made.commit();
    held->add_reference();
  };
  const step gives_back = [] {
    require(held->value().words[2] == 7, "a node was freed under its handle");
    node::release(held);
  };
  const step table_gives_back = [] { node::release_for_table(held, nullptr); };
  const step is_freed = [] { require(blocks_in_use() == 0, "a node that nobody holds is not freed"); };
  add(to, "node", "handle | table", {.setup = make_node, .threads = {gives_back, table_gives_back}, .audit = is_freed});
  add(to, "node", "handle | handle | table",
      {.setup =
           [make_node] {
             make_node();
             held->add_reference();
           },
       .threads = {gives_back, gives_back, table_gives_back},
       .audit = is_freed});
  add(to, "node", "another handle, handle | table",
      {.setup = make_node,
       .threads = {[gives_back] {
                     held->add_reference();
                     gives_back();
                     gives_back();
                   },
                   table_gives_back},
       .audit = is_freed});
}

}  // namespace

std::vector<scenario> table_parts_scenarios() {
  std::vector<scenario> all;
  add_sides(all);
  add_tables(all);
  add_lines(all);
  add_nodes(all);
  return all;
}

}  // namespace portolan::model
