"""Whether a worker lives and whether it does its work, as answers of /healthz and /readyz.

Alive: the process answers. Ready: it owns its partitions, its states are back from the changelog, and
records that wait are being judged. A worker that answers but judges nothing is the worst failure there is,
so readiness says no then, and says why.
"""

from dataclasses import asdict, dataclass

OK, UNAVAILABLE = 200, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSight:
    """What the worker knows of itself at one moment. Times are of one steady clock, in seconds."""

    now_s: float
    joined: bool
    """It has been given an assignment by the group, possibly an empty one (a standby worker)."""
    recovering: bool
    """States are still being read back from the changelog."""
    partitions: int
    """Partition numbers it owns."""
    lag_records: int | None
    """Records that wait in its partitions; None while never measured."""
    lag_measured_s: float | None
    """When that was measured last."""
    last_progress_s: float | None
    """When it last judged a record or found that none waited; None if it never did."""
    stands_still_s: float = 0.0
    """For how long records of some partition have waited without any of that partition being judged."""
    oldest_waiting_s: float = 0.0
    """For how long at least the oldest record that is not judged has been there."""
    loop_beat_s: float | None = None
    """When its reading loop last came round; None where that is not watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a worker is not ready: a code for machines, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """An HTTP status and the JSON body that goes with it."""

    status: int
    body: dict[str, object]


def tell_liveness(version: str, rulebook_version: str) -> HealthAnswer:
    """The process runs and its event loop answers: all that a restart could mend is fine."""
    return HealthAnswer(status=OK, body={"status": "alive", "version": version, "rulebook_version": rulebook_version})


def tell_readiness(sight: WorkerSight, max_stall_s: float) -> HealthAnswer:
    """Whether the worker does its work; `max_stall_s` is how long records may wait and none be judged."""
    reasons = _reasons(sight, max_stall_s)
    return HealthAnswer(
        status=UNAVAILABLE if reasons else OK,
        body={
            "status": "not_ready" if reasons else "ready",
            "reasons": [asdict(reason) for reason in reasons],
            "partitions": sight.partitions,
            "lag_records": sight.lag_records,
            "seconds_since_progress": _age_s(sight, sight.last_progress_s),
            "oldest_waiting_s": round(sight.oldest_waiting_s, 1),
        },
    )


def _reasons(sight: WorkerSight, max_stall_s: float) -> tuple[Reason, ...]:
    if not sight.joined:
        return (Reason(code="not_assigned", text="waiting for the consumer group to assign partitions"),)
    if sight.recovering:
        return (Reason(code="recovering", text="reading patients' states back from the changelog"),)
    if not sight.partitions:
        # More workers than partitions: this one stands by, and that is as it should be.
        return ()
    return (
        *_loop_stuck(sight, max_stall_s),
        *_lag_unknown(sight, max_stall_s),
        *_stalled(sight, max_stall_s),
    )


def _loop_stuck(sight: WorkerSight, max_stall_s: float) -> tuple[Reason, ...]:
    age_s = _age_s(sight, sight.loop_beat_s)
    if age_s is None or age_s <= max_stall_s:
        return ()
    return (Reason(code="loop_stuck", text=f"the reading loop has not come round for {age_s:.0f} s"),)


def _lag_unknown(sight: WorkerSight, max_stall_s: float) -> tuple[Reason, ...]:
    age_s = _age_s(sight, sight.lag_measured_s)
    if age_s is not None and age_s <= max_stall_s:
        return ()
    since = "never since the start" if age_s is None else f"not for {age_s:.0f} s"
    text = f"the distance to the end of the input could be measured {since}; is the broker reachable?"
    return (Reason(code="lag_unknown", text=text),)


def _stalled(sight: WorkerSight, max_stall_s: float) -> tuple[Reason, ...]:
    age_s = _age_s(sight, sight.last_progress_s)
    if sight.lag_records and sight.stands_still_s > max_stall_s:
        text = (
            f"records wait in a partition of which none has been judged for {sight.stands_still_s:.0f} s; this worker "
            "ends itself if it stays so"
        )
        return (Reason(code="stalled", text=text),)
    if not sight.lag_records or (age_s is not None and age_s <= max_stall_s):
        return ()
    since = "none since the start" if age_s is None else f"none for {age_s:.0f} s"
    text = f"{sight.lag_records} records wait and {since} has been judged; restart this worker if it stays so"
    return (Reason(code="stalled", text=text),)


def _age_s(sight: WorkerSight, moment_s: float | None) -> float | None:
    return None if moment_s is None else round(max(0.0, sight.now_s - moment_s), 1)
