// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Events to operations and back.
//
//   text ─► forms (EDN, or JSON) ─► events: process, type, f, key, value ─► operations
#include <portolan/prove/history_files.hpp>

#include <algorithm>
#include <array>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include <portolan/prove/history/edn.hpp>

namespace portolan::prove {
namespace files {
namespace {

using nlohmann::json;

struct word_of_action {
  std::string_view word;
  action what;
};
/// The first of each action is the one that is written.
constexpr std::array words{
    word_of_action{"read", action::find},
    word_of_action{"contains", action::contains},
    word_of_action{"insert", action::insert},
    word_of_action{"write", action::assign},
    word_of_action{"exchange", action::exchange},
    word_of_action{"erase", action::erase},
    word_of_action{"extract", action::extract},
    word_of_action{"cas", action::compare_exchange},
    word_of_action{"compare-erase", action::compare_erase},
    word_of_action{"add", action::add},
    word_of_action{"get", action::find},
    word_of_action{"find", action::find},
    word_of_action{"put", action::assign},
    word_of_action{"assign", action::assign},
    word_of_action{"delete", action::erase},
    word_of_action{"remove", action::erase},
    word_of_action{"compare-and-set", action::compare_exchange},
    word_of_action{"compare_exchange", action::compare_exchange},
    word_of_action{"compare_erase", action::compare_erase},
};

struct event {
  std::string place;
  std::string process;
  std::string type;
  action what = action::find;
  json key{};
  json value{};
  json outcome{};
};

[[noreturn]] void refuse(const std::string& place, const std::string& why) { throw history_error(place + ": " + why); }

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

event event_of(const json& form, const std::string& place) {
  if (!form.is_object())
    refuse(place, "an event is a map with :process, :type, :f and :value; here stands " + form.dump().substr(0, 60));
  event one;
  one.place = place;
  for (const char* field : {"process", "type", "f"}) {
    if (!form.contains(field)) refuse(place, "the event has no :" + std::string(field) + "; give it one");
  }
  one.process = text_of(form["process"]);
  one.type = text_of(form["type"]);
  const std::string f = text_of(form["f"]);
  const auto known =
      std::find_if(words.begin(), words.end(), [&](const word_of_action& each) { return each.word == f; });
  if (known == words.end()) {
    refuse(place, "`" + f +
                      "` is no operation of a map; write read, write, cas, insert, exchange, erase, extract, contains, "
                      "compare-erase or add");
  }
  one.what = known->what;
  one.value = form.value("value", json());
  one.outcome = form.value("outcome", json());
  if (form.contains("key")) {
    one.key = form["key"];
  } else if (one.value.is_array() && one.value.size() == 2 &&
             (one.what != action::compare_exchange || one.value[1].is_array())) {
    one.key = one.value[0];
    one.value = json(one.value[1]);
  }
  return one;
}

/// Words for keys and values: natural numbers are themselves.
class naming {
 public:
  explicit naming(history& all) : all_(all) {}
  std::uint64_t word(const json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() < history::first_name)
      return value.get<std::uint64_t>();
    std::string name = value.is_null() ? "nil" : value.dump();
    const auto [at, fresh] = known_.try_emplace(name, history::first_name + all_.names.size());
    if (fresh) all_.names.push_back(std::move(name));
    return at->second;
  }

 private:
  history& all_;
  std::unordered_map<std::string, std::uint64_t> known_{};
};

class assembly {
 public:
  void take(const event& one) {
    ++now_;
    const auto open = open_.find(one.process);
    if (one.type == "invoke") {
      if (open != open_.end()) {
        refuse(one.place, "process " + one.process +
                              " begins a call while its last one is open; end that with :ok, :fail or "
                              ":info first");
      }
      open_.emplace(one.process, open_call{begun(one), one.what});
      return;
    }
    if (one.type != "ok" && one.type != "fail" && one.type != "info") {
      refuse(one.place, "the type is `" + one.type + "`; write invoke, ok, fail or info");
    }
    if (open == open_.end()) {
      refuse(one.place, "process " + one.process + " ends a call that it did not begin; put its :invoke before");
    }
    auto [done, began_as] = open->second;
    open_.erase(open);
    if (began_as != one.what) refuse(one.place, "the call began as another operation; write the same :f");
    if (one.type == "info") {
      // Whoever comes next under this number is another.
      lanes_.erase(one.process);
    } else if (one.type == "ok") {
      done.returned = now_;
      tell(one, done);
    }
    if (one.type != "fail") all_.add(done);
  }
  history finish() {
    all_.ticks_a_ns = 0;
    for (const auto& [process, one] : open_) all_.add(one.call);
    return std::move(all_);
  }

 private:
  /// A call and the word that it began with: to write nil is to erase.
  struct open_call {
    operation call;
    action as;
  };
  operation begun(const event& one) {
    operation made{now_, never, naming_.word(one.key), 0, 0, lane_of(one.process), one.what, ending::pending, 0};
    const auto is_pair = one.value.is_array() && one.value.size() == 2;
    switch (one.what) {
      case action::compare_exchange:
        if (!is_pair) refuse(one.place, "a cas has the :value [old new]; here stands " + one.value.dump());
        made.seen = naming_.word(one.value[0]);
        made.argument = naming_.word(one.value[1]);
        break;
      case action::compare_erase: made.seen = naming_.word(one.value); break;
      case action::add:
        if (!one.value.is_number_unsigned()) refuse(one.place, "an add has a natural number as :value");
        made.argument = one.value.get<std::uint64_t>();
        break;
      case action::insert:
      case action::exchange: made.argument = naming_.word(one.value); break;
      case action::assign:
        made.argument = naming_.word(one.value);
        if (one.value.is_null()) made.what = action::erase;
        break;
      default: break;
    }
    return made;
  }
  std::uint32_t lane_of(const std::string& process) {
    return lanes_.try_emplace(process, next_lane_).second ? next_lane_++ : lanes_[process];
  }
  /// What an :ok says of how the entry was found.
  void tell(const event& one, operation& done) {
    const std::string outcome = one.outcome.is_null() ? "" : text_of(one.outcome);
    if (outcome == "hit" || outcome == "miss" || outcome == "differed") {
      done.how = outcome == "hit" ? ending::hit : outcome == "miss" ? ending::miss : ending::differed;
    } else if (!outcome.empty()) {
      refuse(one.place, "the outcome is `" + outcome + "`; write hit, miss or differed, or leave it out");
    }
    switch (done.what) {
      case action::find:
      case action::exchange:
      case action::extract:
        if (outcome.empty() && done.what == action::exchange) {
          done.how = ending::done;
        } else if (outcome.empty()) {
          done.how = one.value.is_null() ? ending::miss : ending::hit;
        }
        if (done.how == ending::hit) done.seen = naming_.word(one.value);
        return;
      case action::contains:
        if (!outcome.empty()) return;
        if (!one.value.is_boolean()) refuse(one.place, "a contains ends with :value true or false");
        done.how = one.value.get<bool>() ? ending::hit : ending::miss;
        return;
      case action::add:
        done.how = one.value.is_number_unsigned() ? ending::hit : ending::done;
        if (done.how == ending::hit) done.seen = one.value.get<std::uint64_t>();
        return;
      case action::assign:
      case action::erase:
        if (outcome.empty()) done.how = ending::done;
        return;
      case action::insert:
        if (outcome.empty()) done.how = ending::miss;
        return;
      case action::compare_exchange:
      case action::compare_erase:
        if (outcome.empty()) done.how = ending::hit;
        return;
    }
  }

  history all_{};
  naming naming_{all_};
  std::uint64_t now_ = 0;
  std::uint32_t next_lane_ = 0;
  std::unordered_map<std::string, open_call> open_{};
  std::unordered_map<std::string, std::uint32_t> lanes_{};
};

void take_each(assembly& all, const json& form, const std::string& place) {
  if (!form.is_array()) return all.take(event_of(form, place));
  for (std::size_t i = 0; i < form.size(); ++i) all.take(event_of(form[i], "event " + std::to_string(i + 1)));
}

void read_edn(assembly& all, std::string_view text) {
  edn_forms forms(text);
  for (std::string form; forms.next(form);) take_each(all, json::parse(form), "line " + std::to_string(forms.line()));
}

constexpr const char* too_deep = "values lie in each other more than 64 deep; an event is one object of plain values";

void read_json(assembly& all, std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '[') {
    if (is_too_deep(text)) refuse("somewhere", too_deep);
    json form;
    try {
      form = json::parse(text);
    } catch (const json::parse_error& error) {
      const auto at = std::min(text.size(), error.byte);
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      refuse("line " + std::to_string(line), "this is no JSON; close its brackets and quotation marks");
    } catch (const json::exception&) {
      refuse("somewhere", "a number is too large; write it as a text");
    }
    take_each(all, form, "");
    return;
  }
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = "line " + std::to_string(number);
    if (is_too_deep(line)) refuse(place, too_deep);
    const json form = json::parse(line, nullptr, false);
    if (form.is_discarded()) refuse(place, "this is no JSON; write one object a line, or one array");
    all.take(event_of(form, place));
  }
}

/// A word as it is written in a file.
json value_of(const history& all, std::uint64_t word) {
  if (word < history::first_name || word - history::first_name >= all.names.size()) return word;
  const std::string& name = all.names[static_cast<std::size_t>(word - history::first_name)];
  return name == "nil" ? json() : json::parse(name, nullptr, false);
}

std::string edn_of(const json& value);

std::string edn_of_text(const std::string& text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    all += c;
  }
  return all += '"';
}
std::string edn_of_object(const json& value) {
  std::string all = "{";
  for (const auto& [name, each] : value.items()) {
    if (all.size() > 1) all += ", ";
    all += edn_of_text(name) + ' ' + edn_of(each);
  }
  return all += '}';
}
std::string edn_of(const json& value) {
  if (value.is_null()) return "nil";
  if (value.is_string()) return edn_of_text(value.get<std::string>());
  if (value.is_object()) return edn_of_object(value);
  if (!value.is_array()) return value.dump();
  std::string all = "[";
  for (const json& each : value) {
    if (all.size() > 1) all += ' ';
    all += edn_of(each);
  }
  return all += ']';
}

std::string line_of(const operation& one, bool begins, const history& all, history_format format) {
  const std::string_view f =
      std::find_if(words.begin(), words.end(), [&](const word_of_action& each) { return each.what == one.what; })->word;
  json value;
  switch (one.what) {
    case action::compare_exchange: value = {value_of(all, one.seen), value_of(all, one.argument)}; break;
    case action::compare_erase: value = value_of(all, one.seen); break;
    case action::insert:
    case action::assign:
    case action::exchange:
    case action::add: value = value_of(all, one.argument); break;
    default: break;
  }
  const bool tells = one.what == action::find || one.what == action::exchange || one.what == action::extract ||
                     one.what == action::add;
  if (!begins && tells) value = one.how == ending::hit ? value_of(all, one.seen) : json();
  const char* outcome = begins || one.how == ending::done || one.what == action::add ? nullptr
                        : one.how == ending::hit                                     ? "hit"
                        : one.how == ending::miss                                    ? "miss"
                                                                                     : "differed";
  const char* type = begins ? "invoke" : "ok";
  if (format == history_format::edn) {
    return "{:process " + std::to_string(one.lane) + ", :type :" + type + ", :f :" + std::string(f) + ", :key " +
           edn_of(value_of(all, one.key)) + ", :value " + edn_of(value) +
           (outcome != nullptr ? std::string(", :outcome :") + outcome : "") + "}\n";
  }
  json line{{"process", one.lane}, {"type", type}, {"f", f}, {"key", value_of(all, one.key)}, {"value", value}};
  if (outcome != nullptr) line["outcome"] = outcome;
  return line.dump() + "\n";
}

}  // namespace
}  // namespace files

history read_history(std::string_view text, history_format format) {
  files::assembly all;
  if (format == history_format::edn) {
    files::read_edn(all, text);
  } else {
    files::read_json(all, text);
  }
  return all.finish();
}

history_format format_of(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t\r\n[{");
  return first != std::string_view::npos && first > 0 && text[first] == '"' ? history_format::json
                                                                            : history_format::edn;
}

std::string write_history(const history& all, history_format format) {
  struct moment {
    std::uint64_t at;
    bool ends;
    operation one;
  };
  std::vector<moment> moments;
  std::uint32_t lanes = 0;
  for (const operation& each : all.sorted()) lanes = std::max(lanes, each.lane + 1);
  for (operation each : all.sorted()) {
    // Who never returned is nobody that goes on.
    if (each.returned == never) each.lane = lanes++;
    moments.push_back({each.call, false, each});
    if (each.returned != never) moments.push_back({each.returned, true, each});
  }
  // A call that begins when another returns overlaps it.
  std::stable_sort(moments.begin(), moments.end(),
                   [](const moment& a, const moment& b) { return a.at != b.at ? a.at < b.at : !a.ends && b.ends; });
  std::string text;
  for (const moment& each : moments) text += files::line_of(each.one, !each.ends, all, format);
  return text;
}

}  // namespace portolan::prove
