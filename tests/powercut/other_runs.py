"""Rot and full disks, for docs/durability.md: `rot.json` as GoogleTest writes it of Salvage/RandomDamage.*, and
`fulldisk-KIND.json` of tests/fulldisk."""

_DAMAGES = {"OneBit": "one bit", "SectorOfGarbage": "a sector of garbage", "ZeroedPage": "a page of zeros",
            "CutShort": "cut short, to half at the least"}
FILE_SYSTEMS = ("tmpfs", "ext4")


def render(runs: dict[str, dict]) -> dict[str, str]:
    """The text of each part of the page for which there are figures, by the name in its marker."""
    parts = {"rot": _rot_table(runs["rot"])} if "rot" in runs else {}
    full = [runs.get(f"fulldisk-{kind}") for kind in FILE_SYSTEMS]
    return parts | {"full": _full_line(full)} if all(full) else parts


def _rot_table(report: dict) -> str:
    found = {test["name"].rpartition("/")[2]: test for suite in report["testsuites"] for test in suite["testsuite"]}
    first = found["OneBit"]
    head = (f"| one place damaged, {int(first['chunks']):,} chunks in {int(first['bytes']) / 1e6:.1f} MB | trials | "
            f"salvaged, mean | least | ordered scan, mean | least |")
    rows = [f"| {words} | {found[name]['trials']} | " + " | ".join(
        f"{float(found[name][what]):.2f} %" for what in ("mean", "least", "scan_mean", "scan_least")) + " |"
        for name, words in _DAMAGES.items()]
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _full_line(full: list[dict]) -> str:
    both = " and ".join(f"{run['commits']:,} on {kind}" for kind, run in zip(FILE_SYSTEMS, full, strict=True))
    return f"Commits while not a byte was free, none refused: {both}."


def sample() -> dict[str, dict]:
    numbers = dict.fromkeys(["chunks", "bytes", "trials", "mean", "least", "scan_mean", "scan_least"], "1")
    tests = [{"name": f"Leaves/{name}", **numbers} for name in _DAMAGES]
    return {"rot": {"testsuites": [{"testsuite": tests}]},
            **{f"fulldisk-{kind}": {"commits": 1} for kind in FILE_SYSTEMS}}
