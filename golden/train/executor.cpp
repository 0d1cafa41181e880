#include "golden/train/executor.hpp"

#include "golden/train/dorefa_executor.hpp"

namespace sylvester {

std::unique_ptr<Executor> make_executor(const TrainRecipe& recipe, Backend& backend) {
  check(recipe);
  switch (recipe.mode) {
    case TrainMode::kQuantised:
      return make_quantised_executor(recipe, backend);
    case TrainMode::kPaperFloat:
      return make_paper_executor(recipe);
    case TrainMode::kInteger:  // has no executor
    case TrainMode::kDorefa:
    case TrainMode::kPdqat:
      return std::make_unique<DorefaExecutor>(recipe, backend, DorefaExecutor::Branch::kLow);
    case TrainMode::kFloat:
      break;
  }
  return make_float_executor();
}

}  // namespace sylvester
