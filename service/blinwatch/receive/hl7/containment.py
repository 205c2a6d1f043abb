"""Where in a device an observation was made: MDS (the device), VMD (a module), channel; and whose serial numbers.

Source:    IHE PCD TF-2, OBX-4 dotted notation `mds.vmd.channel.metric[.facet]`, OBX-18 device identifier.
Caveats:   a level that is absent counts as 0, the level above itself. A sender that writes no OBX-4 has one device.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from blinwatch.receive.hl7.message import Segment

Path = tuple[int, int, int]
LEVEL_MOST = 1_000_000
"""No device has more modules; a longer number is no containment but something else in OBX-4."""
NAME_MOST = 64
"""An EUI-64 has 16 characters, a UDI of a device some 50."""
_DEVICE_CODES = ("MDC_DEV_", "MDC_DEVICE")


@dataclass(frozen=True, slots=True)
class Devices:
    """Device identifiers by place in the containment tree."""

    at: Mapping[Path, str]
    sender: str
    """MSH-3: who speaks, where no device says its own name."""

    def of(self, path: Path, own: str = "") -> tuple[str, ...]:
        """The devices of an observation, innermost first, each once."""
        mds, vmd, channel = path
        places = ((mds, vmd, channel), (mds, vmd, 0), (mds, 0, 0))
        named = [own, *(self.at.get(place, "") for place in places), self.sender]
        return tuple(dict.fromkeys(one for one in named if one))


def path_of(obx: Segment) -> Path:
    """Device, module and channel of an observation."""
    levels: list[int] = []
    for part in obx.text(4).split(".")[:3]:
        if not part.isascii() or not part.isdigit() or int(part[:8]) > LEVEL_MOST:
            break
        levels.append(int(part[:8]))
    mds, vmd, channel = (*levels, 0, 0, 0)[:3]
    return mds, vmd, channel


def is_container(obx: Segment) -> bool:
    """A line that only says that a device, module or channel is there."""
    return not obx.raw(5) and (obx.text(3, 2).startswith(_DEVICE_CODES) or not obx.raw(2))


def own_device(obx: Segment, field: int = 18) -> str:
    """An EI as one name: identifier, and its namespace or universal id so that two makers' serial 1 stay apart."""
    identifier = obx.text(field)[:NAME_MOST]
    space = (obx.text(field, 3) or obx.text(field, 2))[:NAME_MOST]
    return f"{identifier}@{space}" if identifier and space else identifier


def read_devices(observations: Iterable[Segment], header: Segment) -> Devices:
    """The identifiers that the containers of a message carry."""
    at = {path_of(obx): name for obx in observations if is_container(obx) and (name := own_device(obx))}
    return Devices(at, own_device(header, 3))
