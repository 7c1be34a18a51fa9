"""Random numbers of a format, valid and invalid, and what somebody else's code says of each.

    number_formats.py FORMAT COUNT SEED

Prints a line a number: the number as somebody might type it, a tab, `valid` or `invalid`, a tab, and what
python-stdnum says of it: `valid`, `invalid`, or `-` where it does not know the format or the rule. What
stdnum lacks is computed here, in another way than the service does.
"""

import datetime
import random
import re
import sys

from stdnum import damm
from stdnum.nl import bsn, postcode
from stdnum.no import fodselsnummer


def verdict(is_valid):
    return "valid" if is_valid else "invalid"


def spaced(text):
    """With a space or a hyphen here and there."""
    return "".join(c + (random.choice((" ", "-")) if random.random() < 0.1 else "") for c in text)


def damaged(text, alphabet):
    """One character replaced, two swapped, one lost or one too many."""
    text, place = list(text), random.randrange(len(text))
    match random.randrange(4):
        case 0:
            text[place] = random.choice(alphabet)
        case 1:
            other = random.randrange(len(text))
            text[place], text[other] = text[other], text[place]
        case 2:
            del text[place]
        case 3:
            text.insert(place, random.choice(alphabet))
    return "".join(text)


def digits(count):
    return "".join(random.choice("0123456789") for _ in range(count))


def customer_number():
    payload = digits(9)
    number = payload + damm.calc_check_digit(payload)
    if random.random() < 0.5:
        number = damaged(number, "0123456789")
    says = damm.is_valid(number)
    return spaced(number), verdict(says and len(number) == 10 and number[0] != "0"), "-" if (
        len(number) != 10 or number[0] == "0") else verdict(says)


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Powers of the generator 2 in GF(32): the product of 2^i and 2^k is 2^(i+k).
POWERS = [1]
for _ in range(30):
    POWERS.append((POWERS[-1] << 1) ^ (0x25 if POWERS[-1] & 16 else 0))


def check_symbol(payload):
    total = 0
    for weight, symbol in enumerate(payload, start=1):
        value = ALPHABET.index(symbol)
        if value:
            total ^= POWERS[(weight + POWERS.index(value)) % 31]
    return ALPHABET[total]


def super_pin():
    payload = "".join(random.choice(ALPHABET) for _ in range(15))
    pin = payload + check_symbol(payload)
    if random.random() < 0.5:
        pin = damaged(pin, ALPHABET + "U")
    is_valid = len(pin) == 16 and "U" not in pin and check_symbol(pin[:15]) == pin[15]
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(random.choice(alike.get(c, c + c.lower())) for c in pin)
    return spaced(typed), verdict(is_valid), "-"


def norwegian():
    day, month = random.randrange(0, 33), random.randrange(0, 14)
    day += random.choice((0, 0, 40))
    month += random.choice((0, 0, 0, 40, 80))
    number = f"{day:02}{month:02}{digits(5)}"
    first = int(fodselsnummer.calc_check_digit1(number))
    # From 2032 on, the sum may leave 1, 2 or 3 as well.
    first = (first + random.choice((0, 0, 0, 1, 2, 3, 4))) % 11
    number += str(first % 10)
    number += fodselsnummer.calc_check_digit2(number)[0]
    if random.random() < 0.3:
        number = damaged(number, "0123456789")
    is_valid, says = False, "-"
    if len(number) == 11:
        is_valid = norwegian_is_valid(number)
        says = verdict(fodselsnummer.is_valid(number))
        if is_valid and says == "invalid" and beyond_stdnum(number):
            says = "-"
    return spaced(number), verdict(is_valid), says


def norwegian_parts(number):
    day, month = int(number[:2]), int(number[2:4])
    day -= 40 if day > 40 else 0
    month -= 80 if month > 80 else 40 if month > 40 else 0
    return day, month, int(number[4:6])


def exists(year, month, day):
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def first_rest(number):
    return int(number[9]) - int(fodselsnummer.calc_check_digit1(number))


def norwegian_is_valid(number):
    if first_rest(number) % 11 > 3 or number[10] != fodselsnummer.calc_check_digit2(number):
        return False
    day, month, year = norwegian_parts(number)
    return any(exists(century + year, month, day) for century in (1900, 2000))


def beyond_stdnum(number):
    """Numbers for tests, those of 2032, and those whose digits tell no century or the other one."""
    if int(number[2:4]) > 80 or first_rest(number) != 0:
        return True
    try:
        return fodselsnummer.get_birth_date(number) > datetime.date.today()
    except fodselsnummer.InvalidComponent:
        return True


def dutch():
    payload = digits(8)
    rest = sum((9 - i) * int(d) for i, d in enumerate(payload)) % 11
    number = payload + str(rest % 10)
    if random.random() < 0.3:
        number = damaged(number, "0123456789")
    if len(number) == 9 and number[0] == "0" and random.random() < 0.5:
        number = number[1:]
    is_valid = 8 <= len(number) <= 9 and bsn.is_valid(number)
    return spaced(number), verdict(is_valid), verdict(is_valid)


def dutch_postcode():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    code = digits(4) + random.choice(("", " "))
    code += random.choice(("SA", "SD", "SS", "SE", random.choice(letters) + random.choice(letters)))
    if random.random() < 0.3:
        code = damaged(code, letters + "0123456789")
    # stdnum leaves out spaces wherever they are, and a country before them.
    is_spelled = re.fullmatch(r"\d{4} ?[A-Z]{2}", code.strip(" ")) is not None
    is_valid = is_spelled and postcode.is_valid(code)
    return random.choice((code, code.lower())), verdict(is_valid), verdict(is_valid)


def norwegian_postcode():
    code = digits(random.choice((3, 4, 4, 4, 5)))
    if random.random() < 0.2:
        code = damaged(code, "O -0123456789")
    is_valid = re.fullmatch(r"(?!0000)[0-9]{4}", code.strip(" ")) is not None
    return code, verdict(is_valid), "-"


FORMATS = {
    "customer-number": customer_number,
    "super-pin": super_pin,
    "national-number-no": norwegian,
    "national-number-nl": dutch,
    "postcode-nl": dutch_postcode,
    "postcode-no": norwegian_postcode,
}

if __name__ == "__main__":
    make, count = FORMATS[sys.argv[1]], int(sys.argv[2])
    random.seed(sys.argv[3])
    for _ in range(count):
        print(*make(), sep="\t")
