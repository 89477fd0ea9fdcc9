"""Personal data goes; prices, sizes, dates and product codes stay."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.finetune.tuning.scrub import luhn, scrub

GONE = {
    "mail me at jo.doe+shop@example.co.uk please": ("email", "mail me at (email) please"),
    "jo(at)example(dot)org": ("email", "(email)"),
    "pay with 4111 1111 1111 1111, ok?": ("card", "pay with (card), ok?"),
    "amex 378282246310005": ("card", "amex (card)"),
    "to DE89 3704 0044 0532 0130 00 please": ("IBAN", "to (IBAN) please"),
    "gb82west12345698765432": ("IBAN", "(IBAN)"),
    "call +49 30 901820 tomorrow": ("phone", "call (phone) tomorrow"),
    "0044 20 7946 0958": ("phone", "(phone)"),
    "(555) 123-4567 after six": ("phone", "(phone) after six"),
    "555-123-4567": ("phone", "(phone)"),
    "it is 030/1234567": ("phone", "it is (phone)"),
    "01701234567 is mine": ("phone", "(phone) is mine"),
    "my phone is 5551234": ("phone", "my phone is (phone)"),
    "i live at 12 Baker Street, London": ("address", ""),
    "send it to 4 old mill road please": ("address", ""),
    "Musterstraße 5, 10115 Berlin": ("address", "(address)"),
    "PO Box 1234": ("address", "(address)"),
}


@pytest.mark.parametrize("text", GONE)
def test_personal_data_is_taken_out_and_named(text: str) -> None:
    kind, whole = GONE[text]
    said, found = scrub(text)
    assert found == {kind: 1}
    assert f"({kind})" in said and (not whole or said == whole)


STAYS = [
    "a red dress under $1,299.00 or 49.90",
    "between 100 and 200 euros, size 38-40-42",
    "eu 42 2/3, w32 l34, 120x80 cm, 2 x 500 ml",
    "sku 0123456789 and item no. 0171 234567, ref 030-1234567",
    "isbn 0306406152, ean 4006381333931, 9780306406157, upc 036000291452",
    "[P3] costs $29.90 and [P12] $1,439.90",
    "on 2024-05-31 at 12:30, or 31.05.2024",
    "model WH-1000XM5 and B08N5WRWNW, 0815-4711-X",
    "the baker street coat, size 38 black road shoes",
    "38 Black Road Shoes and 3 Ocean Drive Sunglasses",
    "2024 Street Style Jacket",
    "3 for 20, 1000 pieces, 4K, 1080p, 5G, 256 GB",
    "order 12345678",
    "1111 1111 1111 1112",
    "0000 0000 0000 0000",
    "in the 1990s for 2-3 people aged 30-40",
]


@pytest.mark.parametrize("text", STAYS)
def test_prices_sizes_dates_and_codes_stay(text: str) -> None:
    assert scrub(text) == (text, {})


@given(
    st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12),
    st.text(string.ascii_lowercase, min_size=2, max_size=10),
    st.sampled_from(["com", "de", "co.uk", "museum"]),
    st.sampled_from(["", "my mail: ", "write to ", "("]),
)
def test_every_mail_address_goes(name: str, host: str, end: str, before: str) -> None:
    said, found = scrub(f"{before}{name}@{host}.{end}, thanks")
    assert said == f"{before}(email), thanks" and found == {"email": 1}


@given(st.text(string.digits, min_size=14, max_size=14), st.sampled_from(["", " ", "-"]))
def test_every_visa_number_goes_and_one_with_a_slip_stays(digits: str, between: str) -> None:
    body = "4" + digits
    number = next(body + str(last) for last in range(10) if luhn(body + str(last)))
    slip = body + str((int(number[-1]) + 1) % 10)

    def grouped(plain: str) -> str:
        return between.join(plain[at : at + 4] for at in range(0, 16, 4))

    assert scrub(f"card {grouped(number)}.")[1] == {"card": 1}
    assert not luhn(slip) and scrub(f"code {grouped(slip)}.") == (f"code {grouped(slip)}.", {})


@given(st.sampled_from([("DE", 18), ("FR", 23), ("GB", 18), ("NL", 14)]), st.data())
def test_every_iban_goes(country_and_length: tuple[str, int], data: st.DataObject) -> None:
    country, length = country_and_length
    account = data.draw(st.text(string.digits, min_size=length, max_size=length))
    body = f"{account}{country}00"
    check = 98 - int("".join(str(int(char, 36)) for char in body)) % 97
    iban = f"{country}{check:02}{account}"
    for written in (iban, iban.lower(), " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))):
        assert scrub(f"iban {written} ok") == ("iban (IBAN) ok", {"IBAN": 1})


@given(st.integers(1, 998), st.integers(10**6, 10**10 - 1), st.sampled_from(["", " ", "-", "."]))
def test_every_number_with_its_country_goes(country: int, number: int, between: str) -> None:
    text = f"+{country}{between}{number}"
    assert scrub(f"ring {text} now")[1] == {"phone": 1}


@given(st.floats(0.01, 99_999.99), st.sampled_from(["${}", "{} euros", "under {}", "{}€", "rs {}"]))
def test_every_price_stays(price: float, form: str) -> None:
    for written in (f"{price:.2f}", f"{price:,.2f}", f"{price:.0f}"):
        text = form.format(written)
        assert scrub(text) == (text, {})


@given(st.from_regex(r"[A-Z]{1,4}-?[0-9]{2,8}(-[A-Z0-9]{1,4})?", fullmatch=True))
def test_every_product_code_stays(code: str) -> None:
    assert scrub(f"do you have {code}?") == (f"do you have {code}?", {})


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_was_scrubbed_is_not_scrubbed_again(text: str) -> None:
    said, _ = scrub(text)
    assert scrub(said)[0] == said
