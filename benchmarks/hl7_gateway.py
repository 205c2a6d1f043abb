"""How many HL7 messages a second one gateway takes: `python -m benchmarks.hl7_gateway`.

The gateway runs in a process of its own on the embedded broker, which is quicker than a real one to acknowledge. Each
of the connections sends a monitor's snapshot (PCD-01, eight observations) after another and waits for answers as the
protocol allows; every answer must be AA. The sender's own work takes a part of the same cores.
"""

import argparse
import asyncio
import time

from blinwatch.simulate.mllp_sender import MllpSender
from tests.gateway.test_gateway_end_to_end import gateway
from tests.receive.hl7.told import BPM, CELSIUS, MMHG, PERCENT, PID, message_text, obx
from tests.support.embedded import catalogue_broker

SIGNALS = (
    ("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM),
    ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "97", PERCENT),
    ("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "88", BPM),
    ("151562^MDC_RESP_RATE^MDC", "16", "264928^MDC_DIM_RESP_PER_MIN^MDC"),
    ("150344^MDC_TEMP^MDC", "37.2", CELSIUS),
    ("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "118", MMHG),
    ("150038^MDC_PRESS_BLD_ART_ABP_DIA^MDC", "71", MMHG),
    ("150039^MDC_PRESS_BLD_ART_ABP_MEAN^MDC", "86", MMHG),
)


def snapshot(patient: int, number: int) -> tuple[str, str]:
    """A message and its control id; no two are alike, so that none counts as a repetition."""
    control_id = f"{patient}-{number}-{time.time_ns()}"
    lines = [obx(code, value, unit, f"1.1.1.{place}") for place, (code, value, unit) in enumerate(SIGNALS, start=1)]
    pid = PID.replace("pt-1", f"pt-{patient}")
    return message_text(pid, "OBR|1|||x", *lines, control=control_id, sent=""), control_id


async def send(port: int, connections: int, messages: int) -> float:
    """Messages a second."""
    senders = [MllpSender() for _ in range(connections)]
    for sender in senders:
        await sender.connect("127.0.0.1", port)

    async def one(patient: int, sender: MllpSender) -> None:
        for number in range(messages):
            text, control_id = snapshot(patient, number)
            await sender.send(text, control_id)
        await sender.answered()

    started_s = time.perf_counter()
    await asyncio.gather(*(one(patient, sender) for patient, sender in enumerate(senders)))
    taken_s = time.perf_counter() - started_s
    for sender in senders:
        await sender.close()
    return connections * messages / taken_s


def main() -> None:
    """Measure three times; the first warms up."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--messages", type=int, default=1500, help="of each connection")
    chosen = options.parse_args()
    with catalogue_broker() as broker, gateway(broker.bootstrap) as port:
        for _ in range(3):
            rate = asyncio.run(send(port, chosen.connections, chosen.messages))
            print(f"{chosen.connections} connections: {rate:,.0f} messages/s, all answered AA")


if __name__ == "__main__":
    main()
