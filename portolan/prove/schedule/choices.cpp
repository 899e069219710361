// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <portolan/prove/schedule/choices.hpp>
#include <stdexcept>

namespace portolan::prove::schedule {
namespace {

void add_source(std::string& text, event_id source) {
  if (source.is_initial()) {
    text += 'i';
  } else {
    text += std::to_string(source.thread());
    text += '.';
    text += std::to_string(source.index());
  }
}

void add_event(std::string& text, const graph& of, event_id id) {
  const event& each = of.at(id);
  switch (each.what) {
    case action::fence: text += 'f'; break;
    case action::write:
      text += 'w';
      text += std::to_string(each.position);
      break;
    case action::read:
      text += each.paired ? 'x' : 'r';
      add_source(text, each.source);
      if (!each.paired) break;
      text += '@';
      text += std::to_string(of.at({id.thread(), id.index() + 1}).position);
      break;
  }
}

/// Reads one thing after another from the text.
class reader {
 public:
  explicit reader(const std::string& text) : text_(text) {}

  [[nodiscard]] bool ended() const { return at_ == text_.size(); }
  [[nodiscard]] bool take(char wanted) {
    if (ended() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("'") + wanted + "'");
  }
  unsigned number(unsigned below) {
    unsigned value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || value >= below) fail("a number below " + std::to_string(below));
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }
  event_id source() {
    if (take('i')) return event_id::initial();
    const unsigned thread = number(most_threads);
    expect('.');
    return {thread, number(most_events)};
  }
  [[noreturn]] void fail(const std::string& wanted) const {
    throw std::invalid_argument("portolan: not an execution's text: " + wanted + " is missing at character " +
                                std::to_string(at_ + 1) + " of \"" + text_ + "\"; give it as the failure printed it");
  }

 private:
  const std::string& text_;
  std::size_t at_ = 0;
};

choice event_in(reader& from, unsigned thread) {
  choice made;
  made.thread = thread;
  if (from.take('f')) return made;
  if (from.take('w')) {
    made.what = action::write;
    made.position = from.number(~0U);
    return made;
  }
  made.what = action::read;
  made.paired = from.take('x');
  if (!made.paired && !from.take('r')) from.fail("an event (w, r, x or f)");
  made.source = from.source();
  if (made.paired) {
    from.expect('@');
    made.position = from.number(~0U);
  }
  return made;
}

}  // namespace

std::string text_of(const graph& execution) {
  std::string text;
  unsigned done[most_threads] = {};
  unsigned last = most_threads;
  const auto can_come = [&](unsigned thread) {
    if (done[thread] == execution.count(thread)) return false;
    const event& next = execution.at({thread, done[thread]});
    if (next.what != action::read || next.source.is_initial()) return true;
    return next.source.index() < done[next.source.thread()];
  };
  for (;;) {
    unsigned thread = last != most_threads && can_come(last) ? last : 0;
    while (thread < most_threads && !can_come(thread)) ++thread;
    if (thread == most_threads) return text;
    if (thread != last) {
      if (!text.empty()) text += ';';
      text += std::to_string(thread);
      text += ':';
    } else {
      text += ',';
    }
    const event_id id(thread, done[thread]);
    add_event(text, execution, id);
    const event& each = execution.at(id);
    done[thread] += each.what == action::read && each.paired ? 2 : 1;
    last = thread;
  }
}

std::vector<choice> choices_in(const std::string& text) {
  std::vector<choice> all;
  reader from(text);
  do {
    const unsigned thread = from.number(most_threads);
    from.expect(':');
    do all.push_back(event_in(from, thread));
    while (from.take(','));
  } while (from.take(';'));
  if (!from.ended()) from.fail("';' or ','");
  return all;
}

}  // namespace portolan::prove::schedule
