// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a violation is drawn.
//
//    moments   every begin and end of a call is a column; a column is as wide as the words need that end there
//    rows      one a lane; calls of one lane that overlap (one of them never returned) lie one below the other
//    axis      below each column its time, from the first on
//
// 1. A bar is at least as wide as its words, so no words meet; long ones are cut, the tooltip has them whole.
// 2. Colours are in the style only, twice: for light and for dark screens.
#include <portolan/prove/history_drawing.hpp>

#include <algorithm>
#include <cstdio>

namespace portolan::prove {
namespace {

constexpr int left = 84, right = 28, top = 40, row = 34, bar = 24, lane_gap = 10, least_column = 22;
constexpr int label_width = 58;
constexpr std::size_t most_letters = 34;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

bool begins_letter(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::size_t letters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

/// The first letters of a text that is too long, and the last, where the answer stands.
std::string cut(const std::string& text) {
  const std::size_t count = letters_of(text);
  if (count <= most_letters) return text;
  std::string shorter;
  std::size_t letter_number = 0;
  for (const char c : text) {
    if (begins_letter(c) && ++letter_number == most_letters / 2) shorter += "…";
    if (letter_number < most_letters / 2 || letter_number > count - most_letters / 2) shorter += c;
  }
  return shorter;
}

std::string attribute(const char* name, int value) {
  return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

std::string words_at(const char* kind, int x, int y, const std::string& words) {
  return "<text class=\"" + std::string(kind) + "\"" + attribute("x", x) + attribute("y", y) + ">" + escaped(words) +
         "</text>\n";
}

std::string line(const char* kind, int x1, int y1, int x2, int y2) {
  return "<line class=\"" + std::string(kind) + "\"" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + "/>\n";
}

/// Instants from `zero` on, in the unit that suits the longest of them; of a file, the number of the event.
class clock {
 public:
  clock(std::uint64_t zero, std::uint64_t last, double ticks_a_ns) : zero_(zero), ticks_a_ns_(ticks_a_ns) {
    const double span_ns = ticks_a_ns > 0 ? static_cast<double>(last - zero) / ticks_a_ns : 0;
    while (unit_ < 3 && span_ns >= units[unit_ + 1].ns) ++unit_;
  }
  [[nodiscard]] std::string at(std::uint64_t ticks) const {
    if (ticks_a_ns_ <= 0) return "event " + std::to_string(ticks);
    const double value = static_cast<double>(ticks - zero_) / ticks_a_ns_ / units[unit_].ns;
    char text[40];
    std::snprintf(text, sizeof text, unit_ == 0 || value == 0 ? "%.0f %s" : "%.2f %s", value, units[unit_].name);
    return text;
  }

 private:
  struct unit {
    double ns;
    const char* name;
  };
  static constexpr unit units[] = {{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
  std::uint64_t zero_;
  double ticks_a_ns_;
  int unit_ = 0;
};

struct call {
  operation one;
  const char* kind;
  std::string words;
  int line = 0;  ///< from the top
};

/// One violation.
class picture {
 public:
  picture(const violation& bad, const history& of) : bad_(bad), of_(of) {
    const operation& culprit = bad.core[bad.culprit];
    const bool told = culprit.how == ending::hit && culprit.what != action::contains &&
                      culprit.what != action::insert && culprit.what != action::assign && culprit.what != action::erase;
    for (const operation& each : bad.context) {
      const bool source = told && changes(each.what) && each.argument == culprit.seen;
      add(each, source ? "led source" : "led");
    }
    for (std::size_t i = 0; i < bad.core.size(); ++i) {
      const bool source = told && changes(bad.core[i].what) && bad.core[i].argument == culprit.seen;
      add(bad.core[i], i == bad.culprit ? "culprit" : source ? "core source" : "core");
    }
    std::sort(moments_.begin(), moments_.end());
    moments_.erase(std::unique(moments_.begin(), moments_.end()), moments_.end());
    place_lines();
    place_columns();
  }

  [[nodiscard]] std::string svg(const char* alone, const char* style) const {
    const int axis = top + height_;
    const auto [key, height] = legend(axis + 52);
    const clock times(moments_.front(), moments_.back(), of_.ticks_a_ns);
    std::string all = "<svg" + std::string(alone) + attribute("width", width_) + attribute("height", height) +
                      " role=\"img\" viewBox=\"0 0 " + std::to_string(width_) + " " + std::to_string(height) + "\">\n";
    all += style;
    all += "<rect class=\"paper\"" + attribute("width", width_) + attribute("height", height) + "/>\n";
    for (const lane_rows& each : lanes_) all += drawn_lane(each);
    all += drawn_axis(times, axis);
    if (!bad_.core.empty()) {
      const int x = columns_[column_of(bad_.core.front().call)] - 7;
      all += line("begin", x, 12, x, axis);
      all +=
          words_at("note", x + 6, 22,
                   cut(bad_.present ? "here the value is " + of_.name_of(bad_.value) : std::string("here: no entry")));
    }
    for (const call& each : calls_) all += drawn_call(each, times);
    return all + key + "</svg>\n";
  }

 private:
  struct lane_rows {
    std::uint32_t lane = 0;
    int first = 0;
    int lines = 0;
  };

  static bool changes(action what) noexcept {
    return what != action::find && what != action::contains && what != action::erase && what != action::extract &&
           what != action::compare_erase;
  }
  void add(const operation& one, const char* kind) {
    calls_.push_back({one, kind, cut(described(one, of_))});
    moments_.push_back(one.call);
    if (one.returned != never) moments_.push_back(one.returned);
  }
  [[nodiscard]] std::size_t column_of(std::uint64_t moment) const {
    return static_cast<std::size_t>(std::lower_bound(moments_.begin(), moments_.end(), moment) - moments_.begin());
  }

  /// Gives each call a line of its lane on which no other call is meanwhile.
  void place_lines() {
    std::stable_sort(calls_.begin(), calls_.end(), [](const call& a, const call& b) {
      return a.one.lane != b.one.lane ? a.one.lane < b.one.lane : a.one.call < b.one.call;
    });
    int next = 0;
    std::vector<std::uint64_t> returned;
    for (call& each : calls_) {
      if (lanes_.empty() || lanes_.back().lane != each.one.lane) {
        if (!lanes_.empty()) next += lanes_.back().lines;
        lanes_.push_back({each.one.lane, next, 0});
        returned.clear();
      }
      const auto free =
          std::find_if(returned.begin(), returned.end(), [&](std::uint64_t end) { return end <= each.one.call; });
      each.line = static_cast<int>(free - returned.begin());
      if (free == returned.end()) {
        returned.push_back(each.one.returned);
      } else {
        *free = each.one.returned;
      }
      lanes_.back().lines = static_cast<int>(returned.size());
    }
    height_ = (next + lanes_.back().lines) * row + static_cast<int>(lanes_.size()) * lane_gap;
  }

  /// Each column far enough to the right for the calls that end there.
  void place_columns() {
    columns_.assign(moments_.size(), left + 16);
    width_ = 0;
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      if (i != 0) columns_[i] = columns_[i - 1] + least_column;
      for (const call& each : calls_) {
        if (each.one.returned == moments_[i]) {
          columns_[i] = std::max(columns_[i], columns_[column_of(each.one.call)] + width_of(each));
        }
      }
    }
    width_ = std::max(columns_.back() + right + 24, 640);
    for (const call& each : calls_) {
      if (each.one.returned == never) {
        width_ = std::max(width_, columns_[column_of(each.one.call)] + width_of(each) + right);
      }
    }
  }
  static int width_of(const call& each) { return static_cast<int>(letters_of(each.words)) * 73 / 10 + 22; }

  [[nodiscard]] int top_of(const lane_rows& lane) const {
    return top + lane.first * row + static_cast<int>(&lane - lanes_.data()) * lane_gap;
  }

  [[nodiscard]] std::string drawn_lane(const lane_rows& lane) const {
    const int y = top_of(lane);
    return "<rect class=\"lane\" x=\"0\"" + attribute("y", y) + attribute("width", width_) +
           attribute("height", lane.lines * row) + "/>\n" +
           words_at("name", 14, y + row / 2 + 4, "lane " + std::to_string(lane.lane));
  }

  [[nodiscard]] std::string drawn_axis(const clock& times, int y) const {
    std::string all = line("axis", left, y, width_ - right / 2, y);
    int free = 0;
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      const bool last = i + 1 == moments_.size();
      const bool labelled = columns_[i] >= free && (last || columns_.back() - columns_[i] >= label_width);
      all += line("tick", columns_[i], y, columns_[i], y + (labelled ? 7 : 4));
      if (!labelled) continue;
      all += words_at("time", columns_[i], y + 21, times.at(moments_[i]));
      free = columns_[i] + label_width;
    }
    return all;
  }

  [[nodiscard]] std::string drawn_call(const call& each, const clock& times) const {
    const auto lane =
        std::find_if(lanes_.begin(), lanes_.end(), [&](const lane_rows& of) { return of.lane == each.one.lane; });
    const bool open = each.one.returned == never;
    const int x = columns_[column_of(each.one.call)];
    const int end = open ? width_ - right / 2 : columns_[column_of(each.one.returned)] - 3;
    const int y = top_of(*lane) + each.line * row + (row - bar) / 2;
    const std::string when = open ? "from " + times.at(each.one.call) + " on; whether it happened does not matter"
                                  : times.at(each.one.call) + " to " + times.at(each.one.returned);
    return "<g class=\"" + std::string(each.kind) + (open ? " open" : "") + "\"><title>" +
           escaped(described(each.one, of_) + "\n" + when) + "</title><rect" + attribute("x", x) + attribute("y", y) +
           attribute("width", end - x) + attribute("height", bar) + " rx=\"5\"/><text" + attribute("x", x + 9) +
           attribute("y", y + 16) + ">" + escaped(each.words) + "</text></g>\n";
  }

  /// What the colours of this picture mean, from `y` on; and where the picture ends.
  [[nodiscard]] std::pair<std::string, int> legend(int y) const {
    constexpr std::pair<const char*, const char*> meanings[] = {{"culprit", "no order allows this answer"},
                                                                {"core", "may have been before or after it"},
                                                                {"source", "put the value that it told"},
                                                                {"led", "came before"},
                                                                {"open", "its answer does not matter"}};
    std::string all;
    int x = 14;
    for (const auto& [kind, meaning] : meanings) {
      if (std::none_of(calls_.begin(), calls_.end(), [&, name = kind](const call& each) { return is(each, name); })) {
        continue;
      }
      const int width = 27 + static_cast<int>(letters_of(meaning)) * 6 + 26;
      if (x != 14 && x + width > width_) {
        x = 14;
        y += 22;
      }
      const std::string beside = kind == std::string("source") ? " led" : kind == std::string("open") ? " core" : "";
      all += "<g class=\"key " + (kind + beside) + "\"><rect" + attribute("x", x) + attribute("y", y - 11) +
             " width=\"20\" height=\"13\" rx=\"3\"/></g>" + words_at("meaning", x + 27, y, meaning);
      x += width;
    }
    return {all, y + 18};
  }
  static bool is(const call& each, const std::string& kind) {
    const bool open = each.one.returned == never;
    if (kind == "open" || (kind == "core" && open)) return kind == "open" && open;
    return std::string(each.kind).find(kind) != std::string::npos;
  }

  const violation& bad_;
  const history& of_;
  std::vector<call> calls_{};
  std::vector<std::uint64_t> moments_{};
  std::vector<int> columns_{};  ///< of the moments, from the left
  std::vector<lane_rows> lanes_{};
  int width_ = 0;
  int height_ = 0;
};

constexpr const char* light =
    ".paper{fill:#fff}.lane{fill:#f6f7f9}text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,monospace;fill:#1b2733}"
    ".name,.time,.note,.meaning{font-family:system-ui,'DejaVu Sans',sans-serif;fill:#5b6773;font-size:11px}"
    ".name{font-size:12px;fill:#1b2733}.time{text-anchor:middle}.note{fill:#8a5a00}"
    ".axis,.tick{stroke:#9aa5b1}.begin{stroke:#c98a00;stroke-dasharray:4 3}"
    ".core rect{fill:#d8e8fb;stroke:#3b78c2}.led rect{fill:#fff;stroke:#b8c1cb}.led text{fill:#5b6773}"
    ".source rect{stroke:#c98a00;stroke-width:2}.culprit rect{fill:#fde0dc;stroke:#c62828;stroke-width:2}"
    ".culprit text{fill:#8e1616;font-weight:bold}.open rect{stroke-dasharray:5 3;fill-opacity:.45}";
constexpr const char* dark =
    "@media(prefers-color-scheme:dark){.paper{fill:#14181d}.lane{fill:#1c2229}text,.name{fill:#e3e8ee}"
    ".time,.meaning{fill:#9aa7b4}.note{fill:#f0b849}.axis,.tick{stroke:#5b6773}.begin{stroke:#f0b849}"
    ".core rect{fill:#1d3a5c;stroke:#5b9be6}.led rect{fill:#14181d;stroke:#4a5560}.led text{fill:#9aa7b4}"
    ".source rect{stroke:#f0b849}.culprit rect{fill:#5a1c1c;stroke:#ff6b60}.culprit text{fill:#ffd9d4}}";
constexpr const char* page_light =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#1b2733;background:#fff}h2{font-size:1.05em;"
    "margin:1.8em 0 .5em}svg{display:block}.scroll{overflow-x:auto;border:1px solid #d5dbe1;border-radius:6px}";
constexpr const char* page_dark =
    "@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#14181d}.scroll{border-color:#333c46}}";

}  // namespace

std::string drawn(const verdict& seen, const history& of) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light "
      "dark\"><title>History</title><style>" +
      std::string(page_light) + page_dark + light + dark + "</style></head><body>\n<p>" + escaped(seen.text()) +
      "</p>\n";
  if (!seen.violations.empty()) {
    page +=
        "<p>Each bar is a call, from its beginning to its end, with what was asked and told. Calls whose bars overlap "
        "may have happened in either order. From the dashed line on, no order gives all these answers. The columns "
        "are the moments in their order, not to scale; below stands when each was.</p>\n";
  }
  for (const violation& each : seen.violations) {
    page += "<h2>" + escaped(each.sentence) + "</h2>\n";
    if (!each.core.empty()) page += "<div class=\"scroll\">" + picture(each, of).svg("", "") + "</div>\n";
  }
  return page + "</body></html>\n";
}

std::string drawn_alone(const violation& bad, const history& of) {
  if (bad.core.empty()) return {};
  const std::string style = "<style>" + std::string(light) + dark + "</style>\n";
  return picture(bad, of).svg(" xmlns=\"http://www.w3.org/2000/svg\"", style.c_str());
}

}  // namespace portolan::prove
