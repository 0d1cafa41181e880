#include "golden/continual/learner.hpp"

namespace sylvester {

std::unique_ptr<Learner> make_learner(const TrainSettings& settings, Backend& backend) {
  switch (settings.recipe.mode) {
    case TrainMode::kInteger:
      return make_integer_learner(settings, backend);
    case TrainMode::kPdqat:
      return make_pdqat_learner(settings, backend);
    case TrainMode::kFloat:
    case TrainMode::kQuantised:
    case TrainMode::kPaperFloat:
    case TrainMode::kDorefa:
      break;
  }
  return make_float_learner(settings, backend);
}

}  // namespace sylvester
