// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Plots as inline SVG: no script, no font, no file beside the page. Colours are classes, so that the page decides
// (and a dark page may decide otherwise); every mark has a <title> that a pointer or a screen reader gets.
//
//    bars    one a candidate, the spread as a whisker            label |=======|--|   12.4
//    lines   one a candidate over a few points                   equal steps between the points, whatever they are
//    curves  one a candidate over many values                    both axes are to scale
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace portolan::plots {

struct bar {
  std::string label;
  double value = 0;
  double low = 0;
  double high = 0;
  bool strong = false;
};
[[nodiscard]] std::string bars(const std::string& title, const std::string& unit, const std::vector<bar>& all);

struct series {
  std::string label;
  std::vector<double> values;  ///< one a point
  bool strong = false;
};
enum class scale : bool { linear, logarithmic };
[[nodiscard]] std::string lines(const std::string& title, const std::string& unit,
                                const std::vector<std::string>& points, const std::vector<series>& all, scale vertical);

struct curve {
  std::string label;
  std::vector<std::pair<double, double>> points;  ///< from left to right
  bool strong = false;
};
/// What an axis shows: its unit, and whether equal steps are equal factors.
struct axis {
  std::string unit;
  scale steps = scale::linear;
};
[[nodiscard]] std::string curves(const std::string& title, const axis& horizontal, const axis& vertical,
                                 const std::vector<curve>& all);

/// One figure as a file of its own: style inside, on a white page, the caption above the plot.
[[nodiscard]] std::string document(const std::string& figure);

/// Text that may stand between tags and in attributes.
[[nodiscard]] std::string escaped(const std::string& text);

/// The style sheet that the plots' classes need.
[[nodiscard]] std::string style();

}  // namespace portolan::plots
