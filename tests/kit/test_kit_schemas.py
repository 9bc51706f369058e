from __future__ import annotations

import json

import jsonschema
import pytest

from conformance.kit import schemas

OWN = sorted(path.name.removesuffix(".schema.json") for path in schemas.path("x").parent.iterdir())


@pytest.mark.parametrize("name", OWN)
def test_every_schema_is_one(name: str) -> None:
    document = json.loads(schemas.path(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$schema"].endswith("/2020-12/schema")
    assert document["title"]


def test_a_problem_names_the_place_and_the_deepest_first() -> None:
    known = {"known": [{"id": 7, "verdict": "fail", "says": "x", "reason": "y"}], "more": 1}
    assert schemas.problem("baseline", "", known).startswith("$.known[0].id: 7 is not")
    assert len(schemas.problems("baseline", "", known)) == 2


def test_no_problem_is_no_text() -> None:
    assert schemas.problem("baseline", "", {}) == ""
    schemas.check("baseline", "", {}, error=ValueError, about="it")


def test_a_broken_value_is_an_error_of_the_callers_kind() -> None:
    with pytest.raises(LookupError, match=r"this file: \$\.known: 3 is not of type 'array'"):
        schemas.check("baseline", "", {"known": 3}, error=LookupError, about="this file")


def test_parts_are_known_by_name() -> None:
    assert schemas.knows("driver", "describe.result")
    assert not schemas.knows("driver", "fly.result")
    assert not schemas.knows("absent/driver", "describe.result")
