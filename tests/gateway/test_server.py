"""Peers as they are: patient ones and hasty ones, half-open, deaf and abusive ones, with TLS and without."""

import asyncio
import contextlib
import ssl

import pytest
import trustme

from blinwatch.gateway.server import Limits, Tls
from blinwatch.receive.hl7.framing import frame
from tests.gateway.hands import Gateway, framed, heart, listening, read_answers, until


async def test_messages_in_any_pieces_are_answered_in_order() -> None:
    gateway = Gateway()
    stream = b"".join(framed(*heart(60 + number), control=f"c-{number}") for number in range(20))
    async with listening(gateway) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start in range(0, len(stream), 37):
            writer.write(stream[start : start + 37])
            await writer.drain()
        assert await read_answers(reader, 20) == [f"MSA|AA|c-{number}" for number in range(20)]
        writer.close()
        await until(lambda: gateway.ears.counts["closed"] == 1)
    assert [event["heart_rate_bpm"] for event in gateway.kafka.events()] == [60 + number for number in range(20)]
    assert gateway.ears.counts["open"] == 0


async def test_a_slow_broker_makes_the_sender_wait_instead_of_filling_memory() -> None:
    gateway = Gateway()
    gateway.kafka.gate.clear()
    async with listening(gateway) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        message = framed(*heart(60))
        flood = asyncio.create_task(_flood(writer, message, 40_000))
        _, still = await asyncio.wait({flood}, timeout=1)
        assert still, "everything was taken although nothing had been written to Kafka"
        in_flight = sum(1 for task in asyncio.all_tasks() if "_deliver" in str(task.get_coro()))
        assert in_flight * len(message) <= 4 * 64 * 1024
        flood.cancel()
        gateway.kafka.gate.set()
        assert (await read_answers(reader, 1))[0].startswith("MSA|AA")
        writer.transport.abort()


async def _flood(writer: asyncio.StreamWriter, message: bytes, count: int) -> None:
    for _ in range(count):
        writer.write(message)
        await writer.drain()


async def test_a_peer_that_stops_inside_a_message_is_let_go_and_its_half_message_kept() -> None:
    gateway = Gateway()
    async with listening(gateway, Limits(frame_within_s=0.05)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x0bMSH|^~\\&|half")
        assert await reader.read() == b""
        writer.close()
    assert [reason for reason, _ in gateway.kafka.unread()] == ["cut_frame"]
    assert (gateway.ears.counts["half_open"], gateway.ears.counts["open"]) == (1, 0)


async def test_a_silent_peer_is_let_go() -> None:
    gateway = Gateway()
    async with listening(gateway, Limits(idle_s=0.05)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
    assert gateway.ears.counts["idle"] == 1


async def test_a_peer_that_never_reads_its_answers_is_let_go() -> None:
    gateway = Gateway()
    async with listening(gateway, Limits(answer_within_s=0.1)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        flood = asyncio.create_task(_flood(writer, framed("ZZZ|" + "x" * 100, kind="SIU^S12"), 200_000))
        await until(lambda: gateway.ears.counts["deaf"] + gateway.ears.counts["lost"] >= 1)
        flood.cancel()
        writer.transport.abort()


async def test_a_peer_that_speaks_something_else_is_cut_off_and_others_go_on() -> None:
    gateway = Gateway()
    async with listening(gateway) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        good_reader, good = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"noise\x0b" * 100)
        await until(lambda: gateway.ears.counts["abusive"] == 1)
        good.write(framed(*heart(61)))
        assert await read_answers(good_reader, 1) == ["MSA|AA|c-1"]
        good.close()
        writer.close()
        await reader.read()
    assert gateway.ears.counts["outside_frame"] + gateway.ears.counts["cut_frame"] > 20


async def test_a_message_that_is_too_long_is_refused_and_the_next_one_read() -> None:
    gateway = Gateway()
    async with listening(gateway, Limits(frame_bytes_most=2_000)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(b"x" * 300_000) + framed(*heart(61)))
        answers = await read_answers(reader, 2)
        writer.close()
    assert answers[0].startswith("MSA|AR")
    assert answers[1] == "MSA|AA|c-1"
    assert [reason for reason, _ in gateway.kafka.unread()] == ["too_large"]


async def test_more_connections_than_allowed_are_refused_without_harm_to_the_others() -> None:
    gateway = Gateway()
    async with listening(gateway, Limits(connections_most=1)) as port:
        first_reader, first = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: gateway.ears.counts["open"] == 1)
        second_reader, second = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            assert await second_reader.read() == b"", "the connection is closed"
        first.write(framed(*heart(61)))
        assert await read_answers(first_reader, 1) == ["MSA|AA|c-1"]
        first.close()
        second.close()
    assert gateway.ears.counts["too_many"] == 1


async def test_a_closing_server_lets_go_of_everybody() -> None:
    gateway = Gateway()
    async with listening(gateway) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: gateway.ears.counts["open"] == 1)
    assert await reader.read() == b""
    writer.close()
    assert gateway.ears.counts["stopped"] == 1


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def tls_of(authority: trustme.CA, folder: str, *, clients: bool = False) -> ssl.SSLContext:
    certificate, own, key = authority.issue_cert("127.0.0.1"), f"{folder}/cert.pem", f"{folder}/key.pem"
    with open(own, "wb") as file:  # noqa: PTH123 - joined below
        file.write(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    root = f"{folder}/root.pem"
    authority.cert_pem.write_to_path(root)
    return Tls(certificate=own, key=key, clients_ca=root if clients else None).context()


async def test_with_tls_a_sender_that_trusts_the_hospital_is_served(authority: trustme.CA, tmp_path: object) -> None:
    gateway, client = Gateway(), ssl.create_default_context()
    authority.configure_trust(client)
    async with listening(gateway, tls=tls_of(authority, str(tmp_path))) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        writer.write(framed(*heart(61)))
        assert await read_answers(reader, 1) == ["MSA|AA|c-1"]
        writer.close()
        await until(lambda: gateway.ears.counts["open"] == 0)


async def test_with_tls_plain_text_is_not_read(authority: trustme.CA, tmp_path: object) -> None:
    gateway = Gateway()
    async with listening(gateway, tls=tls_of(authority, str(tmp_path))) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(framed(*heart(61)))
        try:
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        writer.close()
    assert b"MSA" not in answer
    assert not gateway.kafka.records


async def _ask(port: int, trust: ssl.SSLContext) -> list[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
    writer.write(framed(*heart(60)))
    return await read_answers(reader, 1)


async def test_only_senders_with_a_certificate_of_the_hospital_are_served(
    authority: trustme.CA, tmp_path: object
) -> None:
    gateway, stranger, known = Gateway(), ssl.create_default_context(), ssl.create_default_context()
    for one in (stranger, known):
        authority.configure_trust(one)
    authority.issue_cert("engine.hospital").configure_cert(known)
    async with listening(gateway, tls=tls_of(authority, str(tmp_path), clients=True)) as port:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await _ask(port, stranger)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=known)
        writer.write(framed(*heart(61)))
        assert await read_answers(reader, 1) == ["MSA|AA|c-1"]
        writer.close()
    assert [event["heart_rate_bpm"] for event in gateway.kafka.events()] == [61]
