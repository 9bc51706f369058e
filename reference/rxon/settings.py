"""The settings of the orchestrator: what it may be started with and what it tells of itself."""

from collections.abc import Mapping

from reference.role import Setting, count, flag, one_of, only, optional_text, seconds, text
from reference.rxon import revision

JOBS_PATH = "/api/v1/jobs/generic"

SETTINGS: Mapping[str, Setting] = {
    "token": Setting("global-secret", text),
    "client_token": Setting("client-1", text),
    "second_client_token": Setting("client-2", text),
    "individual_worker_id": Setting("individual-1", text),
    "individual_token": Setting("individual-secret", text),
    "jobs_path": Setting(JOBS_PATH, only(JOBS_PATH, text)),
    "auth_mode": Setting("mixed", one_of("mixed", "token-only", "mtls-only")),
    "poll_hold": Setting(revision.POLL_HOLD, seconds),
    "worker_ttl": Setting(revision.WORKER_TTL, seconds),
    "execution_timeout": Setting(revision.EXECUTION_TIMEOUT, seconds),
    "max_retries": Setting(revision.MAX_RETRIES, count),
    "job_retention": Setting(revision.JOB_RETENTION, seconds),
    "jobs_kept": Setting(revision.JOBS_KEPT, count),
    "rate_limiting": Setting(default=False, read=flag),
    "rate_limit_poll": Setting(revision.RATE_LIMIT_POLL, count),
    "rate_limit_heartbeat": Setting(revision.RATE_LIMIT_HEARTBEAT, count),
    "rate_limit": Setting(revision.RATE_LIMIT, count),
    "rate_limit_period": Setting(revision.RATE_LIMIT_PERIOD, seconds),
    "sts_lifetime": Setting(revision.STS_LIFETIME, seconds),
    "timestamp_window": Setting(
        revision.TIMESTAMP_WINDOW, only(revision.TIMESTAMP_WINDOW, seconds)
    ),
    "tls_cert": Setting(None, optional_text),
    "tls_key": Setting(None, optional_text),
    "tls_ca": Setting(None, optional_text),
}
