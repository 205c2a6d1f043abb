"""What holds for every test: reproducible properties, no settings of the machine it runs on."""

import os
import time

from hypothesis import HealthCheck, settings

PREFIX = "BLINWATCH_"

# "ci" is the default for everybody: the same examples every time, so that a red test is red for all.
# HYPOTHESIS_PROFILE=dev searches new examples and more of them; a find becomes an ordinary test.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile(
    "dev",
    derandomize=False,
    deadline=None,
    max_examples=1000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# A developer's own settings and time zone must neither help nor hurt. Chatham (UTC+12:45) makes any use of
# local time wrong by an amount that no rule could hide.
for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()
