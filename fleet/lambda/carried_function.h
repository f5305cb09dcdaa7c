#pragma once

#include "fleet/lambda/function.h"

namespace odograph::lambda {

/// Keeps nothing: what it knows of the vehicles comes with the event and goes with the answer. Whoever calls it brings
/// the rows of the answer before along; the same event gives the same answer, however often and wherever it is asked.
class CarriedFunction final : public Function {
 public:
  explicit CarriedFunction(FunctionRules rules) : rules_(std::move(rules)) {}
  base::Result<Answer> invoke(const MskEvent& event) override;

 private:
  const FunctionRules rules_;
};

}  // namespace odograph::lambda
