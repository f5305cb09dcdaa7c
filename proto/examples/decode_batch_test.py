"""Runs decode_batch.py on the golden batches of lib/wire and compares with the lines that our own code wrote of them.

Usage: decode_batch_test.py PROTOC SOURCE_DIR. Exit code 77 (skipped) without python3-protobuf or
python3-zstandard, which in CI is a failure.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROTOC, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLE = SOURCE / "proto/examples/decode_batch.py"
GOLDENS = sorted((SOURCE / "lib/wire/testdata").glob("golden_*.bin"))


def decoded(path, generated):
    lines = subprocess.run([sys.executable, EXAMPLE, path], env={**os.environ, "PYTHONPATH": generated}, check=True,
                           timeout=60, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


class DecodeBatch(unittest.TestCase):
    def test_reads_what_our_own_code_reads(self):
        self.assertGreaterEqual(len(GOLDENS), 4)
        with tempfile.TemporaryDirectory() as generated:
            subprocess.run([PROTOC, f"--proto_path={SOURCE}", f"--python_out={generated}",
                            "proto/raw/record_batch.proto"], check=True, timeout=60, cwd=SOURCE)
            for path in GOLDENS:
                expected = [json.loads(line) for line in path.with_suffix(".jsonl").read_text("utf-8").splitlines()]
                with self.subTest(path.name):
                    self.assertEqual(decoded(path, generated), expected)

    def test_fits_on_one_page(self):
        self.assertLess(len(EXAMPLE.read_text().splitlines()), 50)


if __name__ == "__main__":
    try:
        import google.protobuf  # noqa: F401
        import zstandard  # noqa: F401
    except ImportError as missing:
        print(f"skipped: {missing}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(argv=sys.argv[:1])
