"""`./dev eta`: how good are the arrival times of odograph-fleet on days that it has not seen, beside simpler ways?"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.eta import baselines, delays
from tests.eta.dataset import DAYS, HELD_OUT, SETS, load, truth, write
from tests.eta.drive import Trip
from tests.eta.predictions import Predictions
from tests.eta.scores import Pair, Score, add_band, pairs_of, score

ROOT = Path(__file__).resolve().parents[2]
OURS, FRESH = "odograph-fleet eta-replay", "the same, nothing learnt before"
HELD_NAMES = {"held": ("learn", HELD_OUT), "tune": ("early", range(9, 12))}
LEARN_DAYS = {"learn": range(12), "early": range(9)}


def replay(program: Path, arguments: list[str], out: Path) -> None:
    with out.open("w") as lines:
        done = subprocess.run([str(program), "eta-replay", *arguments], stdout=lines, stderr=subprocess.PIPE, text=True,
                              check=False)
    if done.returncode:
        raise SystemExit(f"eta: {program.name} eta-replay failed: {done.stderr[-3000:]}")


def predict_ours(folder: Path, program: Path, kind: str, held: str) -> dict[str, Predictions]:
    learn = HELD_NAMES[held][0]
    results = folder / "results"
    results.mkdir(exist_ok=True)
    profile = results / f"{learn}-{kind}.profile"

    def files(name: str) -> list[str]:
        trips, positions = folder / f"{name}-trips.jsonl.gz", folder / f"{name}-{kind}.jsonl.gz"
        return ["--trips", str(trips), "--positions", str(positions)]

    learnt, fresh = results / f"{held}-{kind}.jsonl", results / f"{held}-{kind}-fresh.jsonl"
    replay(program, [*files(learn), "--learn", str(profile)], Path(os.devnull))
    replay(program, [*files(held), "--profile", str(profile)], learnt)
    replay(program, files(held), fresh)
    return {OURS: Predictions(learnt), FRESH: Predictions(fresh)}


def predict_others(kind: str, learn: list[tuple[int, Trip]], pairs: list[Pair]) -> dict[str, list[float | None]]:
    tracks = [(day, baselines.Track(kind, trip)) for day, trip in learn]
    learnt, by_kind = baselines.Learnt(tracks), baselines.Learnt(tracks, baselines.kind_of_day)
    told: dict[str, list[float | None]] = defaultdict(list)
    for _, of_trip in _by_trip(pairs):
        for name, values in baselines.predict(learnt, by_kind, baselines.Track(kind, of_trip[0].trip),
                                               of_trip).items():
            told[name] += values
    return told


def _by_trip(pairs: list[Pair]):
    trips: dict[str, list[Pair]] = {}
    for pair in pairs:
        trips.setdefault(pair.trip.name, []).append(pair)
    return trips.items()


def score_set(folder: Path, program: Path, kind: str, held: str) -> dict[str, Score]:
    days = load(folder)
    learn_name, held_days = HELD_NAMES[held]
    learn = [(day, trip) for day in LEARN_DAYS[learn_name] for trip in days[day]]
    pairs = pairs_of({day: days[day] for day in held_days})
    results = {name: score(pairs, told) for name, told in predict_others(kind, learn, pairs).items()}
    for name, predictions in predict_ours(folder, program, kind, held).items():
        told = [predictions.at(pair) for pair in pairs]
        results[name] = score(pairs, [one and max(0.0, one[1]) for one in told])
        add_band(results[name], pairs, [one and (one[0], one[2]) for one in told])
    return results


def tell_delays(folder: Path, tool: Path, kind: str, held: str) -> delays.Told:
    days = load(folder)
    learn_name, held_days = HELD_NAMES[held]
    mine = {day: days[day] for day in held_days}
    ratio = delays.promise({day: days[day] for day in LEARN_DAYS[learn_name]})
    trips = folder / f"{held}-{kind}-promised.jsonl.gz"
    delays.write_promised(folder / f"{held}-trips.jsonl.gz", trips, mine, ratio)
    return delays.told(mine, ratio, delays.alerts_of(
        tool, folder / "results" / f"{kind}-rules.toml", [folder / f"{learn_name}-trips.jsonl.gz", trips],
        [folder / f"{name}-{kind}.jsonl.gz" for name in (learn_name, held)]))


def table(kind: str, results: dict[str, Score]) -> str:
    any_score = next(iter(results.values()))
    lines = [f"{kind} positions, {any_score.pairs} pairs",
             f"{'':34} {'MAPE':>6} {'MAE':>6} {'P90':>6} {'bias':>6} {'bench':>6}  {'0-3':>5} {'3-6':>5} {'6-10':>5} "
             f"{'10-15':>5}  {'P10-P90':>8}",
             f"{'':34} {'%':>6} {'s':>6} {'s':>6} {'s':>6} {'%':>6}  {'':>5} {'':>5} {'':>5} {'':>5}  {'%':>8}"]
    for name, one in results.items():
        inside = "" if one.inside is None else f"{one.inside:8.1f}"
        missing = f"  {one.missing} missing" if one.missing else ""
        buckets = " ".join(f"{share:5.1f}" for share in one.buckets)
        lines.append(f"{name:34} {one.mape:6.2f} {one.mae_s:6.1f} {one.p90_s:6.0f} {one.bias_s:6.1f} "
                     f"{one.benchmark:6.1f}  {buckets}  {inside}{missing}")
    return "\n".join(lines)


def verdicts(results: dict[str, Score]) -> dict[str, bool]:
    ours, fresh = results[OURS], results[FRESH]
    profiles = [results[name] for name in ("segment x time-of-day profile", "the same by kind of day")]
    others = [results[name] for name in baselines.NAMES]
    return {
        "better than every other, MAPE and MAE": all(ours.mape < one.mape and ours.mae_s < one.mae_s for one in others),
        "10 % better than either plain profile, MAPE": ours.mape <= 0.9 * min(one.mape for one in profiles),
        "77 to 83 % between P10 and P90": 77 <= ours.inside <= 83,
        "nothing learnt, still better than the plan": all(
            fresh.mape < results[name].mape and fresh.mae_s < results[name].mae_s for name in ("plan", "timetable")),
        "a prediction wherever a position had come": max(ours.missing, fresh.missing) <= profiles[0].missing,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev eta", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "eta", help="where data is made and kept")
    parser.add_argument("--json", type=Path, help="file for the numbers (default: FOLDER/results/scores.json)")
    parser.add_argument("--tune", action="store_true",
                        help="learn from days 0-8 and score days 9-11: what choices of constants may look at")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    program = Path(os.environ.get("ODOGRAPH_BIN", ROOT / "build" / "dev" / "bin")) / "odograph-fleet"
    folder = options.folder.resolve()
    print("eta: simulating, or taking what was simulated before", file=sys.stderr)
    days = truth(folder, options.jobs)
    held = "tune" if options.tune else "held"
    learn_name, held_days = HELD_NAMES[held]
    write(folder, learn_name, {day: days[day] for day in LEARN_DAYS[learn_name]})
    write(folder, held, {day: days[day] for day in held_days})
    with concurrent.futures.ProcessPoolExecutor(min(options.jobs, len(SETS))) as pool:
        waiting = {kind: pool.submit(score_set, folder, program, kind, held) for kind in SETS}
        results = {kind: one.result() for kind, one in waiting.items()}
        tool = program.parents[1] / "tests/odograph_tests_eta_delays"
        waiting = {kind: pool.submit(tell_delays, folder, tool, kind, held) for kind in SETS}
        late = {kind: one.result() for kind, one in waiting.items()}
    told = {}
    for kind, scores in results.items():
        print(table(kind, scores), end="\n\n")
        told[kind] = {"scores": {name: dataclasses.asdict(one) | {"benchmark": one.benchmark}
                                 for name, one in scores.items()}, "verdicts": verdicts(scores),
                      "delays": dataclasses.asdict(late[kind])}
        told[kind]["verdicts"] |= delays.verdicts(late[kind])
        for claim, holds in told[kind]["verdicts"].items():
            print(f"{'yes' if holds else 'NO':>4}  {kind}: {claim}")
        print()
    print(delays.table(late), end="\n\n")
    path = options.json or folder / "results" / "scores.json"
    path.write_text(json.dumps({"days": DAYS, "held_out": list(held_days), "sets": told}, indent=1) + "\n")
    print(f"eta: the numbers are in {path}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
