"""docs/operations.md quotes what programs say: each line is looked for in the sources, or in librdkafka's words."""

import ctypes
import os
import re

import pytest

from tests.support.programs import REPOSITORY

PAGE = (REPOSITORY / "docs/operations.md").read_text()
SECTIONS = [PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
            for name in ("The link", "TLS and identity", "Storage")]
ROWS = [row for section in SECTIONS for row in re.findall(r"^\| (`.*?) \| .*\|$", section, re.MULTILINE)]
QUOTATIONS = sorted({line for row in ROWS for line in re.findall(r"`([^`]+)`", row)})
# What differs from case to case, and keys and values that code puts in.
PLACEHOLDER = re.compile(r"HOST(?::PORT)?|PATH|WHY|KEY|KIND|TIME|TOPIC(?:/N)?|GROUP|MODE|ALERT|PROVIDER|BROKERS"
                         r'|FEATURES|\bNAME\b|\bOTHER\b|\bN s\b|\b[ABN]\b|^\.\.\. |\((?=PROVIDER)|aws\.\w+(?: = "\w+")?'
                         r"|kafka\.(?:region(?=: )|\w+_file)")
# Where a line is put together from several texts.
SEAM = re.compile(r": |; (?=see )|, which(?: is)?(?= )|\bmay not |\bexpected (?=the host)|\bexpired? at\b")
CHARS_MIN = 8  # Of a piece that is looked for: a shorter one is found anywhere.
# What others say: Kafka's broker in the tests, OpenSSL, the system.
OF_OTHERS = {"Access denied", "Too many connects", "key values mismatch", "disk I/O error"}


def pieces(line: str) -> list[str]:
    """What is the program's own, taken apart also where it is put together from several texts."""
    parts = [part for between in PLACEHOLDER.split(line) for part in SEAM.split(between)]
    return [part.strip(' :,();"') for part in parts if len(part.strip(' :,();"')) >= CHARS_MIN]


@pytest.fixture(scope="module")
def words() -> str:
    """All text in the sources, with literals that follow each other joined; and librdkafka's own."""
    texts = []
    for folder in ("lib", "agent", "fleet"):
        for path in sorted((REPOSITORY / folder).rglob("*.cpp")):
            if not path.name.endswith("_test.cpp"):
                text = path.read_text().replace('\\"', "\x01")
                texts.append(re.sub(r'"\s*"', "", text).replace("\x01", '"'))
    library = ctypes.CDLL("librdkafka.so.1")
    library.rd_kafka_err2str.restype = ctypes.c_char_p
    texts += [os.strerror(code) for code in range(1, 134)]
    texts += [library.rd_kafka_err2str(code).decode() for code in [*range(-199, -100), *range(1, 100)]]
    return "\n".join(texts)


def nobody_says(line: str, words: str) -> list[str]:
    return [piece for piece in pieces(line) if piece not in OF_OTHERS and piece not in words]


@pytest.mark.parametrize("line", QUOTATIONS)
def test_a_line_of_the_page_is_one_of_the_programs(line, words):
    assert not nobody_says(line, words)


def test_what_nobody_says_would_be_found_out(words):
    assert nobody_says("broker not trusted: HOST:PORT: its hair is on fire", words) == ["its hair is on fire"]


def test_the_page_has_lines_to_look_for():
    assert all(len(re.findall(r"^\| `", section, re.MULTILINE)) >= 10 for section in SECTIONS)
    assert len(QUOTATIONS) >= 70
    assert len([line for line in QUOTATIONS if pieces(line)]) >= len(QUOTATIONS) - 8


FOR_PEOPLE = {"lib/kafka/tls_words.cpp": r'(?:return|,) "([a-z][^"]{15,})"',
              "lib/kafka/link_files.cpp": r'(?:=|\+) "(the cert[^"]{15,})"',
              "lib/keys/msk_relations.cpp": r'"(expected (?:with|beside) [^"]{8,}?)(?: \\")?"',
              # What a program of the fleet was about: "may not ATTEMPT", or "ATTEMPT: why".
              "lib/kafka/admin.cpp": r'(?:failed|each_done)\("([a-z ]{8,}?) ?"',
              "lib/kafka/consumer.cpp": r'"(use group|watermarks of) "',
              "lib/kafka/transactional_producer.cpp": r'"(take over the [a-z ]+|commit offsets)"'}


@pytest.mark.parametrize(("source", "marks"), FOR_PEOPLE.items())
def test_what_the_program_says_is_on_the_page(source, marks):
    """The other way round, for texts that are for people alone."""
    text = re.sub(r'(?<!\\)"\s*"', "", (REPOSITORY / source).read_text())
    said = [line.strip(" :") for line in re.findall(marks, text)]
    assert said
    for line in said:
        # The page leaves out what the line above it says as well.
        end = line.removeprefix("its certificate is ").removeprefix("says that the certificate in cert_file ")
        end = end.removeprefix("wants a client certificate; ")
        assert end.replace('\\"', '"') in PAGE, line
