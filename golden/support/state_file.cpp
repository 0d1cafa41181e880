#include "golden/support/state_file.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

static_assert(std::endian::native == std::endian::little, "state files hold memory as it is");

// Magic line, SHA-256 in hexadecimal of what follows it and a line end; the rest is CBOR.
std::string first_line(std::string_view kind) { return fmt::format("sylvester {} 1\n", kind); }
constexpr std::size_t kHashDigits = 64;

// Sees to it that a reader's recursion stays shallow.
class DepthLimit : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr int kDeepest = 16;  // more than any state has
  int depth_ = 0;
};

bool is_shallow_cbor(std::string_view body) {
  DepthLimit limit;
  return nlohmann::json::sax_parse(body, &limit, nlohmann::json::input_format_t::cbor);
}

}  // namespace

void write_state_file(const std::filesystem::path& path, std::string_view kind,
                      const nlohmann::json& state) {
  std::string body;
  nlohmann::json::to_cbor(state, body);
  write_file(path, first_line(kind) + sha256_hex(body) + "\n" + body);
}

nlohmann::json read_state_file(const std::filesystem::path& path, std::string_view kind) {
  const std::string file = read_file(path);
  const std::string first = first_line(kind);
  const std::string_view view = file;
  if (!view.starts_with(first)) {
    throw UserError(fmt::format(
        "{}: not a {} of this version of sylvester; remove it to start anew", path.string(), kind));
  }
  const std::size_t body = first.size() + kHashDigits + 1;
  if (view.size() < body ||
      view.substr(first.size(), kHashDigits + 1) != sha256_hex(view.substr(body)) + "\n") {
    throw UserError(fmt::format("{}: the {} is incomplete or was changed; remove it to start anew",
                                path.string(), kind));
  }
  nlohmann::json state;
  if (is_shallow_cbor(view.substr(body))) {
    state = nlohmann::json::from_cbor(view.substr(body), true, false);
  }
  if (!state.is_object()) {
    throw UserError(
        fmt::format("{}: the {} has no content; remove it to start anew", path.string(), kind));
  }
  return state;
}

template <typename T>
nlohmann::json to_binary(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return nlohmann::json::binary(std::move(bytes));
}

template <typename T>
std::vector<T> from_binary(const nlohmann::json& bytes) {
  const auto& binary = bytes.get_binary();
  if (binary.size() % sizeof(T) != 0) {
    throw nlohmann::json::other_error::create(501, "a byte string of another length", &bytes);
  }
  std::vector<T> values(binary.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), binary.data(), binary.size());
  return values;
}

template nlohmann::json to_binary(const std::vector<float>& values);
template nlohmann::json to_binary(const std::vector<double>& values);
template nlohmann::json to_binary(const std::vector<int>& values);
template nlohmann::json to_binary(const std::vector<std::uint32_t>& values);
template std::vector<float> from_binary(const nlohmann::json& bytes);
template std::vector<double> from_binary(const nlohmann::json& bytes);
template std::vector<int> from_binary(const nlohmann::json& bytes);
template std::vector<std::uint32_t> from_binary(const nlohmann::json& bytes);

}  // namespace sylvester
