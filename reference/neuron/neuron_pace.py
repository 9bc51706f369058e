"""How long a neuron waits for what: its constants, in seconds (sheet 8)."""

from dataclasses import dataclass

from reference.neuron.backoff import FIRST_DELAY

HEARTBEAT_INTERVAL = 10.0  # NEURON-NRN-HB-01
POST_TIMEOUT = 30.0
DRAIN_TIMEOUT = 30.0

# How long an unanswered progress report holds back what its handler says next. The order of frames
# is kept since they are on their way (NEURON-NRN-RESULT-10), a slow gateway does not delay the
# result much (NEURON-NRN-RESULT-13).
PATIENCE = 0.4
REPORTS_WITHIN = 1.2  # after a handler ended, for progress reports that still wait
INSISTENCE = 0.5  # after the drain timeout, for handlers that were asked to end
FAREWELL = 1.0  # after that, for answers to the last results (NEURON-NRN-STOP-08)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The intervals of one neuron."""

    heartbeat_interval: float = HEARTBEAT_INTERVAL
    reconnect_delay: float = FIRST_DELAY
    post_timeout: float = POST_TIMEOUT
    drain_timeout: float = DRAIN_TIMEOUT
