// SPDX-License-Identifier: BSD-3-Clause
#include "host/config/expression.hpp"

#include <fmt/format.h>
#include <muParser.h>
#include <numbers>

#include "kapitza/core/error.hpp"

namespace kapitza::host {

std::vector<double> evaluate_expression(const std::string& expression, const std::string& variable,
                                        std::span<const double> points) {
  double x = 0;
  try {
    mu::Parser parser;
    parser.DefineConst("pi", std::numbers::pi);
    parser.DefineVar(variable, &x);
    parser.SetExpr(expression);
    std::vector<double> values;
    values.reserve(points.size());
    for (const double point : points) {
      x = point;
      values.push_back(parser.Eval());
      if (x != point) throw InputError(fmt::format("it assigns a value to {}", variable));
    }
    // "1,5" would silently be 5.
    if (parser.GetNumResults() != 1) throw InputError("it has more than one value");
    return values;
  } catch (const mu::Parser::exception_type& error) {
    throw InputError(fmt::format("this is no expression of {}: {}", variable, error.GetMsg()));
  }
}

}  // namespace kapitza::host
