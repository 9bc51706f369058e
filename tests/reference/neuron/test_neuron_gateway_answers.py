import pytest
from aiohttp.test_utils import make_mocked_request

from reference.neuron import gateway_answers as answers
from reference.neuron.gateway_replies import Reply


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("neuronId=n1", "n1"),
        ("a=b&neuronId=n1&c", "n1"),
        ("neuronId=a%20b%2Fc%3Fd%3D%C3%A9%26x%23y%2541", "a b/c?d=é&x#y%41"),
        ("neuronId=a+b", "a+b"),
        ("neuronId=a=b", "a=b"),
        ("neuronId=first&neuronId=second", "first"),
        ("neuronId=", ""),
        ("neuronId", ""),
        ("neuronid=n1", None),
        ("neuronId=%ff", None),
        ("", None),
    ],
)
def test_a_query_is_percent_decoded_and_nothing_else(query: str, value: str | None) -> None:
    request = make_mocked_request("GET", f"/neuron/events?{query}")
    assert answers.queried(request, "neuronId") == value


def test_an_answer_is_compact_json() -> None:
    answer = answers.response(Reply(409, {"error": "é", "n": None}, {"X-A": "b"}))
    assert (answer.status, answer.content_type, answer.headers["X-A"]) == (
        409,
        "application/json",
        "b",
    )
    assert answer.body == '{"error":"é","n":null}'.encode()


def test_a_stream_is_for_nobody_to_keep() -> None:
    stream = answers.event_stream()
    assert stream.headers["Content-Type"] == "text/event-stream"
    assert stream.headers["Cache-Control"] == "no-store"
