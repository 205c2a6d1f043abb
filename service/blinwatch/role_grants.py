"""Grants the roles on real brokers, as Kafka's access control lists; granting twice changes nothing.

aiokafka's admin client knows the request and offers no method for it, so it is sent by hand. Nothing is taken away.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest

from blinwatch.catalogue_check import BrokerError, admin_client
from blinwatch.roles import Grant

RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
OPERATIONS = {
    "read": 3,
    "write": 4,
    "create": 5,
    "alter": 7,
    "describe": 8,
    "describe_configs": 10,
    "alter_configs": 11,
}
LITERAL, PREFIXED, ALLOW = 3, 4, 3
"""Kafka's own numbers (its protocol guide, CreateAcls)."""
ANY_HOST = "*"


async def grant(bootstrap: str, principal: str, grants: Iterable[Grant]) -> int:
    """Allow a principal all of this; how many grants the brokers have taken. Raises `BrokerError`."""
    count = 0
    async with admin_client(bootstrap) as admin:
        client: Any = admin
        for one in grants:
            request = CreateAclsRequest(
                RESOURCES[one.kind],
                one.name,
                PREFIXED if one.is_prefix else LITERAL,
                principal,
                ANY_HOST,
                OPERATIONS[one.operation],
                ALLOW,
            )
            try:
                response = await client._send_to_controller(request)  # noqa: SLF001 - there is no public way
            except KafkaError as error:
                raise BrokerError(f"the broker at {bootstrap} knows no grants: {type(error).__name__}") from error
            for code, message in response.creation_responses:
                if code:
                    why = message or getattr(for_code(code), "description", "")
                    raise BrokerError(f"the broker refuses to grant {one.operation} on {one.kind} {one.name}: {why}")
            count += 1
    return count
