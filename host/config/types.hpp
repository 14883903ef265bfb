// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "host/config/key.hpp"

namespace kapitza::host {

/// Types of values that belong to no subject.
namespace types {

extern const Type number;
extern const Type integer;
extern const Type numbers;   ///< one, or a list
extern const Type integers;  ///< a list, each once
extern const Type interval;  ///< [low, high]
extern const Type flag;      ///< true | false
extern const Type word;      ///< one of Key::words
extern const Type text;

}  // namespace types

// What other types are made of: what is wrong, in words; empty if nothing is.

std::string number_problem(const Range& range, Value& value);
std::string integer_problem(const Range& range, const Value& value);
std::string numbers_problem(const Range& range, Value& value);

/// A table must have exactly the given members.
std::string members_problem(const Value::Members& members, std::span<const std::string> known);

/// {table = "FILE.csv"}
std::string table_file_problem(const Value::Members& members);

/// "expression" or a number, which is one, too; nothing about a value that is neither.
bool is_expression(Value& value);
std::string expression_problem(const Value& expression);

}  // namespace kapitza::host
