"""The evidence that rules read: every name with its meaning; a test fails when a rule reads another.

Whoever runs a step measures, and hands over what it has: a rule whose ``needs`` are not all there is skipped.
All values are numbers, texts, booleans, or tuples and mappings of them; "per seed" and "per epoch": tuples.
"""

from __future__ import annotations

from nnbabysit.core.diagnosis.data_checks import DATA_EVIDENCE

TASK_EVIDENCE: dict[str, str] = {
    "task": "classification, binary, multilabel or regression",
    "loss_name": "the config's loss: cross_entropy, hinge, bce, mse or an import path",
    "num_outputs": "outputs of the model: classes, labels or target columns (1 for binary)",
}

SANITY_EVIDENCE: dict[str, str] = {
    "initial_losses": "data loss of the untrained network in eval mode, penalties off, per seed",
    "expected_loss": "what guessing costs: ln C, ln 2, the variance of the targets, C − 1",
    "prior_loss": "entropy of the class prior, what guessing by frequency costs; None if there is none",
    "zero_output_loss": "optional: loss when every output is 0; above expected_loss where targets are not "
    "centered",
    "random_output_loss": "optional: loss of answers at random, as wide as usual initializations give",
    "sanity_tolerance": "sanity.tolerance: largest relative distance of the initial loss from expected_loss",
    "init_scheme": "optional: model.init.scheme, or None if the network initializes itself",
    "initial_cost": "cost with every penalty off",
    "regularized_cost": "cost of the same weights and samples with l2 = regularization_strength",
    "penalty": "that penalty alone: beside a large loss it would be lost to rounding",
    "weight_matrices": "number of weight matrices that are trained",
    "regularization_strength": "sanity.regularization: the cranked-up λ",
    "gradient_norms": (
        "parameter → largest gradient norm over the first few steps, None if it never got a gradient, nan "
        "or inf if one was not finite; several steps, because behind a layer that starts at 0 the first "
        "gradient is 0"
    ),
    "parameter_changes": "parameter → largest |change| of an entry after those steps of the configured "
    "optimizer",
    "batch_dependence": (
        "eval mode: largest |change| of one sample's output when the other samples of the batch are "
        "replaced, divided by the largest |output|"
    ),
    "outputs_are_probabilities": "whether every row of the untrained outputs is ≥ 0 and sums to 1 within "
    "0.001",
}

TINY_EVIDENCE: dict[str, str] = {
    "tiny_losses": "data loss of the tiny set, per epoch, from the first to the last",
    "tiny_accuracy": "accuracy on the tiny set after the last epoch; None for regression",
    "tiny_max_loss": "loss under which the tiny set counts as learned, in units of the loss",
    "tiny_constant_loss": (
        "what the best answer that ignores the input costs: entropy of the tiny set's labels, for "
        "regression the variance of its targets; None where there is no closed form (hinge, own losses)"
    ),
    "tiny_lr": "learning rate of the run",
    "tiny_lr_path": "optimizer.lr, or overfit_tiny.optimizer.lr where that is set",
    "tiny_tried": "optional: what the same run gave at other learning rates: {'x10': final loss, '÷10': "
    "final loss, …}",
    "tiny_tried_everywhere": "optional: the same for whether every weight matrix changed by a hundredth",
    "tiny_faults": "optional: (cause, remedy) of each fault of the structure that no learning rate mends",
    "tiny_tried_accuracies": "optional: the same for the final accuracy; None for regression",
}

SEARCH_EVIDENCE: dict[str, str] = {
    "search_axis": "config path of an axis with the best trial near its end; one set of these per such axis",
    "search_low": "lower end of the range",
    "search_high": "upper end of the range",
    "search_best": "value of the best trial",
    "search_side": "low or high",
    "search_wider": "(low, high) of a wider range to try",
    "search_kind": "optional: log_uniform, uniform or int",
    "search_stage": "optional: coarse or fine",
    "search_space": "optional: all axes of the space, as a config writes them, where the config does not",
    "trial_states": "complete, diverged, stopped or failed, per trial",
    "trial_lrs": "optional: learning rate per trial, in the order of trial_states",
}

RUN_EVIDENCE: dict[str, str] = {
    "chance_loss": "what guessing evenly costs, as expected_loss",
    "prior_loss": "what guessing by class frequency costs; chance_loss if there is no class prior",
    "train_losses": "mean data loss of the training batches, per epoch",
    "train_accuracies": "accuracy on the training batches as they were trained on, per epoch; absent for "
    "regression",
    "val_accuracies": "accuracy on validation, per epoch; absent for regression",
    "train_bar": "optional: accuracy on training above which it tells more than answering with the most "
    "frequent class: its share plus one standard error (Yardstick.bar)",
    "val_bar": "optional: the same on validation",
    "unpredicted": "classes of validation that the best weights never answer with, in words; empty if there "
    "are none, or only such as are too rare to be missed",
    "first_cost": "optional: cost at the initial weights",
    "target_mean": "mean of the training targets (of several columns, the one farthest from 0 in "
    "deviations); absent unless regression",
    "target_std": "their standard deviation",
    "stopped": "why the run had to stop (diverged), or empty",
    "first_nonfinite": "what was first not finite, such as 'training loss in epoch 3'; empty if nothing was",
    "inputs_finite": "optional, once something was not: whether all training samples are finite",
    "lr": "learning rate of the first epoch",
    "lr_path": "config path of the learning rate",
    "l2": "optional: regularization.l2",
    "update_ratios": "weight matrix → ‖ΔW‖/‖W‖ of one optimizer step, per epoch",
    "dead_units": (
        "ReLU layer → share of units (channels of a convolution: no position) that are active on under 1 "
        "% of the samples looked at, per epoch"
    ),
    "dead_units_initial": "optional: the same before the first step, one number per layer",
}

EVIDENCE: dict[str, str] = {
    **DATA_EVIDENCE,
    **TASK_EVIDENCE,
    **SANITY_EVIDENCE,
    **TINY_EVIDENCE,
    **SEARCH_EVIDENCE,
    **RUN_EVIDENCE,
}
