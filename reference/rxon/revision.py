"""Every RXON number and token of revision 1.0b11, each beside its source; what others change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PROTOCOL_VERSION: Final = "1.0b11"  # RXON-LSN-03, RXON-REG-02: X-RXON-Version, both directions

# What a message may look like
DEPTH_LIMIT = 100  # RXON-SER-04: containers around a value
BODY_LIMIT = 1_048_576  # RXON-LSN-04: bytes of one HTTP request body
FRAME_LIMIT = 4_194_304  # sheet 2.3: bytes of one WebSocket message, beyond it close 1009

# How long a message is believed
TIMESTAMP_WINDOW = 60.0  # RXON-SIG-13: seconds to either side, in whole seconds, inclusive
STS_LIFETIME = 3600.0  # sheet 3.8: seconds

# Timers of the orchestrator, seconds
POLL_HOLD = 30.0  # RXON-POLL-01
WORKER_TTL = 120.0  # RXON-HB-03: twice the health check interval of 60
EXECUTION_TIMEOUT = 300.0  # RXON-RES-17

# How long the orchestrator keeps a job that has ended; no peer can tell
JOB_RETENTION = 3600.0  # seconds
JOBS_KEPT = 20_000

# Timers of the worker, seconds (sheet 8)
HEARTBEAT_INTERVAL = 15.0  # RXON-HB-12
HEARTBEAT_COOLDOWN = 2.0  # RXON-HB-19
POLL_TIMEOUT = 30.0  # RXON-POLL-13
IDLE_DELAY = 0.5  # RXON-POLL-12
POLL_SLACK = 5.0  # sheet 8: an answer may come so much later than the timeout of its poll
SHUTDOWN_TIMEOUT = 30.0  # RXON-EXE-12
REGISTRATION_BACKOFF = 2.0  # RXON-REG-12: before the second try; each further wait is twice as long
POLL_BACKOFF = 1.0  # RXON-POLL-15
RESULT_BACKOFF = 1.0  # RXON-EXE-06
SOCKET_BACKOFF = 1.0  # RXON-WS-08
LONGEST_BACKOFF = 60.0  # RXON-WS-08, sheet 8
RATE_LIMIT_FLOOR = 30.0  # RXON-POLL-16: after a 429 that names no time
FIRST_ROTATION = 5.0  # RXON-AUTH-10: from registration to the first change of the token
SHORTEST_ROTATION = 60.0  # sheet 8: a token is not changed more often,
ROTATION_SHARE = 0.8  # and else when so much of its life is over

# How often
RESULT_TRIES = 5  # RXON-EXE-06
MAX_RETRIES = 3  # RXON-RES-09
RATE_LIMIT_POLL = 60  # RXON-RL-01, sheet 8
RATE_LIMIT_HEARTBEAT = 120
RATE_LIMIT = 100  # every other kind of message
RATE_LIMIT_PERIOD = 60.0  # seconds

# Reputation, sheet 5.3 and 8
REPUTATION_START = 1.0
REPUTATION_LIMIT = 1.0
REPUTATION_THRESHOLD = 0.3
REPUTATION_SUCCESS = 0.001
REPUTATION_FAILURE = -0.05
REPUTATION_CONTRACT_VIOLATION = -0.2

# Values that a message takes when it is silent, sheet 3
DEFAULT_TOKEN = "your-secret-worker-token"  # noqa: S105  RXON-AUTH-12: it signs nothing
DEFAULT_SKILL_VERSION = "1.0.0"
ANY_VERSION = "unknown"  # RXON-MAT-10: an artifact that names no version
DEFAULT_STATUS = "success"  # RXON-RES-02

# WebSocket closes, RXON-WS-04 and RXON-WS-05
CLOSE_REPLACED = (1008, "New connection established")
CLOSE_SHUTDOWN = (1001, "Server shutdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a revision says of the functions that every role needs (sheet 11.1)."""

    name: str
    depth_limit: int = DEPTH_LIMIT  # RXON-SER-04: containers around a value
    through_json: bool = False  # RXON-SER-13, RXON-SER-05: written and read before it is normalised
    keeps_null_items: bool = False  # RXON-SER-03
    sorts_members: bool = False  # on the wire too
    writes_defaults: bool = True  # of a message's members
    newer_members: bool = False  # of messages: models.NEWER
    unsigned: tuple[str, ...] = ("security",)  # RXON-SIG-02
    checks_types: bool = False  # RXON-SER-06: a value of the wrong type is refused
    identifier_limit: int | None = None  # RXON-ID-01: characters
    all_keywords: bool = False  # RXON-SCH-05: every keyword of JSON Schema is enforced
    unready: str = ""  # RXON-LSN-01: what is said with 503, and not 500, without a handler


BASELINE = Revision(name=PROTOCOL_VERSION)
NEWEST = Revision(
    name="1.0b17",
    depth_limit=30,
    through_json=True,
    keeps_null_items=True,
    sorts_members=True,
    writes_defaults=False,
    newer_members=True,
    unsigned=("security", "_signature"),
    checks_types=True,
    identifier_limit=128,
    all_keywords=True,
    unready="Service is initializing",
)
REVISIONS: Mapping[str, Revision] = {each.name: each for each in (BASELINE, NEWEST)}
