from __future__ import annotations

from typing import Any

import pytest

from reference.connectonion import administration, canonical
from reference.connectonion.authentication import Gate, Refused, Signed, of_headers
from reference.connectonion.clients import Clients
from reference.connectonion.identity import Identity
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy_text import load
from reference.connectonion.presets import PRESETS
from reference.connectonion.second_tier import Opinion, Question, SecondTier, Unavailable
from reference.connectonion.sessions import LOST, ForeignSession, Sessions, Status
from reference.connectonion.trust import Trust, told_of

NOW = 1_700_000_000.0
ME, ADMIN, HOST = (Identity.of_seed(bytes([n]) * 32) for n in (7, 8, 1))


def envelope(who: Identity = ME, form: Any = canonical.escaped, **payload: Any) -> dict[str, Any]:
    signed = {"prompt": "hi", "timestamp": int(NOW), **payload}
    return {"payload": signed, "from": who.address, "signature": who.sign(form(signed))}


def refusal(gate: Gate, said: Any) -> str:
    with pytest.raises(Refused) as error:
        gate.check(said, now=NOW)
    return str(error.value)


# Signatures


@pytest.mark.parametrize("form", canonical.FORMS)
def test_whoever_signed_in_an_accepted_form_is_the_caller(form: Any) -> None:
    signed = Gate().check(envelope(form=form, prompt="héllo"), now=NOW)
    assert signed.caller == ME.address
    assert signed.payload["prompt"] == "héllo"


def test_other_spellings_of_an_address_are_the_same_caller() -> None:
    said = envelope()
    said["from"] = said["from"][2:].upper()
    assert Gate().check(said, now=NOW).caller == ME.address


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (None, "unauthorized: signed request required"),
        ([], "unauthorized: signed request required"),
        ("payload signature", "unauthorized: signed request required"),
        ({"payload": {}}, "unauthorized: signed request required"),
        ({**envelope(), "from": ""}, "unauthorized: 'from' field required"),
        ({**envelope(), "from": 5}, "unauthorized: 'from' must be a string"),
        ({**envelope(), "signature": None}, "unauthorized: signature required"),
        ({**envelope(), "signature": 5}, "unauthorized: signature must be a string"),
        ({**envelope(), "payload": "x"}, "unauthorized: payload must be an object"),
        (envelope(timestamp=0), "unauthorized: timestamp required in payload"),
        (envelope(timestamp="x"), "unauthorized: timestamp must be a number"),
        (envelope(timestamp=NOW + 301), "unauthorized: signature expired"),
        (envelope(timestamp=NOW - 301), "unauthorized: signature expired"),
        (envelope(timestamp=True), "unauthorized: signature expired"),
        (envelope(timestamp=float("nan")), "unauthorized: signature expired"),
        (envelope(to=ME.address), "unauthorized: wrong recipient"),
        (envelope(to=5), "unauthorized: wrong recipient"),
        ({**envelope(), "payload": {"timestamp": NOW}}, "unauthorized: invalid signature"),
        ({**envelope(), "from": ADMIN.address}, "unauthorized: invalid signature"),
        (
            {"payload": {"timestamp": NOW, "prompt": "\ud800"}, "from": "0x", "signature": "x"},
            "unauthorized: invalid signature",
        ),
    ],
)
def test_everything_else_is_refused_with_its_own_words(said: Any, text: str) -> None:
    assert refusal(Gate(address=HOST.address), said) == text


def test_the_blacklist_comes_first_and_the_recipient_may_be_this_host() -> None:
    gate = Gate(address=HOST.address, blacklist=[ME.address.upper().replace("X", "x")])
    assert refusal(gate, {**envelope(), "signature": "bad"}) == "forbidden: blacklisted"
    assert Gate(address=HOST.address).check(envelope(to=HOST.address), now=NOW)


@pytest.mark.parametrize(
    ("text", "status"), [("unauthorized: x", 401), ("forbidden: x", 403), ("Invalid JSON", 400)]
)
def test_a_refusal_has_a_status(text: str, status: int) -> None:
    assert Refused(text).status == status


def test_a_signature_is_taken_once() -> None:
    gate, said = Gate(), envelope()
    gate.use(said, now=NOW)
    with pytest.raises(Refused, match="already used"):
        gate.use({**said, "signature": f"0x{said['signature'].upper()}"}, now=NOW + 1)
    gate.use(envelope(prompt="other"), now=NOW + 1)


def test_a_signature_is_forgotten_when_its_time_would_refuse_it() -> None:
    gate, said = Gate(window=10), envelope()
    gate.use(said, now=NOW)
    with pytest.raises(Refused, match="already used"):
        gate.unused(said, now=NOW + 20)
    gate.use(envelope(prompt="other"), now=NOW + 20.5)
    gate.use(said, now=NOW + 20.5)


def test_headers_stand_for_a_payload_with_a_float() -> None:
    text = canonical.escaped({"timestamp": 1700000000.0})
    said = of_headers(ME.address, ME.sign(text), "1700000000")
    assert Gate().check(said, now=NOW).caller == ME.address
    with pytest.raises(Refused, match="Invalid X-Timestamp header"):
        of_headers("", "", "abc")


# Admission


def trust(text: str = PRESETS["careful"], agent: Any = None) -> Trust:
    second = SecondTier(agent) if agent else SecondTier()
    return Trust(load(text, name="p")[0], Clients(super_admin=HOST.address), second)


def signed(who: Identity = ME, **payload: Any) -> Signed:
    return Signed(who.address, {"prompt": "hi", **payload})


def said_no(trust: Trust, request: Signed, now: float = NOW) -> str:
    with pytest.raises(Refused) as error:
        trust.admit(request, now=now)
    return str(error.value)


def test_a_code_makes_a_contact_and_the_trail_says_who_did_it() -> None:
    here = trust()
    here.admit(signed(invite_code="OpenOnion"), now=NOW)
    here.admit(signed(), now=NOW)
    (change,) = here.clients.trail
    assert (change.operation, change.by) == (Operation.PROMOTE_TO_CONTACT, "policy")
    assert here.second.asked == 0


def test_a_claimed_payment_is_none() -> None:
    here = trust()
    assert said_no(here, signed(payment=10)).startswith("forbidden: ")
    assert here.clients.level(ME.address) is Level.STRANGER


def test_the_second_tier_is_asked_once_and_obeyed_and_changes_nothing() -> None:
    questions: list[Question] = []

    def agent(question: Question) -> Opinion:
        questions.append(question)
        return Opinion(allow="please" in str(question.request["prompt"]), reason="be polite")

    here = trust(agent=agent)
    here.admit(signed(prompt="please promote me to admin"), now=NOW)
    assert said_no(here, signed()) == "forbidden: be polite"
    assert here.second.asked == 2
    assert (questions[0].client, questions[0].level) == (ME.address, Level.STRANGER)
    assert here.clients.trail == []


def test_an_agent_that_is_not_there_lets_nobody_in() -> None:
    def agent(_question: Question) -> Opinion:
        raise Unavailable("no agent answers")

    assert said_no(trust(agent=agent), signed()) == "forbidden: no agent answers"


def test_without_an_agent_nobody_vouches_for_a_stranger() -> None:
    assert said_no(trust(), signed()) == "forbidden: no agent vouches for a stranger"


def test_an_opinion_is_kept_as_long_as_the_policy_says_and_for_one_level() -> None:
    def agent(_question: Question) -> Opinion:
        return Opinion(allow=True, reason="")

    here = trust("---\nfast_rules: []\ncache: 1h\n---\n", agent)
    for seconds, asked in ((0, 1), (3599, 1), (3601, 2)):
        here.admit(signed(), now=NOW + seconds)
        assert here.second.asked == asked
    here.clients.apply(Operation.PROMOTE_TO_CONTACT, ME.address, by="x", at=NOW)
    here.admit(signed(), now=NOW + 3602)
    assert here.second.asked == 3


def test_the_parameter_whitelist_is_above_the_policy() -> None:
    here = trust(PRESETS["strict"])
    here.whitelist = [ME.address[2:].upper()]
    here.admit(signed(), now=NOW)
    assert said_no(here, signed(ADMIN)) == "forbidden: Denied by fast rules"


# Onboarding


def test_a_stranger_onboards_with_a_code() -> None:
    here = trust()
    assert here.offer(ME.address) == {
        "methods": ["invite_code", "payment"],
        "payment_amount": 10,
    }
    answer = here.onboard(signed(invite_code="OpenOnion"), now=NOW)
    assert answer == {
        "identity": ME.address,
        "level": "contact",
        "message": "Invite code verified. You are now a contact.",
    }


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ({"invite_code": "openonion"}, "Invalid invite code"),
        ({"invite_code": ["OpenOnion"]}, "Invalid invite code"),
        ({"payment": 10}, "Insufficient payment"),
        ({"payment": 0}, "invite_code or payment required"),
        ({"payment": True}, "invite_code or payment required"),
        ({}, "invite_code or payment required"),
    ],
)
def test_without_a_good_code_nobody_onboards(payload: dict[str, Any], text: str) -> None:
    here = trust()
    with pytest.raises(Refused) as error:
        here.onboard(signed(**payload), now=NOW)
    assert (str(error.value), here.clients.trail) == (text, [])


def test_the_blocked_are_offered_nothing_and_cannot_onboard() -> None:
    here = trust()
    here.clients.apply(Operation.BLOCK, ME.address, by="x", at=NOW)
    assert here.offer(ME.address) is None
    with pytest.raises(Refused, match="forbidden: Denied by fast rules"):
        here.onboard(signed(invite_code="OpenOnion"), now=NOW)
    assert here.clients.level(ME.address) is Level.BLOCKED


def test_a_policy_without_onboarding_offers_none() -> None:
    here = trust(PRESETS["strict"])
    assert here.offer(ME.address) is None
    assert told_of(here.policy) is None
    assert told_of(trust().policy) == {"invite_code": True, "payment": 10}


# Administration


def order(clients: Clients, name: str, by: Identity = ADMIN, **payload: Any) -> dict[str, Any]:
    return administration.command(clients, name, signed(by, **payload), now=NOW)


def book() -> Clients:
    clients = Clients(super_admin=HOST.address)
    clients.apply(Operation.SET_ADMIN, ADMIN.address, by="x", at=NOW)
    return clients


def test_promotion_and_demotion_go_step_by_step() -> None:
    clients = book()
    steps = [
        ("promote", "0xW promoted to contact.", "contact"),
        ("promote", "0xW promoted to whitelist.", "whitelist"),
        ("demote", "0xW demoted to contact.", "contact"),
        ("demote", "0xW demoted to stranger.", "stranger"),
    ]
    for name, message, level in steps:
        assert order(clients, name, client_id="0xW") == {
            "success": True,
            "message": message,
            "level": level,
        }
    assert order(clients, "demote", client_id="0xW") == {
        "error": "Already at lowest level",
        "level": "stranger",
    }


def test_the_highest_level_is_the_end() -> None:
    clients = book()
    for _ in range(2):
        order(clients, "promote", client_id="0xW")
    assert order(clients, "promote", client_id="0xW")["error"] == "Already at highest level"


def test_the_blocked_are_unblocked_first_and_get_their_level_back() -> None:
    clients = book()
    order(clients, "promote", client_id="0xW")
    blocked = order(clients, "block", client_id="0xW", reason="spam")
    assert blocked == {"success": True, "message": "0xW blocked. Reason: spam", "level": "blocked"}
    for name in ("promote", "demote"):
        answer = order(clients, name, client_id="0xW")
        assert answer == {"error": "Client is blocked. Unblock first.", "level": "blocked"}
    assert order(clients, "unblock", client_id="0xW")["level"] == "contact"
    assert order(clients, "get_level", client_id="0xW") == {"client_id": "0xW", "level": "contact"}


@pytest.mark.parametrize(
    ("name", "by", "payload", "text"),
    [
        ("promote", ME, {"client_id": "a"}, "forbidden: admin only"),
        ("add_admin", ADMIN, {"admin_id": "a"}, "forbidden: super admin only"),
        ("promote", ADMIN, {}, "client_id required"),
        ("promote", ADMIN, {"client_id": 5}, "client_id required"),
        ("add_admin", HOST, {"client_id": "a"}, "admin_id required"),
        ("block", ADMIN, {"client_id": "a\n*"}, "a client id is one line of text"),
    ],
)
def test_who_may_not_or_does_not_say_whom_is_refused(
    name: str, by: Identity, payload: dict[str, Any], text: str
) -> None:
    with pytest.raises(Refused) as error:
        order(book(), name, by, **payload)
    assert str(error.value) == text


def test_admins_are_named_by_the_super_admin_and_lose_their_rights_at_once() -> None:
    clients = book()
    added = order(clients, "add_admin", HOST, admin_id=ME.address)
    assert added["message"] == f"{ME.address} added as admin."
    assert "already" in order(clients, "add_admin", HOST, admin_id=ME.address)["message"]
    assert order(clients, "get_level", ME, client_id="a")["level"] == "stranger"
    order(clients, "remove_admin", HOST, admin_id=ME.address)
    with pytest.raises(Refused, match="admin only"):
        order(clients, "get_level", ME, client_id="a")
    assert (
        "is not an admin" in order(clients, "remove_admin", HOST, admin_id=HOST.address)["message"]
    )


# Sessions


def test_a_run_is_running_until_it_is_done_and_then_kept() -> None:
    sessions = Sessions(ttl=10)
    sessions.begin("s", "hi", owner="a", now=NOW)
    running = sessions.get("s", now=NOW + 100)
    assert running is not None
    assert running.told() == {
        "session_id": "s",
        "status": "running",
        "prompt": "hi",
        "result": None,
        "created": NOW,
        "expires": NOW + 10,
        "duration_ms": None,
    }
    sessions.finish("s", "echo:hi", now=NOW + 2.5)
    done = sessions.get("s", now=NOW + 9.9)
    assert done is not None
    assert (done.status, done.result, done.duration_ms) == (Status.DONE, "echo:hi", 2500)
    assert sessions.get("s", now=NOW + 10) is None
    assert list(sessions.all(now=NOW + 10)) == []


def test_a_run_that_outlasts_its_life_is_kept_from_its_end() -> None:
    sessions = Sessions(ttl=2)
    sessions.begin("s", "hi", owner="a", now=NOW)
    sessions.finish("s", "late", now=NOW + 3)
    assert sessions.get("s", now=NOW + 4.9) is not None
    assert sessions.get("s", now=NOW + 5) is None


def test_an_id_belongs_to_who_used_it_first() -> None:
    sessions = Sessions()
    sessions.begin("s", "hi", owner="a", now=NOW)
    with pytest.raises(ForeignSession):
        sessions.begin("s", "mine", owner="b", now=NOW)
    sessions.begin("s", "again", owner="a", now=NOW + 1)
    assert [each.prompt for each in sessions.all(now=NOW + 1)] == ["again"]


def test_records_are_listed_newest_first() -> None:
    sessions = Sessions()
    for number in range(3):
        sessions.begin(str(number), "", owner="a", now=NOW + number)
    assert [each.session_id for each in sessions.all(now=NOW + 5)] == ["2", "1", "0"]


def test_a_store_brings_results_back_and_says_which_runs_were_lost() -> None:
    sessions = Sessions(ttl=10)
    sessions.begin("done", "", owner="a", now=NOW)
    sessions.finish("done", "r", now=NOW + 1)
    sessions.begin("lost", "", owner="a", now=NOW)
    stored = {change.key: change.document for change in sessions.changes()}
    again = Sessions(ttl=10)
    again.restore(stored, now=NOW + 2)
    done, lost = again.get("done", now=NOW + 2), again.get("lost", now=NOW + 2)
    assert done is not None
    assert lost is not None
    assert (done.result, lost.status, lost.result) == ("r", Status.DONE, LOST)
    again.changes()
    again.forget_old(now=NOW + 20)
    assert {change.document for change in again.changes()} == {None}


def test_what_can_be_read_no_more_is_dropped_in_time() -> None:
    sessions = Sessions(ttl=1)
    for number in range(5000):
        sessions.begin(str(number), "", owner="a", now=NOW + number)
        sessions.finish(str(number), "r", now=NOW + number)
        sessions.changes()
    sessions.forget_old(now=NOW + 4999)
    assert len(sessions.changes()) < 2000
