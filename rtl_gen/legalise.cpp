#include "rtl_gen/legalise.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "rtl_gen/naming.hpp"

namespace sylvester::rtl {
namespace {

class Legaliser {
 public:
  Legaliser(Module& module, const std::map<std::string, Module>& known)
      : module_(module), known_(known) {}

  void run() {
    take_interface_names();
    rename();
    evaluate_parameters();
    collect_widths();
    for (auto& item : module_.items) check(item);
    check_drivers();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::logic_error("module " + module_.name + ": " + what);
  }
  template <typename Work>
  auto at(const std::string& where, Work work) const {
    try {
      return work();
    } catch (const std::logic_error& error) {
      fail(where + ": " + error.what());
    }
  }

  void take_interface_names() {
    if (!is_legal_name(module_.name)) fail("'" + module_.name + "' is not a legal module name");
    const auto take = [&](const std::string& name) {
      if (!names_.take(name)) fail("'" + name + "' is not a legal free name of the interface");
    };
    for (const auto& parameter : module_.parameters) take(parameter.name);
    for (const auto& port : module_.ports) take(port.name);
    for (const auto& requirement : module_.requirements) {
      if (!is_legal_name(requirement.illegal)) fail("'" + requirement.illegal + "' is not legal");
    }
  }

  void rename() {
    std::map<std::string, std::string> renamed;
    const auto claim = [&](std::string& name) {
      if (renamed.count(name) != 0) fail("'" + name + "' is declared twice");
      renamed[name] = names_.claim(name);
      name = renamed[name];
    };
    for (auto& constant : module_.constants) claim(constant.name);
    for (auto& item : module_.items) {
      if (auto* net = std::get_if<Net>(&item)) claim(net->name);
    }
    // Nothing refers to an instance, so that two of one wanted name are no error.
    for (auto& item : module_.items) {
      if (auto* instance = std::get_if<Instance>(&item)) {
        instance->name = names_.claim(instance->name);
      }
    }
    const auto apply = [&](std::string& name) {
      const auto found = renamed.find(name);
      if (found != renamed.end()) name = found->second;
    };
    for (auto& constant : module_.constants) for_each_name(constant.value, apply);
    for (auto& requirement : module_.requirements) for_each_name(requirement.condition, apply);
    for (auto& item : module_.items) {
      if (auto* net = std::get_if<Net>(&item)) {
        for_each_name(net->width, apply);
        if (net->value) for_each_name(*net->value, apply);
      } else if (auto* assign = std::get_if<Assign>(&item)) {
        apply(assign->target);
        for_each_name(assign->value, apply);
      } else if (auto* instance = std::get_if<Instance>(&item)) {
        for (auto& connection : instance->parameters) for_each_name(connection.value, apply);
        for (auto& connection : instance->ports) for_each_name(connection.value, apply);
      }
    }
  }

  void evaluate_parameters() {
    for (const auto& parameter : module_.parameters) {
      if (parameter.bits != 0) continue;  // sized parameters take no part in widths
      const std::int64_t value =
          at("parameter " + parameter.name, [&] { return evaluate(parameter.value, {}); });
      if (parameter.range && (value < parameter.range->first || value > parameter.range->second)) {
        fail("parameter " + parameter.name + " = " + std::to_string(value) + " is outside " +
             std::to_string(parameter.range->first) + " ... " +
             std::to_string(parameter.range->second));
      }
      values_[parameter.name] = value;
    }
    for (const auto& constant : module_.constants) {
      values_[constant.name] =
          at("constant " + constant.name, [&] { return evaluate(constant.value, values_); });
    }
    for (const auto& requirement : module_.requirements) {
      if (evaluate(requirement.condition, values_) == 0) fail(requirement.illegal);
    }
  }

  void declare(const std::string& name, const Expression& bits) {
    bits_[name] = at("width of " + name, [&] { return evaluate(bits, values_); });
    if (bits_[name] < 1) fail("'" + name + "' has " + std::to_string(bits_[name]) + " bits");
  }

  void collect_widths() {
    for (const auto& parameter : module_.parameters) {
      if (parameter.bits != 0) bits_[parameter.name] = parameter.bits;
    }
    for (const auto& port : module_.ports) {
      // A port's width may use parameters only: constants are declared behind the ports.
      Expression bits = port.width;
      for_each_name(bits, [&](std::string& name) {
        for (const auto& constant : module_.constants) {
          if (constant.name == name) fail("port " + port.name + ": its width uses " + name);
        }
      });
      declare(port.name, port.width);
      if (port.direction == Direction::kInput) drivers_[port.name] = 1;
    }
    for (const auto& item : module_.items) {
      if (const auto* net = std::get_if<Net>(&item)) declare(net->name, net->width);
    }
  }

  std::int64_t bits_of(const std::string& name) const {
    const auto found = bits_.find(name);
    if (found == bits_.end()) fail("'" + name + "' is not declared");
    return found->second;
  }
  std::int64_t bits_of(const Expression& value) const {
    return width(value, values_, [this](const std::string& name) { return bits_of(name); });
  }
  void require_bits(const std::string& where, const Expression& value, std::int64_t wanted) {
    const std::int64_t found = at(where, [&] { return bits_of(value); });
    if (found != wanted) {
      fail(where + ": '" + print(value) + "' has " + std::to_string(found) + " bits instead of " +
           std::to_string(wanted));
    }
  }

  void check(const Item& item) {
    if (const auto* net = std::get_if<Net>(&item)) {
      if (!net->value) return;
      require_bits(net->name, *net->value, bits_of(net->name));
      ++drivers_[net->name];
    } else if (const auto* assign = std::get_if<Assign>(&item)) {
      require_bits(assign->target, assign->value, bits_of(assign->target));
      ++drivers_[assign->target];
    } else if (const auto* instance = std::get_if<Instance>(&item)) {
      check(*instance);
    }
  }

  void check(const Instance& instance) {
    const auto found = known_.find(instance.module);
    if (found == known_.end()) fail(instance.name + ": no module '" + instance.module + "'");
    const Module& inner = found->second;
    Values inner_values;
    std::set<std::string> wanted;
    for (const auto& parameter : inner.parameters) {
      if (parameter.bits == 0)
        inner_values[parameter.name] = evaluate(parameter.value, inner_values);
    }
    for (const auto& connection : instance.parameters) {
      const std::string where = instance.name + "." + connection.name;
      const auto parameter = std::find_if(
          inner.parameters.begin(), inner.parameters.end(),
          [&](const Parameter& candidate) { return candidate.name == connection.name; });
      if (parameter == inner.parameters.end()) fail(where + ": no such parameter");
      if (!wanted.insert(connection.name).second) fail(where + ": set twice");
      if (parameter->bits != 0) {  // sized parameters take no part in widths
        require_bits(where, connection.value, parameter->bits);
        continue;
      }
      inner_values[connection.name] =
          at(where, [&] { return evaluate(connection.value, values_); });
    }
    std::map<std::string, const Expression*> connected;
    for (const auto& connection : instance.ports) {
      if (!connected.emplace(connection.name, &connection.value).second) {
        fail(instance.name + "." + connection.name + ": connected twice");
      }
    }
    for (const auto& port : inner.ports) {
      const std::string where = instance.name + "." + port.name;
      const auto connection = connected.find(port.name);
      if (connection == connected.end()) fail(where + ": not connected");
      const Expression& value = *connection->second;
      require_bits(where, value, at(where, [&] { return evaluate(port.width, inner_values); }));
      if (port.direction == Direction::kOutput) {
        if (value.kind != Expression::Kind::kName) fail(where + ": must drive a whole net");
        ++drivers_[value.text];
      }
      connected.erase(connection);
    }
    if (!connected.empty()) fail(instance.name + "." + connected.begin()->first + ": no such port");
  }

  void check_drivers() const {
    const auto check_one = [&](const std::string& name) {
      const auto found = drivers_.find(name);
      const int drivers = found == drivers_.end() ? 0 : found->second;
      if (drivers != 1) fail("'" + name + "' has " + std::to_string(drivers) + " drivers");
    };
    for (const auto& port : module_.ports) check_one(port.name);
    for (const auto& item : module_.items) {
      if (const auto* net = std::get_if<Net>(&item)) check_one(net->name);
    }
  }

  Module& module_;
  const std::map<std::string, Module>& known_;
  Names names_;
  Values values_;
  std::map<std::string, std::int64_t> bits_;
  std::map<std::string, int> drivers_;
};

}  // namespace

void legalise(Module& module, const std::map<std::string, Module>& known) {
  Legaliser(module, known).run();
}

}  // namespace sylvester::rtl
