// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What happens in lines that are full: phase by phase, for each kind of map (crowded.hpp says what a key tells).
//
//   full line       an entry goes further on, another one wants the same slot, the walk that claims waits or turns back
//   wrapped         an entry stands before its home line, which a mover closes later
//   half moved      one block has moved, the others have not: a key can be in the next table only
//   spilled         a block is full and the table is not
//   does not fit    a table shrinks into blocks that are too small, and these move on before they are whole
//   two growths     a table comes and goes while a thread stands before it
#include "crowded.hpp"

namespace portolan::model {
namespace {

number key_of(number hundred, number at) { return 100 * hundred + at; }

/// Keys of one hundred, so many of them from `first` on.
std::vector<call> put(number hundred, number count, number first = 1) {
  std::vector<call> all;
  for (number at = first; at < first + count; ++at) {
    all.push_back({verb::insert, key_of(hundred, at), 10 * key_of(hundred, at)});
  }
  return all;
}
std::vector<call> joined(std::initializer_list<std::vector<call>> parts) {
  std::vector<call> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Each kind of map has these under the checker (platform/sizes.hpp).
constexpr number slots = 2;  // of a line
constexpr number small = 6;  // entries of a table of 4 lines, one block of which can be full
constexpr number eight_lines = 12;
constexpr number sixteen_lines = 24;
constexpr number second = 4;  // the hundred of keys whose home is the second of 4 lines
static_assert(platform::sizes::words_of_16.slots == 2 && platform::sizes::words_of_8.slots == 2 &&
              platform::sizes::nodes.slots == 2 && platform::sizes::lines_per_block == 2);

class phases {
 public:
  explicit phases(const kind& of) : to_(of) {}

  [[nodiscard]] std::vector<scenario> all() {
    at_rest();
    full_line();
    wrapped();
    half_moved();
    spilled();
    does_not_fit();
    shrinks();
    two_growths();
    listed();
    return to_.take();
  }

 private:
  /// A table in which nobody has to grow yet, then these.
  void phase(std::string name, number room, std::vector<call> before) {
    to_.phase(std::move(name), {}, joined({{{verb::reserve, room}}, std::move(before)}));
  }

  void at_rest() {
    phase("at rest", small, put(0, 2));
    for (const number key : {number{1}, number{3}}) {
      to_.from(depth::mutations).add_pairs(walks_to(key), walks_to(key));
    }
    to_.add({{{verb::insert, 3, 5}, {verb::find_two, 3, 0, 1}}, {{verb::erase, 1}}});
  }

  void full_line() {
    const number next = slots + 1;  // of the first line's keys, the first that has no room there
    const number fresh = key_of(second, 1);
    phase("full line", small, put(0, slots));
    to_.from(depth::plain);
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, fresh, 7}}});
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, next, 7}}});
    to_.from(depth::mutations);
    to_.add({{{verb::insert, next, 5}}, {{verb::for_each}, {verb::find, next}}});
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, next + 1, 7}}});
    to_.add({{{verb::insert, next, 5}, {verb::find_two, next, 0, 1}}, {{verb::erase, 1}}});
    to_.add_pairs({{verb::erase, 1}}, {{verb::insert, next, 5}});

    phase("further on", small, put(0, next));
    to_.from(depth::plain).add_pairs({{verb::erase, next}}, {{verb::find, next}, {verb::insert, next + 1, 5}});
    to_.from(depth::mutations).add_pairs(walks_to(next), walks_to(next));
    to_.add({{{verb::erase, next}, {verb::insert, next, 5}}, {{verb::find_two, next, 0, 1}}});

    phase("further on, another tag", small, joined({put(0, slots), put(0, 1, 11)}));
    to_.from(depth::plain).add({{{verb::find, 11}}, {{verb::erase, 1}}});

    phase("one slot left further on", small, joined({put(0, slots), put(second, slots - 1)}));
    const number last = key_of(second, slots);
    to_.from(depth::plain).add({{{verb::insert, next, 5}}, {{verb::insert, last, 7}}});
    // One waits for the line that the other one holds: who wraps must not wait.
    to_.from(depth::mutations);
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, last, 7}, {verb::erase, 1}, {verb::insert, last + 1, 8}}});
  }

  /// An entry of the second line stands in the first one, which a mover closes before its home.
  void wrapped() {
    const number round = key_of(second, slots + 1);
    const std::vector<call> move = {{verb::reserve, eight_lines}};
    phase("wrapped", small, put(second, slots + 1));
    to_.from(depth::mutations).add_pairs(move, walks_to(round));
    to_.add({move, {{verb::erase, round}, {verb::insert, round, 5}}});
    to_.add({move, {{verb::add, round}, {verb::find, round}}});
    to_.add({{{verb::insert, key_of(second, slots + 2), 5}}, {{verb::insert, 1, 7}}});
    // Two keys of one hash stand round: one goes home, then both are moved, under the eyes of a writer who met the mark of
    // the other one.
    phase("two wrapped", small, put(second, slots + 2));
    to_.add({{{verb::erase, key_of(second, 1)}, {verb::erase, round}, {verb::insert, round, 5}, move[0]},
             {{verb::assign, round, 9}, {verb::find, round}}});
  }

  /// The first block is full and has grown into the next table; its last key is there alone.
  void half_moved() {
    const number next = slots + 1;
    const std::vector<call> move = {{verb::insert, key_of(14, 1), 7}};
    phase("half moved", eight_lines, joined({put(0, slots), put(2, slots), put(0, 1, next)}));
    to_.from(depth::plain).add_pairs(move, {{verb::find, next}, {verb::erase, next}});
    to_.from(depth::mutations).add_pairs(move, walks_to(next));
    to_.add_pairs(walks_to(next), walks_to(next));
    to_.add_pairs(move, {{verb::find_two, next, 0, 1}, {verb::for_each}, {verb::find, 1}, {verb::insert, next + 1, 5}});

    phase("full block", eight_lines, joined({put(0, slots), put(2, slots)}));
    to_.from(depth::plain).add({{{verb::insert, next, 5}}, {{verb::insert, next + 1, 7}}});
    to_.from(depth::mutations).add_pairs({{verb::insert, next, 5}}, walks_to(1));
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, next, 7}}});
    to_.add({{{verb::insert, next, 5}, move[0]}, {{verb::for_each}}});
  }

  /// The home lines' overflow bytes say nothing: entries of both lines fill the block, each at home.
  void spilled() {
    const number next = slots + 1;
    phase("spilled", sixteen_lines, joined({put(0, slots), put(1, slots), put(0, 1, next)}));
    to_.from(depth::plain).add_pairs({{verb::erase, next}}, {{verb::find, next}, {verb::insert, next, 5}});
    to_.from(depth::mutations).add_pairs(walks_to(next), walks_to(next));
    to_.add({{{verb::erase, 1}, {verb::insert, next, 5}}, {{verb::find_two, next, 0, 2}}});

    phase("to be spilled", sixteen_lines, joined({put(0, slots), put(1, slots)}));
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, next, 7}}});
    to_.add({{{verb::insert, next, 5}}, {{verb::find, next}, {verb::find, 1}}});
    to_.add({{{verb::insert, next, 5}}, {{verb::insert, next + 1, 7}}});
  }

  /// Two entries more than a block of the smaller table has room for, and one elsewhere that must not be lost with them.
  void does_not_fit() {
    const number first = slots + 1;
    const number elsewhere = key_of(12, 1);
    phase("does not fit", sixteen_lines, joined({put(0, first), put(2, first), put(12, 1)}));
    const std::vector<call> shrink = {{verb::shrink_to_fit}};
    const number last = key_of(2, first);
    to_.from(depth::mutations).add_pairs(shrink, walks_to(last));
    to_.add_pairs(shrink, {{verb::find, elsewhere},
                           {verb::erase, 1},
                           {verb::erase, first},
                           {verb::erase, last - 2},
                           {verb::insert, last + 1, 5}});
    to_.add_pairs(shrink, {{verb::for_each}});
    to_.add({shrink, {{verb::erase, 1}, {verb::erase, 2}}});
    to_.add({shrink, shrink});
  }

  void shrinks() {
    const std::vector<call> shrink = {{verb::shrink_to_fit}};
    phase("shrinks", eight_lines, joined({put(0, 1), put(4, 1), put(9, 1)}));
    to_.from(depth::mutations).add_pairs(shrink, walks_to(key_of(4, 1)));
    to_.add_pairs(shrink, {{verb::for_each}, {verb::insert, key_of(4, 2), 5}, {verb::shrink_to_fit}});

    // Who leaves a table stands still while others fill the next one, leave both, and give them back.
    phase("two tables are left", small, put(0, 3));
    to_.add({shrink, {{verb::insert, 4, 5}, {verb::insert, 5, 5}, shrink[0]}});
  }

  void two_growths() {
    const std::vector<call> grow_twice = {{verb::insert, key_of(14, 1), 7}, {verb::reserve, sixteen_lines}};
    phase("two growths", 3, joined({put(0, 2), put(8, 2)}));
    to_.from(depth::mutations);
    for (const call& one : {call{verb::find, 1}, call{verb::find_two, 1, 0, 801}, call{verb::for_each},
                            call{verb::erase, 1}, call{verb::insert, 1, 5}}) {
      to_.add({grow_twice, {one}});
    }
  }

  /// A key goes to a later slot of its line while a listing is at it.
  void listed() {
    phase("listed", small, put(0, 2));
    to_.from(depth::plain).add({{{verb::erase, 1}, {verb::erase, 2}, {verb::insert, 2, 5}}, {{verb::for_each}}});
    to_.from(depth::mutations);
    to_.add({{{verb::erase, 1}, {verb::insert, 3, 5}, {verb::insert, 1, 5}}, {{verb::for_each}}});
  }

  collection to_;
};

}  // namespace

std::vector<scenario> crowded(const kind& of) { return phases(of).all(); }

}  // namespace portolan::model
