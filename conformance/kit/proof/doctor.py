"""Whether a target and its driver are fit to be judged, found out without judging anything."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any

from conformance.kit import protocols, schemas
from conformance.kit.golden import vectors
from conformance.kit.requirements import LIBRARY
from conformance.kit.targets import drivers
from conformance.kit.targets.driver import (
    INTERNAL_ERROR,
    METHOD_NOT_FOUND,
    DriverError,
    DriverRefused,
)
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.target import open_target
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from conformance.kit.protocols import Protocol
    from conformance.kit.targets.driver import Driver
    from conformance.kit.targets.instance import Instance
    from conformance.kit.targets.target import Target
    from conformance.kit.targets.wish import Wish

    Probe = Callable[["Patient"], AsyncIterator["Finding"]]

ANSWER_WITHIN = 5.0  # seconds for one function call
BAD_CASES = 5  # known-bad vectors of an area
FRESH_INPUTS = 25  # of a method
LIFECYCLE = {
    "start": "start an instance with the settings that a conversation needs",
    "stop": "stop an instance, for conversations about restarts",
    "reset": "forget every peer and job without a restart",
}
WRONG = (
    "let the driver call the implementation's own function and hand on what it says;"
    " if it does, the implementation is wrong: see `assay vectors verify`"
)
# What no driver should die of.
GARBAGE = (
    b"this is no JSON",
    b"\xff\xfe\x00",
    b"[]",
    b"5",
    b'{"jsonrpc": "2.0", "id": "g", "method": 5}',
    b'{"jsonrpc": "2.0", "id": "g", "method": "describe", "params": "x"}',
    b"[" * 5000,
)


class Health(StrEnum):
    """What a finding means for judging the target."""

    OK = "ok"
    MISSING = "missing"  # costs coverage, visibly
    BAD = "NOT OK"


@dataclass(frozen=True, slots=True)
class Finding:
    """One probe, what it found, and what to do about it."""

    probe: str
    health: Health
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A call whose right outcome is known; of a bad input an error makes nothing good either."""

    method: str
    input: Mapping[str, Any]
    right: Mapping[str, Any]
    name: str
    bad: bool = False


@dataclass(slots=True, kw_only=True)
class Patient:
    """What is being examined; a target of functions only has a driver and no instance."""

    wish: Wish
    protocol: Protocol
    driver: Driver | None
    target: Target | None
    random: Random


async def examine(
    wish: Wish, *, seed: int, say: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Finding]:
    """Yield the findings, one a probe; raises TargetError when there is nothing to examine."""
    patient = await _admit(wish, Random(seed), say)  # noqa: S311  (inputs, not secrets)
    try:
        for probe in PROBES:
            async for finding in probe(patient):
                yield finding
    finally:
        if patient.driver is not None:
            await patient.driver.close()
        if patient.target is not None:
            await patient.target.source.close()


async def _admit(wish: Wish, random: Random, say: Callable[[str], None]) -> Patient:
    """Open the target, and a driver of its own beside it, which may die without harm."""
    driver = await _driver_of(wish, say)
    try:
        target = await open_target(wish, say=say) if _runs(wish, driver) else None
        protocol = target.protocol if target else _protocol_of(driver)
    except TargetError:
        if driver is not None:
            await driver.close()
        raise
    return Patient(wish=wish, protocol=protocol, driver=driver, target=target, random=random)


def _runs(wish: Wish, driver: Driver | None) -> bool:
    """Whether there is more than functions: something that runs or can be started."""
    return driver is None or bool(wish.driver) or driver.has("start") or "url" in driver.about


async def _driver_of(wish: Wish, say: Callable[[str], None]) -> Driver | None:
    if wish.driver:
        return await drivers.by_command(wish.driver)
    try:
        return await drivers.by_target(wish.text, say=say)
    except drivers.NoDriver:
        return None


def _protocol_of(driver: Driver | None) -> Protocol:
    name = driver.about["protocol"] if driver is not None else ""
    try:
        return protocols.get(name)
    except KeyError as error:
        raise TargetError(str(error.args[0])) from error


async def _identity(patient: Patient) -> AsyncIterator[Finding]:
    about: Mapping[str, Any] = patient.driver.about if patient.driver is not None else {}
    made = about.get("implementation", {})
    name = f"{made.get('name', '')} {made.get('version', '')}".strip()
    if patient.target is None:
        detail = f"{name}: functions of {patient.protocol.title}, nothing that runs"
        yield Finding("target", Health.OK, detail)
        return
    target = patient.target
    role = f"{target.protocol.title} {target.role.name}, revision {target.revision}"
    yield Finding("target", Health.OK, f"{name or target.title}: {role}")
    if target.revision != target.protocol.revision:
        yield Finding(
            "revision",
            Health.OK,
            f"the suites follow {target.protocol.revision}; what differs will show",
        )


async def _running(patient: Patient) -> AsyncIterator[Finding]:
    if patient.target is None:
        return
    try:
        instance = await patient.target.source.instance({})
    except (TargetError, DriverError, NotObserved) as error:
        advice = "start it by hand the same way and read what it says"
        yield Finding("start", Health.BAD, str(error), advice)
        return
    yield Finding("start", Health.OK, f"runs at {instance.url}")
    for finding in _facts(patient.target, instance):
        yield finding


def _facts(target: Target, instance: Instance) -> Iterator[Finding]:
    for fact, meaning in target.role.facts.items():
        if fact not in instance.facts:
            yield Finding(
                f"fact {fact}",
                Health.MISSING,
                f"{meaning}; what needs it is not observed",
                "say --assay-set FACT=VALUE for those that the target has",
            )


async def _methods(patient: Patient) -> AsyncIterator[Finding]:
    if patient.driver is None:
        yield Finding(
            "driver",
            Health.MISSING,
            "there is none; only what the wire shows can be judged",
            "write one (fixtures/drivers/README.md) and name it with --driver",
        )
        return
    known = {**LIFECYCLE, **_purposes(patient.protocol)}
    if patient.driver.about.get("role") == LIBRARY:  # nothing is started, and nothing is set up
        known = {name: why for name, why in known.items() if name in _rules(patient).FRESH}
    yield Finding("driver", Health.OK, ", ".join(sorted(patient.driver.about["methods"])))
    for method, purpose in known.items():
        if not patient.driver.has(method):
            yield Finding(
                f"method {method}",
                Health.MISSING,
                f"cannot {purpose}; what needs it is not observed",
            )


def _rules(patient: Patient) -> Any:
    """Return the module that knows the functions of a protocol's drivers."""
    return importlib.import_module(f"conformance.{patient.protocol.name}.vectors")


def _purposes(protocol: Protocol) -> dict[str, str]:
    """Return what the methods of a protocol's drivers are for, from their schemas."""
    parts = schemas.document(f"{protocol.name}/driver")["$defs"]
    return {
        name.removesuffix(".params"): part["description"]
        for name, part in parts.items()
        if name.endswith(".params")
    }


async def _unknown_method(patient: Patient) -> AsyncIterator[Finding]:
    if patient.driver is None:
        return
    method = f"no_such_method_{patient.random.getrandbits(32):08x}"
    advice = f"answer a method that you do not have with the error {METHOD_NOT_FOUND}"
    try:
        result = await patient.driver.call(method, within=ANSWER_WITHIN)
    except DriverRefused as refusal:
        right = refusal.code == METHOD_NOT_FOUND
        health, detail = (Health.OK if right else Health.BAD), f"refused with {refusal.code}"
    except DriverError as error:
        health, detail = Health.BAD, str(error)
    else:
        health, detail = Health.BAD, f"{method} was answered with {result!r}"
    yield Finding("unknown method", health, detail, "" if health is Health.OK else advice)


async def _known_bad(patient: Patient) -> AsyncIterator[Finding]:
    for path in vectors.files(patient.protocol.name):
        file = vectors.load(path)
        followed = patient.driver.about.get("revision", "") if patient.driver is not None else ""
        bad = [
            Question(case.method, case.input, case.expected, name=case.id, bad=True)
            for case in (each.at(followed) for each in file.cases)
            if case.result is vectors.Result.INVALID and case.package is None
        ]
        chosen = patient.random.sample(bad, min(BAD_CASES, len(bad)))
        if patient.driver is not None and chosen and patient.driver.has(chosen[0].method):
            yield await _asked(f"bad {file.area}", patient.driver, chosen)


async def _fresh(patient: Patient) -> AsyncIterator[Finding]:
    rules = _rules(patient)
    for method, make in rules.FRESH.items():
        if patient.driver is not None and patient.driver.has(method):
            inputs = [make(patient.random) for _ in range(FRESH_INPUTS)]
            questions = [
                Question(method, each, vectors.outcome(rules.ANSWERS[method](each)), name=str(each))
                for each in inputs
            ]
            yield await _asked(f"fresh {method}", patient.driver, questions)


async def _asked(probe: str, driver: Driver, questions: list[Question]) -> Finding:
    """Ask until an answer is wrong."""
    for question in questions:
        try:
            got = await driver.call(question.method, within=ANSWER_WITHIN, **question.input)
        except DriverRefused as refusal:
            if question.bad and refusal.code == INTERNAL_ERROR:
                continue
            return Finding(probe, Health.BAD, f"{question.name}: {refusal}", WRONG)
        except DriverError as error:
            return Finding(probe, Health.BAD, f"{question.name}: {error}", WRONG)
        if vectors.difference(question.right, got):
            detail = f"{question.name}: {got!r}, but right is {question.right!r}"
            return Finding(probe, Health.BAD, detail, WRONG)
    return Finding(probe, Health.OK, f"{len(questions)} of {len(questions)} right")


async def _garbage(patient: Patient) -> AsyncIterator[Finding]:
    if patient.driver is None:
        return
    advice = "answer what is no request with the error -32700 or -32600, then go on reading"
    for line in GARBAGE:
        try:
            await patient.driver.disturb(line)
            await patient.driver.call("describe", within=ANSWER_WITHIN)
        except (DriverError, DriverRefused) as error:
            yield Finding("garbage", Health.BAD, f"after {line[:60]!r}: {error}", advice)
            return
    yield Finding("garbage", Health.OK, f"{len(GARBAGE)} lines survived")


PROBES: tuple[Probe, ...] = (
    _identity,
    _running,
    _methods,
    _unknown_method,
    _known_bad,
    _fresh,
    _garbage,
)
