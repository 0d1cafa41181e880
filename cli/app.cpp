#include "cli/app.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstring>
#include <functional>

#include "cli/accumulate_command.hpp"
#include "cli/config_command.hpp"
#include "cli/explore_command.hpp"
#include "cli/generate_command.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/precision_command.hpp"
#include "cli/simulate_command.hpp"
#include "cli/train_command.hpp"
#include "cli/verify_command.hpp"
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
  std::string folder;  ///< of --out
  AccumulateArguments accumulate;
  ExploreArguments explore;
  PrecisionArguments precision;
  SimulateArguments simulate;
  TrainArguments train;
  VerifyArguments verify;
};

// run_app has read the flag already: even an error of the parser is an object then.
void add_json(CLI::App& app) {
  app.add_flag_function(
      "--json", [](std::int64_t) {}, "Print one JSON object on standard output");
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      Command& chosen, Command command) {
  CLI::App* app = parent.add_subcommand(name, description);
  add_json(*app);
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

// An option whose value is a path: the empty text stands for an unset variable, not for a path.
CLI::Option* path_option(CLI::Option* option, const std::string& type) {
  return option->type_name(type)->check(
      [](const std::string& path) { return std::string(path.empty() ? "is empty" : ""); });
}

void add_config_commands(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* config = app.add_subcommand("config", "What the keys of a configuration mean");
  config->require_subcommand(0, 1);
  add_json(*config);

  CLI::App* init =
      add_command(*config, "init", "Print a commented configuration with all keys", chosen,
                  [&](const Output& output) { return run_config_init(arguments.config, output); });
  init->add_option("config", arguments.config.source, "Take the values of this file or preset")
      ->type_name("CONFIG");
  add_overrides(*init, arguments.config);

  CLI::App* explain =
      add_command(*config, "explain", "Explain a key, a table of keys, or all keys", chosen,
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

void add_explore_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  ExploreArguments& e = arguments.explore;
  CLI::App* command =
      add_command(app, "explore", "Accuracy and cycles of many configurations, resumable", chosen,
                  [&e](const Output& output) { return run_explore(e, output); });
  path_option(
      command->add_option("space", e.space.source, "A TOML file: base, axes, seeds, measures"),
      "SPACE")
      ->required();
  add_overrides(*command, e.space);
  path_option(command->add_option("--out", e.out,
                                  "Folder of the results: new, empty, or an earlier one to go on"),
              "DIR")
      ->required();
  command->add_option("--workers", e.workers, "Trainings at the same time; 0 is one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  path_option(command->add_option("--data", e.data, "Folder of the data sets"), "DIR");
}

void add_generate_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  CLI::App* command = add_command(
      app, "generate", "Write the Verilog of a configuration, a testbench and synthesis scripts",
      chosen, [&arguments](const Output& output) {
        return run_generate(arguments.config, arguments.folder, output);
      });
  add_config(*command, arguments.config);
  path_option(command->add_option("--out", arguments.folder,
                                  "Folder to write to: new, empty, or a package"),
              "DIR")
      ->required();
}

void add_precision_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  PrecisionArguments& p = arguments.precision;
  CLI::App* command = add_command(
      app, "precision", "Write a precision table from the multipliers of a PDQAT training", chosen,
      [&p](const Output& output) { return run_precision(p, output); });
  path_option(command->add_option("result", p.result, "result.json of train --out"), "RESULT")
      ->required();
  path_option(command->add_option("--out", p.out, "The table to write"), "FILE.toml")->required();
  command->add_option("--layers", p.layers, "How many layers to choose")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command->add_option("--choose", p.choice, "By their multipliers: largest, smallest; or random")
      ->capture_default_str();
  command->add_option("--constraint", p.constraint, "Whose multipliers: proximity or accumulator")
      ->capture_default_str();
  command
      ->add_option("--set", p.settings,
                   "What the chosen layers get: --set key=value; default pdqat.bits=8")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--seed", p.seed, "Of the random choice")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{4294967295}))
      ->capture_default_str();
}

void add_simulate_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  SimulateArguments& s = arguments.simulate;
  CLI::App* command = add_command(
      app, "simulate", "Cycles of a GEMM or of a network on the hardware of a configuration",
      chosen, [&s](const Output& output) { return run_simulate(s, output); });
  add_config(*command, s.config);
  command->add_option("--gemm", s.gemm, "Batch, outputs and inputs of a layer: Y = X W^T")
      ->type_name("M,N,K");
  command
      ->add_option("--input", s.input,
                   "Instead: the network of the configuration, layer by layer, for samples of N "
                   "values or HxWxC")
      ->type_name("SHAPE")
      ->excludes("--gemm")
      ->needs(command->add_option("--classes", s.classes, "Classes of the network")
                  ->check(CLI::Range(1, 65535)));
  command->add_flag("--training", s.training, "The two backward GEMMs of each layer too");
}

void add_train_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  TrainArguments& t = arguments.train;
  CLI::App* command =
      add_command(app, "train", "Train a network with the arithmetic of a configuration", chosen,
                  [&t](const Output& output) { return run_train(t, output); });
  add_config(*command, t.config);
  path_option(command->add_option("--data", t.data, "Folder of the data set"), "DIR");
  path_option(command->add_option("--init", t.init,
                                  "Begin with the weights that a run of the same network left"),
              "FILE.npz");
#ifdef SYLVESTER_HAS_SYSTEMC
  command->add_option("--backend", t.backend, "What computes every job: golden, systemc or rtl")
      ->capture_default_str();
#endif
  command->add_option("--seeds", t.seeds, "Runs with train.seed, train.seed + 1, ...")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  path_option(command->add_option("--out", t.out, "Folder for result.json, weights and metrics"),
              "DIR");
  command->add_flag("--resume", t.resume,
                    "Go on with the unfinished run in --out; begin if there is none");
  command
      ->add_option("--state-seconds", t.state_seconds,
                   "Seconds between two states that --resume can go on from; 0: after every epoch")
      ->check(CLI::Range(0.0, 1e6))
      ->needs("--out")
      ->capture_default_str();
  path_option(command->add_option("--trace", t.trace.file,
                                  "Record jobs of the training for verify --trace"),
              "FILE.npz");
  command
      ->add_option("--trace-steps", t.trace.steps,
                   "Steps to record, for example 0,7,last,every:100")
      ->needs("--trace")
      ->capture_default_str();
  command->add_option("--trace-layers", t.trace.layers, "Layers to record, from 0; default: all")
      ->needs("--trace");
}

#ifdef SYLVESTER_HAS_SYSTEMC
void add_verify_command(CLI::App& app, Arguments& arguments, Command& chosen) {
  VerifyArguments& v = arguments.verify;
  CLI::App* command =
      add_command(app, "verify", "Compare golden, SystemC and RTL: values, counters and cycles",
                  chosen, [&v](const Output& output) { return run_verify(v, output); });
  command
      ->add_option("configs", v.configs,
                   "TOML files or presets; without any, the configurations of the suite")
      ->type_name("CONFIG");
  command->add_option("--set", v.overrides, "Override a configuration key: --set key=value")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--jobs", v.jobs, "Random jobs over all configurations")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command->add_option("--seed", v.seed, "Seed of the jobs and stalls")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{4294967295}))
      ->capture_default_str();
  command->add_option("--processes", v.processes, "At the same time; 0 is one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  path_option(command->add_option("--rtl", v.rtl, "Verify the Verilog of this folder instead"),
              "DIR");
  path_option(command->add_option("--failures", v.failures,
                                  "Folder for job files and waveforms of failures"),
              "DIR")
      ->capture_default_str();
  path_option(command->add_option("--replay", v.replay, "Run the jobs of an earlier failure again"),
              "FILE")
      ->excludes("--rtl");
  path_option(command->add_option("--trace", v.trace,
                                  "Replay the jobs that a trainer has recorded (docs/traces.md)"),
              "FILE.npz")
      ->excludes("--replay")
      ->excludes("--jobs")
      ->excludes("--seed");
  command
      ->add_option("--models", v.models,
                   "What replays a trace besides golden: all (SystemC and RTL), systemc or none")
      ->needs("--trace")
      ->capture_default_str();
}
#endif

// The commands that may follow those already given.
std::string command_names(const CLI::App& app) {
  const CLI::App* last = &app;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
  std::string names;
  for (const CLI::App* command : last->get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

bool asks_for_json(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

int parse_and_run(int argc, const char* const* argv, const Output& output) {
  CLI::App app("Bit-accurate simulator and RTL generator for low-precision training accelerators",
               "sylvester");
  app.set_version_flag("--version", std::string("sylvester ") + program_version());
  app.require_subcommand(0, 1);  // none at all is reported below, with the allowed ones
  add_json(app);

  Arguments arguments;
  Command chosen;
  add_accumulate_command(app, arguments, chosen);
  add_config_commands(app, arguments, chosen);
  add_explore_command(app, arguments, chosen);
  add_generate_command(app, arguments, chosen);
  add_precision_command(app, arguments, chosen);
  add_simulate_command(app, arguments, chosen);
  add_train_command(app, arguments, chosen);
#ifdef SYLVESTER_HAS_SYSTEMC
  add_verify_command(app, arguments, chosen);
#endif

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return kHolds;
  } catch (const CLI::ParseError& error) {
    throw UserError(std::string(error.what()) + "; see sylvester --help");
  }
  if (!chosen) throw UserError("a command is missing; allowed: " + command_names(app));
  return chosen(output);
}

int report(const Failure& failure, const Output& output) {
  switch (failure.fault) {
    case Fault::kInput:
      output.error("input", failure.sentence);
      return kBadInput;
    case Fault::kEnvironment:
      output.error("environment", failure.sentence);
      break;
    case Fault::kDefect:
      output.error("internal", "defect in the program: " + failure.sentence);
      break;
  }
  return kBadEnvironment;
}

/// A stream that the caller has closed: a file of ours must not take its number. Using it fails.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // open() takes the lowest free number, which is this one.
    [[maybe_unused]] const int same =
        open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int run_app(int argc, const char* const* argv) {
  const bool json = asks_for_json(argc, argv);
  const Output output(json);
  occupy_closed_streams();
  install_signal_handlers(json);
  try {
    const int status = parse_and_run(argc, argv, output);
    flush_standard_output();
    return status;
  } catch (...) {
    return report(failure_of(std::current_exception()), output);
  }
}

}  // namespace sylvester
