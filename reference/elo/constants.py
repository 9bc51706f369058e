"""Numbers of the protocol, and who says so."""

PROTOCOL = "elo.v1"  # sheet 1.1: in tasks, results and events
VERSION = "0.5.1"  # what a hello tells
DEFAULT_PORT = 7878

DIAL_WITHIN = 10.0  # seconds, sheet 8
ACK_WITHIN = 5.0  # seconds, ELO-HELLO-24
HELLO_WITHIN = 30.0  # seconds; ELO-FRAME-22 says only that there is an end
HEARTBEAT_INTERVAL = 30.0  # seconds, ELO-LIFE-01
IDLE_LIMIT = 90.0  # seconds, ELO-LIFE-03
RESULT_WITHIN = 30.0  # seconds, ELO-ROUTE-11
QUERY_WITHIN = 5.0  # seconds, ELO-ROUTE-05
QUERY_MEMORY = 60.0  # seconds, ELO-ROUTE-16
RATE_LIMIT = 100  # messages, ELO-RATE-01
RATE_WINDOW = 60.0  # seconds, ELO-RATE-05
DHT_LIFE = 3600.0  # seconds of a published record, ELO-DHT-11
HELLO_PAUSE = 60.0  # seconds, ELO-RATE-06
TASK_QUERY_TTL = 5  # ELO-ROUTE-03
DISCOVERY_TTL = 3  # ELO-ROUTE-24
DEFAULT_TTL = 5  # of a query that tells none, sheet 3.3
RETURN_PAUSE = 1.0  # seconds before a lost tracker is dialled again, ELO-TRK-11
LONGEST_PAUSE = 30.0  # seconds, as in elo-node 0.6.0
TASK_TTL = 60  # seconds, ELO-TASK-17: unless the caller says otherwise
