// Test vectors as JSON (docs/numerics.md section 10): jobs with the fields that a realisation of
// the contract must give.
//
// A file is {"rule": id, "made_by": "golden" | "numpy", "cases": [...]}. A case holds its kind, its
// input fields and an object "expected"; the kind and the inputs may also stand one level apart
// ("kind" once in the file, inputs in an object "inputs").
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// What checking a file found.
struct VectorReport {
  int checked = 0;                      ///< cases compared
  std::map<std::string, int> skipped;   ///< cases by rule or kind that golden does not have
  std::vector<std::string> mismatches;  ///< one sentence each
};

/// Every function throws UserError if a file or a case is malformed.
nlohmann::json read_vectors(const std::string& path);

/// The name under which golden skips this case ("nibble", "rescale"), or "".
std::string skipped_as(const nlohmann::json& file, const nlohmann::json& vector_case);

/// The expected fields of a case, as golden computes them: the reference cells and the vectorised
/// kernels both, which must agree.
nlohmann::json expected_fields(const nlohmann::json& file, const nlohmann::json& vector_case);

/// Compares every case that golden implements with its expected fields.
VectorReport check_vectors(const nlohmann::json& file, const std::string& name);

/// Adds (or replaces) the expected fields of all cases that golden implements and sets `made_by`.
void fill_vectors(nlohmann::json& file);

/// The committed vectors: file name -> file. Deterministic in the seed.
std::map<std::string, nlohmann::json> make_vectors(std::uint64_t seed);

/// Path and values of the first difference, "" if every expected field is there and equal.
std::string first_difference(const nlohmann::json& expected, const nlohmann::json& computed);

/// Jobs in the field names of section 10.
nlohmann::json to_json(const Scale& scale);
nlohmann::json to_json(const PrepareRecipe& recipe);
nlohmann::json to_json(const AccumulateRecipe& recipe);
nlohmann::json to_json(const PrepareJob& job);
nlohmann::json to_json(const GemmJob& job);
nlohmann::json to_json(const PreparedOperand& operand);  ///< the expected fields of `prepare`
nlohmann::json to_json(const GemmResult& result);        ///< the expected fields of `gemm`
Scale scale_from_json(const nlohmann::json& value);
PrepareRecipe prepare_recipe_from_json(const nlohmann::json& recipe);
AccumulateRecipe accumulate_recipe_from_json(const nlohmann::json& in);
PrepareJob prepare_job_from_json(const nlohmann::json& inputs);
GemmJob gemm_job_from_json(const nlohmann::json& inputs);

}  // namespace sylvester
