#include "cli/app.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

#include "cli/accumulate_command.hpp"
#include "cli/config_command.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "golden/support/error.hpp"
#include "golden/support/version.hpp"

namespace sylvester {
namespace {

// The command that the command line asks for.
using Command = std::function<int(const Output&)>;

// All values that options write to; they live as long as the parser.
struct Arguments {
  ConfigArgument config;
  std::string second;  ///< the other configuration of `config diff`
  std::string key;
  AccumulateArguments accumulate;
};

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      Command& chosen, Command command) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->fallthrough();
  app->final_callback([&chosen, command = std::move(command)] { chosen = command; });
  return app;
}

void add_overrides(CLI::App& app, ConfigArgument& config) {
  app.add_option("--set", config.overrides, "Override a configuration key: --set key=value")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_config(CLI::App& app, ConfigArgument& config) {
  app.add_option("config", config.source, "A TOML file, or the name of a preset")
      ->type_name("CONFIG")
      ->required();
  add_overrides(app, config);
}

void add_config_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* config = app.add_subcommand("config", "What the keys of a configuration mean");
  config->require_subcommand(1);
  config->fallthrough();

  CLI::App* init = add_command(
      *config, "init", "Print a commented configuration with all keys", chosen,
      [&](const Output& output) { return run_config_init(arguments.config, output); });
  init->add_option("config", arguments.config.source, "Take the values of this file or preset")
      ->type_name("CONFIG");
  add_overrides(*init, arguments.config);

  CLI::App* explain = add_command(
      *config, "explain", "Explain a key, a table of keys, or all keys", chosen,
      [&](const Output& output) { return run_config_explain(arguments.key, output); });
  explain->add_option("key", arguments.key, "For example accumulator.bits")->type_name("KEY");

  CLI::App* diff = add_command(*config, "diff", "Keys in which two configurations differ", chosen,
                               [&](const Output& output) {
                                 return run_config_diff(arguments.config.source, arguments.second,
                                                        arguments.config.overrides, output);
                               });
  diff->add_option("a", arguments.config.source, "A TOML file, or the name of a preset")
      ->type_name("CONFIG")
      ->required();
  diff->add_option("b", arguments.second, "Another one")->type_name("CONFIG")->required();
  add_overrides(*diff, arguments.config);

  CLI::App* hash = add_command(
      *config, "hash", "The numerics hash and the hardware hash of a configuration", chosen,
      [&](const Output& output) { return run_config_hash(arguments.config, output); });
  add_config(*hash, arguments.config);
}

void add_accumulate_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  AccumulateArguments& a = arguments.accumulate;
  CLI::App* command = add_command(
      app, "accumulate", "What a narrow accumulator does to the product of two given matrices",
      chosen, [&a](const Output& output) { return run_accumulate(a, output); });
  command->add_option("a", a.a, "M x K matrix (.npy): integers are codes, floats are quantised")
      ->type_name("A.npy")
      ->required();
  command->add_option("b", a.b, "K x N matrix (.npy)")->type_name("B.npy")->required();
  command->add_option("--bits", a.bits, "Width of the register that sums a tile")
      ->check(CLI::Range(4, 24))
      ->capture_default_str();
  command->add_option("--tile", a.tile, "Products per tile; 0 is the whole contraction")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--outer-bits", a.outer_bits, "Width of the sum of finished tiles")
      ->check(CLI::Range(4, 32))
      ->capture_default_str();
  command->add_option("--policy", a.policy, "saturate, wrap, clamp or all")->capture_default_str();
  command->add_option("--format", a.format, "Operand format that floats are quantised to")
      ->capture_default_str();
}

bool asks_for_json(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

// One line: the parser's messages may have several.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

int parse_and_run(int argc, const char* const* argv, const Output& output) {
  CLI::App app("Bit-accurate simulator and RTL generator for low-precision training accelerators",
               "sylvester");
  app.set_version_flag("--version", std::string("sylvester ") + program_version());
  app.require_subcommand(1);
  bool json = false;
  app.add_flag("--json", json, "Print one JSON object on standard output");

  Arguments arguments;
  Command chosen;
  add_accumulate_command(app, arguments, chosen);
  add_config_commands(app, arguments, chosen);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return kHolds;
  } catch (const CLI::ParseError& error) {
    throw UserError(one_line(error.what()) + "; see sylvester --help");
  }
  return chosen(output);
}

}  // namespace

int run_app(int argc, const char* const* argv) {
  const bool json = asks_for_json(argc, argv);
  const Output output(json);
  install_interrupt_handler(json);
  try {
    const int status = parse_and_run(argc, argv, output);
    flush_standard_output();
    return status;
  } catch (const UserError& error) {
    output.error("input", error.what());
    return kBadInput;
  } catch (const EnvironmentError& error) {
    output.error("environment", error.what());
  } catch (const std::bad_alloc&) {
    output.error("environment", "not enough memory");
  } catch (const std::exception& error) {
    output.error("internal", std::string("defect in the program: ") + error.what());
  }
  return kBadEnvironment;
}

}  // namespace sylvester
