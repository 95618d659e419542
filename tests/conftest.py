"""What every test shares: no setting of the machine that runs it, and nothing that calls out."""

import os

# Before the first import of a library that reads the environment when it is imported.
for _name in [_name for _name in os.environ if _name.startswith("PRAKERJA_")]:
    del os.environ[_name]
os.environ |= {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
