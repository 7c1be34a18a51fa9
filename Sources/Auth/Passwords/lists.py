#!/usr/bin/env python3
"""Makes Lists/common-passwords.txt and Lists/words.txt anew, from the packages that Lists/SOURCES.md names.

    lists.py WORDLIST_PROBABLE_TXT WORDFREQ_DATA_FOLDER

    apt-get download wifite && dpkg-deb --extract wifite_*.deb wifite
    python3 -m venv tools && tools/bin/pip install wordfreq==3.1.1
    tools/bin/python lists.py wifite/usr/share/dict/wordlist-probable.txt \\
        tools/lib/python3.11/site-packages/wordfreq/data

Lines are folded as `FoldedPassword` folds what is typed, and stand in the order of their bytes: the
service searches the files where they lie.
"""

import gzip
import pathlib
import sys
import unicodedata

import msgpack

LISTS = pathlib.Path(__file__).parent / "Lists"
LANGUAGES = ("nl", "nb", "en")
# Of each language, the most frequent words of at least so many letters.
WORDS, SHORTEST_WORD = 10_000, 4
# No shorter password is accepted.
SHORTEST_PASSWORD = 8
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})


def folded(text):
    marks = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in marks if unicodedata.category(c) != "Mn").translate(LETTERS)


def write(name, lines):
    lines = sorted({line.encode() for line in lines})
    (LISTS / name).write_bytes(b"".join(line + b"\n" for line in lines))
    print(f"{name}: {len(lines)} lines")


def frequent(folder, language):
    with gzip.open(folder / f"large_{language}.msgpack.gz") as file:
        # A header, then the words of each frequency, the highest first.
        steps = msgpack.load(file, raw=False)[1:]
    words = (folded(word) for step in steps for word in step if word.isalpha())
    kept = [word for word in words if word.isascii() and len(word) >= SHORTEST_WORD]
    return list(dict.fromkeys(kept))[:WORDS]


def main(passwords, frequencies):
    with open(passwords, encoding="utf-8") as file:
        common = (folded(line.rstrip("\r\n")) for line in file)
        write("common-passwords.txt", (line for line in common if len(line) >= SHORTEST_PASSWORD))
    write("words.txt", (w for l in LANGUAGES for w in frequent(pathlib.Path(frequencies), l)))
    for line in (LISTS / "favourites.txt").read_text(encoding="utf-8").splitlines():
        strange = [w for w in line.split() if w != folded(w) or not (w.isascii() and w.isalpha())]
        if not line.startswith("#") and strange:
            sys.exit(f"favourites.txt: not folded: {strange}")


if __name__ == "__main__":
    main(*sys.argv[1:])
