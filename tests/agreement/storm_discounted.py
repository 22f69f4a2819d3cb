"""Exact discounted values by Storm, for test_storm_discounted.py. Run by hand, with a Python that has stormpy 2.0.0:

    python tests/agreement/storm_discounted.py

Storm refuses exact discounted rewards, so the discount g is an event: with probability 1 - g every choice leads to a
sink, and the expected total reward until then, in rational arithmetic, is the discounted value.
"""

import json
import sys
from fractions import Fraction
from pathlib import Path

import stormpy
from stormpy.datastructures import SparseMatrixBuilder
from stormpy.models import SparseMdp, SparseModelComponents, SparseRewardModel, StateLabeling

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from storm_models import N_MODELS, DiscountedModel, make_model, small_discount  # noqa: E402  # after the path


def rational(number: Fraction) -> stormpy.Rational:
    """The same number as Storm's rational."""
    return stormpy.Rational(f"{number.numerator}/{number.denominator}")


def storm_values(model: DiscountedModel, direction: str) -> list[Fraction]:
    """The value of every node, ``direction`` max or min."""
    n = len(model.choices)
    builder = SparseMatrixBuilder[stormpy.Rational](has_custom_row_grouping=True)
    row = 0
    for node in model.choices:
        builder.new_row_group(row)
        for choice in node:
            for successor, probability in sorted(choice.items()):
                builder.add_next_value(row, successor, rational(model.discount * probability))
            builder.add_next_value(row, n, rational(1 - model.discount))
            row += 1
    builder.new_row_group(row)
    builder.add_next_value(row, n, rational(Fraction(1)))
    labels = StateLabeling(n + 1)
    labels.add_label("end")
    labels.add_label_to_state("end", n)
    rewards = [*map(rational, model.reward), rational(Fraction(0))]
    parts = SparseModelComponents[stormpy.Rational](
        transition_matrix=builder.build(),
        state_labeling=labels,
        reward_models={"reward": SparseRewardModel[stormpy.Rational](optional_state_reward_vector=rewards)},
    )
    formula = stormpy.parse_properties(f'R{{"reward"}}{direction}=? [F "end"]')[0]
    mdp = SparseMdp[stormpy.Rational](parts)
    found = stormpy.model_checking(mdp, formula, environment=stormpy.environments.exact())
    return [Fraction(str(found.get_value(u))) for u in range(n)]


def main() -> None:
    """Write the values of all models."""
    small = small_discount()
    document = {
        "source": f"Storm by stormpy {stormpy.__version__}, rational arithmetic, discount as termination; "
        "tests/agreement/storm_discounted.py",
        "small_discount": {way: str(storm_values(small, way)[0]) for way in ("max", "min")},
        "values": [[str(x) for x in storm_values(make_model(seed), "max")] for seed in range(N_MODELS)],
    }
    target = HERE / "data" / "storm_discounted.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
