"""FHIR resources to a server (`PUT type/id`), or to the topic fhir.resources.v1.

Ids are made from ours and a resource is whole, so putting it again changes nothing.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from blinwatch.deliver.fhir.resources_of import fhir_records_of, resources_of
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.forward.http_posts import new_client, send
from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.targets_file import FhirTarget, TargetsFileError, secret

MEDIA_TYPE = "application/fhir+json"
Put = Callable[[OutputRecord], Awaitable[None]]
"""Writes a record; done when every in-sync replica has it."""


class FhirServer:
    """A server that lets us name what we put there."""

    def __init__(self, target: FhirTarget) -> None:
        self._target = target
        self._client = new_client(target.ca_file)

    async def deliver(self, letter: Letter) -> str:
        """Put each of its resources, in their order."""
        resources = resources_of(letter)
        for resource in resources:
            await self._put(resource)
        return f"{len(resources)} resources"

    async def _put(self, resource: dict[str, Any]) -> None:
        headers = {"content-type": MEDIA_TYPE, "accept": MEDIA_TYPE, "prefer": "return=minimal"}
        if self._target.token_file is not None:
            try:
                headers["authorization"] = f"Bearer {secret(self._target.token_file)}"
            except TargetsFileError as error:
                raise NotTakenError(str(error)) from None
        url = f"{self._target.url}/{resource['resourceType']}/{resource['id']}"
        request = self._client.build_request("PUT", url, content=orjson.dumps(resource), headers=headers)
        await send(self._client, request)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


class FhirTopic:
    """fhir.resources.v1."""

    def __init__(self, put: Put) -> None:
        self._put = put

    async def deliver(self, letter: Letter) -> str:
        """Write each of its resources."""
        records = fhir_records_of(letter)
        for record in records:
            await self._put(record)
        return f"{len(records)} records"

    async def close(self) -> None:
        """Nothing is held."""
