"""Optuna's pruners and its TPE sampler, for comparison.

studies-optuna.py prune FILE    FILE: {"kind": "asha"|"median", "grace", "reduction", "startup", "maximise", "parallel", "values": [[...], ...]}
                                prints how many steps each trial makes when trials run `parallel` at a time, a step each in turn
studies-optuna.py tpe FUNCTION REPETITIONS TRIALS
                                prints the median over the seeds of the least value that TPE finds
"""
import json
import math
import statistics
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def prune(case):
    if case["kind"] == "asha":
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=case["grace"], reduction_factor=case["reduction"])
    else:
        pruner = optuna.pruners.MedianPruner(n_startup_trials=case["startup"], n_warmup_steps=case["grace"])
    study = optuna.create_study(direction="maximize" if case["maximise"] else "minimize", pruner=pruner)
    values = case["values"]
    steps = [0] * len(values)
    waiting = list(range(len(values)))
    running = []
    while waiting or running:
        while waiting and len(running) < case["parallel"]:
            number = waiting.pop(0)
            running.append((number, study.ask()))
        number, trial = running.pop(0)
        steps[number] += 1
        trial.report(values[number][steps[number] - 1], steps[number])
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        elif steps[number] == len(values[number]):
            study.tell(trial, values[number][-1])
        else:
            running.append((number, trial))
    return steps


def branin(x):
    return (x[1] - 5.1 / (4 * math.pi ** 2) * x[0] ** 2 + 5 / math.pi * x[0] - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann6(x):
    alpha = [1, 1.2, 3, 3.2]
    a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    p = [[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
         [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]]
    return -sum(alpha[i] * math.exp(-sum(a[i][j] * (x[j] - p[i][j]) ** 2 for j in range(6))) for i in range(4))


def rosenbrock(x):
    return math.log10(1e-9 + sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(3)))


FUNCTIONS = {"Branin": (branin, [(-5, 10), (0, 15)]), "Hartmann6": (hartmann6, [(0, 1)] * 6), "Rosenbrock": (rosenbrock, [(-2, 2)] * 4)}


def tpe(name, repetitions, trials):
    function, box = FUNCTIONS[name]
    best = []
    for seed in range(repetitions):
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True))
        study.optimize(lambda trial: function([trial.suggest_float(f"x{i}", *bounds) for i, bounds in enumerate(box)]), n_trials=trials)
        best.append(study.best_value)
    return statistics.median(best)


if sys.argv[1] == "prune":
    with open(sys.argv[2]) as file:
        print(json.dumps([prune(case) for case in json.load(file)]))
else:
    print(json.dumps(tpe(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
