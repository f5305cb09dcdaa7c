"""Checks a tree against the house style: `python3 -m tests.style.check ROOT` prints FILE:LINE: RULE for each break."""

import sys
from pathlib import Path

from tests.style.includes import check_includes
from tests.style.rules import FILE_RULES, check_layout
from tests.style.tree import Finding, Tree


def check_tree(root: Path) -> list[Finding]:
    tree = Tree(root)
    findings = check_includes(tree) + check_layout(tree)
    for source in tree.files:
        for rule in FILE_RULES:
            findings += rule(source)
    return sorted(findings)


def main() -> int:
    findings = check_tree(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
