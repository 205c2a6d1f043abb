"""AE-LEAK: weight, albumin, hypotension, effusion."""

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.adverse_events.capillary_leak import judge_capillary_leak, weight_gain
from blinwatch.core.adverse_events.judge import EventVerdict
from tests.core.adverse_events.support import at, labs, points, weights

RULEBOOK = load_rulebook()
STEADY = ((-24.0, 70.0), (0.0, 70.0))


def leak(
    *,
    albumin: float | None = 40,
    hypotension: bool | None = False,
    effusion: bool | None = False,
    weighed: tuple[tuple[float, float], ...] = STEADY,
    hours: float = 1,
) -> EventVerdict:
    laboratory = labs(RULEBOOK, hours, *(() if albumin is None else (("albumin", 0, albumin),)))
    return judge_capillary_leak(
        laboratory, weights(RULEBOOK, *weighed).weights, hypotension=hypotension, effusion=effusion
    )


def test_no_sign_is_no_capillary_leak() -> None:
    judged = leak()
    assert (judged.code, judged.score, judged.missing) == ("CAPILLARY_LEAK_NONE", 0, ())


@pytest.mark.parametrize("albumin,score", [(30, 0), (29.9, 1)])
def test_albumin_below_30_is_a_sign(albumin: float, score: int) -> None:
    assert leak(albumin=albumin).score == score


@pytest.mark.parametrize("kg,score", [(73.49, 0), (73.5, 1)])
def test_a_weight_gain_of_five_percent_is_a_sign(kg: float, score: int) -> None:
    assert leak(weighed=((-24, 70), (0, kg))).score == score


@pytest.mark.parametrize("hours,score", [(-72, 1), (-72.01, 0)])
def test_the_gain_is_measured_within_72_h(hours: float, score: int) -> None:
    assert leak(weighed=((hours, 70), (-24, 74), (0, 74))).score == score


@pytest.mark.parametrize("hours,known", [(24, True), (24.001, False)])
def test_a_weight_is_the_present_one_for_24_h(hours: float, *, known: bool) -> None:
    gain = weight_gain(weights(RULEBOOK, *STEADY).weights, at(hours), RULEBOOK.adverse_events)
    assert (gain is not None) is known


def test_one_weight_says_nothing_of_a_gain() -> None:
    assert leak(weighed=((0, 70),)).missing == ("two weights within 72 h",)
    assert leak(weighed=()).missing == ("two weights within 72 h",)


@pytest.mark.parametrize(
    "signs,code",
    [
        ({"albumin": 25}, "CAPILLARY_LEAK_NONE"),
        ({"albumin": 25, "hypotension": True}, "CAPILLARY_LEAK"),
        ({"albumin": 25, "effusion": True}, "CAPILLARY_LEAK"),
        ({"hypotension": True, "effusion": True}, "CAPILLARY_LEAK"),
        ({"weighed": ((-24, 70), (0, 75)), "effusion": True}, "CAPILLARY_LEAK"),
        ({"hypotension": True}, "CAPILLARY_LEAK_NONE"),
    ],
)
def test_two_signs_are_a_capillary_leak(signs: dict[str, float], code: str) -> None:
    assert leak(**signs).code == code  # type: ignore[arg-type]


def test_what_is_missing_is_named_and_two_known_signs_are_told_all_the_same() -> None:
    judged = leak(albumin=None, hypotension=None, effusion=None, weighed=())
    assert judged.code == "CAPILLARY_LEAK_NOT_EVALUABLE"
    assert len(judged.missing) == 4
    judged = leak(albumin=None, hypotension=True, effusion=True)
    assert (judged.code, judged.flags) == ("CAPILLARY_LEAK", ("INCOMPLETE",))


def test_an_albumin_older_than_24_h_is_missing() -> None:
    assert leak(albumin=20, hours=24).score == 1
    assert leak(albumin=20, hours=24.001).missing == ("two weights within 72 h", "albumin")


def test_the_parts_are_shown() -> None:
    assert set(points(leak())) == {"weight gain in 72 h", "albumin", "hypotension", "new effusion or oedema"}


def test_each_sign_that_is_there_is_told_and_no_other() -> None:
    assert leak(weighed=((-24, 70), (0, 73.5))).because == ("weight up by 5 % within 72 h (AE-LEAK)",)
    assert leak(albumin=25).because == ("albumin 25 g/L, below 30 (AE-LEAK)",)
    assert leak(hypotension=True, effusion=True).because == (
        "hypotension (AE-LEAK)",
        "new effusion or oedema (AE-LEAK)",
    )
    assert leak().because == ("no sign of capillary leak (AE-LEAK)",)
