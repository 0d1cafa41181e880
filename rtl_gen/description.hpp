// Typed description of a generated Verilog module: what the builder fills in, the legaliser checks
// and renames, and the printer writes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rtl_gen/expression.hpp"

namespace sylvester::rtl {

struct Parameter {
  std::string name;
  Expression value = 0;
  int bits = 0;  ///< 0: `integer`
  /// Legal range, checked at elaboration and named in the header comment.
  std::optional<std::pair<std::int64_t, std::int64_t>> range = {};
  std::string meaning = {};
};

/// Named constant of the body.
struct Constant {
  std::string name;
  Expression value;
};

/// Elaboration stops with an unknown module of this name unless the condition holds.
struct Requirement {
  Expression condition;
  std::string illegal;  ///< what is wrong, as an identifier
};

enum class Direction { kInput, kOutput };

struct Port {
  Direction direction;
  std::string name;
  Expression width = 1;
};

/// `wire` with or without a value.
struct Net {
  std::string name;
  Expression width = 1;
  std::optional<Expression> value = {};
};

/// Continuous assignment to an output port or a net without a value.
struct Assign {
  std::string target;
  Expression value;
};

struct Connection {
  std::string name;  ///< port or parameter of the instantiated module
  Expression value;
};

struct Instance {
  std::string module;
  std::string name;
  std::vector<Connection> parameters;
  std::vector<Connection> ports;
};

/// A comment above the next items, after an empty line.
struct Section {
  std::string text;
};

using Item = std::variant<Section, Net, Assign, Instance>;

struct Module {
  std::string name;
  std::string purpose;  ///< header comment: what the module does
  std::vector<Parameter> parameters;
  std::vector<Port> ports;
  std::vector<Constant> constants;
  std::vector<Requirement> requirements;
  std::vector<Item> items;
};

}  // namespace sylvester::rtl
