"""The three levels that a host can be started with, as policies (sheet 1.3)."""

PRESETS = {
    "open": "---\ndefault: allow\n---\nEverybody may come in, except who is blocked.\n",
    "careful": (
        "---\nallow: [whitelisted, contact]\ndeny: [blocked]\n"
        "onboard:\n  invite_code: [OpenOnion]\n  payment: 10\ndefault: ask\n---\n"
        "Admit a stranger only for a plain and harmless request.\n"
    ),
    "strict": (
        "---\nallow: [whitelisted]\ndeny: [blocked]\ndefault: deny\n---\n"
        "Only who is on the whitelist may come in.\n"
    ),
}
DEFAULT = "careful"  # CO-HOST-29
