"""CO-WS: what a host makes of frames while it has no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempted, must, must_be_passed_over
from conformance.connectonion.scenarios_ws_frames import (
    AFTER_NO_JSON,
    AFTER_NO_PROMPT,
    AFTER_UNSIGNED,
    BINARY_IDLE,
    IN_PARTS,
    LARGE,
    NO_JSON,
    NO_OBJECT,
    NO_PROMPT,
    NO_TEXT,
    NOT_SIGNED,
    OTHER_PATHS,
    PONG_IDLE,
    TOO_LARGE,
    UNKNOWN,
    binary,
    in_parts,
    no_json,
    no_object,
    no_prompts,
    passed_over,
    sockets_at_paths,
    too_large,
    types_that_are_no_texts,
    unsigned,
)
from conformance.connectonion.talk import CLOSE, MESSAGE
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event


@check("CO-WS-01", sockets_at_paths, cases=("the path", "a query", *OTHER_PATHS))
def test_only_one_path_is_a_websocket(seen: Seen, case: str) -> None:
    right, answer = seen.answer("the path"), seen.answer(case)
    right.must_be(101)
    if case in OTHER_PATHS:
        refused = answer.status is not None and answer.status >= 400
        answer.must(refused, f"expected a refusal of the upgrade, got {answer.shown()}")
    else:
        answer.must_be(101)


@check("CO-WS-02", no_json, cases=tuple(NO_JSON))
def test_a_text_that_is_no_json_is_an_error_and_the_connection_stays(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_error("Invalid JSON")
    attempted(seen, AFTER_NO_JSON).must_be("OUTPUT")


@check("CO-WS-03", unsigned, cases=tuple(NOT_SIGNED))
def test_an_unsigned_prompt_is_refused_and_the_connection_stays(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_refused("unauthorized")
    attempted(seen, AFTER_UNSIGNED).must_be("OUTPUT")


@check("CO-WS-13", passed_over, cases=(*UNKNOWN, "small letters"))
def test_frames_of_unknown_types_are_passed_over(seen: Seen, case: str) -> None:
    must_be_passed_over(seen, case)


@check("CO-WS-41", types_that_are_no_texts, cases=tuple(NO_TEXT))
def test_frames_whose_type_is_no_text_are_passed_over(seen: Seen, case: str) -> None:
    must_be_passed_over(seen, case)


@check("CO-WS-11", passed_over, cases=(PONG_IDLE,))
def test_a_pong_without_a_run_is_not_answered(seen: Seen, case: str) -> None:
    must_be_passed_over(seen, case)


@check("CO-WS-39", binary, cases=(BINARY_IDLE,))
def test_a_binary_frame_is_no_prompt(seen: Seen, case: str) -> None:
    must_be_passed_over(seen, case)


@check("CO-WS-40", in_parts)
def test_a_message_in_several_frames_is_read_whole(seen: Seen) -> None:
    answer = attempted(seen, IN_PARTS).must_be("OUTPUT")
    must("in parts" in str(answer.body.get("result")), "the prompt was another", answer)


@check("CO-WS-14", no_prompts, cases=(*NO_PROMPT, "a prompt beside"))
def test_a_prompt_must_stand_in_the_payload(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_error("prompt required")
    attempted(seen, AFTER_NO_PROMPT).must_be("OUTPUT")


@check("CO-WS-16", no_object, cases=tuple(NO_OBJECT))
def test_json_that_is_no_object_harms_nobody_else(seen: Seen, case: str) -> None:
    tried = attempted(seen, case)
    if tried.answer is None and not _closed(seen, case):
        raise Broken(
            "it was neither answered by an ERROR nor the end of the connection", tried.sent
        )
    if tried.answer is not None:
        tried.must_be("ERROR")
    attempted(seen, f"beside: {case}").must_be("OUTPUT", "the other connection is of no use")


@check("CO-WS-17", no_object, cases=tuple(NO_OBJECT))
def test_json_that_is_no_object_is_an_error(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be("ERROR")


@check("CO-WS-35", too_large)
def test_a_frame_above_16_mib_closes_the_connection(seen: Seen) -> None:
    twin = attempted(seen, LARGE)
    if twin.answer is None:
        raise Unmet("its twin, a frame of 1 MiB, was not answered", twin.sent)
    sent = next(seen.events_of(MESSAGE, tag=TOO_LARGE, direction=Direction.KIT))
    closed = _closed(seen, LARGE)
    if not closed:
        raise Broken("the connection stays open", sent)
    code = closed[0].data["code"]
    if code != 1009:
        raise Broken(f"the close code is {code}, not 1009", sent, *closed)


def _closed(seen: Seen, tag: str) -> list[Event]:
    return list(seen.events_of(CLOSE, tag=tag))
