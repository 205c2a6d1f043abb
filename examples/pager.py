"""A pager: calls once for each alert that asks for somebody now. python pager.py BROKER; needs aiokafka."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str) -> None:
    """Follow the alerts; commit a record only when its call is out."""
    topic, called = "alerts.lifecycle.v1", set()
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker, group_id="pager", enable_auto_commit=False) as records:
        async for record in records:
            headers, told = dict(record.headers), json.loads(record.value)
            call = headers["ce_id"]  # of a record with page: yes it is another than of one without
            if headers["page"] == b"yes" and call not in called:
                late = f", told {headers['delay-s'].decode()} s late" if headers["delivery"] == b"late" else ""
                when = f"{headers['priority'].decode()} {told['occurred_at']}{late}"
                print(f"CALL {when}: {told['alert']['summary']}", flush=True)
                called.add(call)
            elif told["transition"] in {"acknowledged", "resolved"}:
                print(f"STOP {told['alert_id']}: {told['transition']}", flush=True)
            await records.commit()


asyncio.run(main(sys.argv[1]))
