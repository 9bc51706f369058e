from __future__ import annotations

import pytest

from reference.connectonion.clients import Change, Clients
from reference.connectonion.identity import Identity
from reference.connectonion.levels import Level, Operation, Roll
from reference.connectonion.rolls import ClientIdError, ClientList

SOMEBODY = Identity.of_seed(b"\x07" * 32).address
ADMIN = Identity.of_seed(b"\x08" * 32).address
HOST = Identity.of_seed(b"\x01" * 32).address


def book(**texts: str) -> Clients:
    clients = Clients(super_admin=HOST)
    clients.read({Roll(name): text for name, text in texts.items()})
    return clients


# Lines (sheet 6.5; where a published host matches substrings, a pattern here is anchored)


@pytest.mark.parametrize(
    ("line", "client", "matches"),
    [
        ("0xabc123", "0xabc123", True),
        ("  0xabc123\r", "0xabc123", True),
        ("0xABC123", "0xabc123", False),
        ("0xabc123 # note", "0xabc123", False),
        ("0xabc123, other", "0xabc123", False),
        ("?xabc123", "0xabc123", False),
        ("0x[a]bc123", "0xabc123", False),
        ("# 0xabc123", "0xabc123", False),
        ("", "", False),
        ("*", "anything", True),
        ("***", "anything", True),
        ("0xabc*", "0xabcq", True),
        ("0xabc*", "zz0xabcq", False),
        ("*123", "zz123", True),
        ("*123", "123zzz", False),
        ("0x*123", "0xabc123", True),
        ("0x*123", "xx0x123yy", False),
        ("*.trusted.com", "x.trusted.com", True),
        ("*.trusted.com", "x.trusted.com.evil", False),
        (SOMEBODY, SOMEBODY, True),
        (SOMEBODY, SOMEBODY[2:].upper(), True),
        (SOMEBODY.upper().replace("X", "x"), SOMEBODY, True),
    ],
)
def test_a_line_matches_a_client_or_not(line: str, client: str, matches: bool) -> None:  # noqa: FBT001
    assert (client in ClientList.parse(f"other\n{line}\n")) is matches


def test_admins_have_no_patterns() -> None:
    assert "x" not in ClientList.parse("*\n", patterns=False)
    assert "*" not in ClientList.parse("*\n", patterns=False)


def test_a_byte_order_mark_hides_nothing() -> None:
    assert "0xa" in ClientList.parse("\ufeff0xa\n")


@pytest.mark.parametrize("text", ["a", "a\n", "", "a\n\n"])
def test_an_entry_is_added_on_a_line_of_its_own(text: str) -> None:
    after = ClientList.parse(text).with_client("b")
    assert ClientList.parse(after.text).clients == (["a", "b"] if "a" in text else ["b"])
    assert after.text.endswith("\nb\n") or after.text == "b\n"
    assert after.with_client("b") is after


def test_removal_keeps_comments_and_patterns_and_takes_every_duplicate() -> None:
    after = ClientList.parse("# mine\nb\n b \n*\nc\n").without("b")
    assert after.text == "# mine\n*\nc\n"


@pytest.mark.parametrize("client", ["", "  ", "a\nb", "x\r*", "*", "a*", "# a", "a\x00"])
def test_what_is_no_single_line_of_text_is_no_client(client: str) -> None:
    with pytest.raises(ClientIdError):
        ClientList().with_client(client)


# Levels and operations


@pytest.mark.parametrize(
    ("lists", "level"),
    [
        ({}, Level.STRANGER),
        ({"contacts": "a"}, Level.CONTACT),
        ({"contacts": "a", "whitelist": "a"}, Level.WHITELIST),
        ({"contacts": "a", "whitelist": "a", "blocklist": "a"}, Level.BLOCKED),
        ({"admins": "a"}, Level.STRANGER),
    ],
)
def test_the_first_list_that_has_a_client_gives_its_level(
    lists: dict[str, str], level: Level
) -> None:
    assert book(**lists).level("a") is level


def test_all_spellings_of_a_key_are_one_client() -> None:
    clients = book(blocklist=SOMEBODY)
    for spelled in (
        SOMEBODY[2:],
        SOMEBODY.upper().replace("X", "x"),
        f" {SOMEBODY[:9]} {SOMEBODY[9:]}",
    ):
        assert clients.level(spelled) is Level.BLOCKED


STEPS = [
    (Operation.PROMOTE_TO_CONTACT, Level.CONTACT),
    (Operation.PROMOTE_TO_WHITELIST, Level.WHITELIST),
    (Operation.BLOCK, Level.BLOCKED),
    (Operation.UNBLOCK, Level.WHITELIST),
    (Operation.DEMOTE_TO_CONTACT, Level.CONTACT),
    (Operation.DEMOTE_TO_STRANGER, Level.STRANGER),
    (Operation.SET_ADMIN, Level.STRANGER),
    (Operation.REMOVE_ADMIN, Level.STRANGER),
]


def test_each_operation_moves_a_client_and_leaves_a_line_in_the_trail() -> None:
    clients, before = book(), Level.STRANGER
    for operation, after in STEPS:
        change = clients.apply(operation, SOMEBODY, by=ADMIN, at=5.0, reason="r")
        assert change == Change(5.0, operation, SOMEBODY, ADMIN, before, after, "r")
        before = after
    assert [change.operation for change in clients.trail] == [step for step, _ in STEPS]


@pytest.mark.parametrize("operation", Operation)
def test_an_operation_done_twice_is_done_once(operation: Operation) -> None:
    clients = book(contacts=SOMEBODY)
    clients.apply(operation, SOMEBODY, by=ADMIN, at=0.0)
    once = {roll: lines.text for roll, lines in clients.rolls.items()}
    clients.apply(operation, SOMEBODY, by=ADMIN, at=0.0)
    assert {roll: lines.text for roll, lines in clients.rolls.items()} == once


def test_a_refused_client_changes_nothing_and_leaves_no_trail() -> None:
    clients = book()
    with pytest.raises(ClientIdError):
        clients.apply(Operation.BLOCK, "x\n*", by=ADMIN, at=0.0)
    assert clients.trail == []
    assert clients.level("anybody") is Level.STRANGER


def test_admins_are_apart_from_levels_and_the_host_itself_is_always_one() -> None:
    clients = book(admins=ADMIN)
    assert clients.is_admin(ADMIN)
    assert not clients.is_super_admin(ADMIN)
    assert clients.is_super_admin(HOST.upper().replace("X", "x"))
    clients.apply(Operation.REMOVE_ADMIN, HOST, by=ADMIN, at=0.0)
    clients.apply(Operation.REMOVE_ADMIN, ADMIN, by=HOST, at=0.0)
    assert (clients.is_admin(HOST), clients.is_admin(ADMIN)) == (True, False)
    assert not Clients().is_admin("")


def test_lists_are_read_again_when_their_files_change() -> None:
    clients = book(contacts="a")
    clients.read({Roll.CONTACTS: "b\n"})
    assert (clients.level("a"), clients.level("b")) == (Level.STRANGER, Level.CONTACT)
