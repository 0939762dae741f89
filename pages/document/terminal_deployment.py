"""How are a plan, what came of it and what was done before written for a person at a terminal?"""

from __future__ import annotations

import json
from typing import Any

SIGNS = {"ok": "✓", "warn": "!", "unknown": "?", "blocked": "✕"}
CHANGE_SIGNS = {"done": "✓", "failed": "✕", "unfinished": "…", "asked": "?"}


def plan(answer: dict[str, Any]) -> str:
    """A plan: what changes, the calls to the letter, and what was looked at."""
    said = [
        f"{_named(answer['action'])}: {answer['endpoint']}",
        "",
        "Changes",
    ]
    said += [
        f"  {each['path']}: {each['before'] or '(none)'} → {each['after'] or '(none)'}"
        for each in answer["diff"]
    ] or ["  none"]
    said += ["", "Calls"]
    for number, call in enumerate(answer["calls"], 1):
        said.append(f"  {number}. {call['service']}:{call['operation']}")
        text = json.dumps(call["parameters"], indent=2, ensure_ascii=False)
        said += [f"     {line}" for line in text.splitlines()]
    said += ["", "Looked at", *checks(answer)]
    if answer["notes"]:
        said += ["", "To know", *(f"  {note}" for note in answer["notes"])]
    return "\n".join(said)


def checks(answer: dict[str, Any]) -> list[str]:
    """What was looked at before: a line each, and one more for the remedy."""
    lines = []
    for each in answer["preflight"]:
        lines.append(f"  {SIGNS[each['status']]} {each['name']}: {each['sentence']}")
        if each["remedy"] and each["status"] != "ok":
            lines.append(f"      {each['remedy']}")
    return lines


def receipt(answer: dict[str, Any]) -> str:
    """What was begun, and how far it is."""
    to_know = [line for line in checks(answer) if not line.startswith(f"  {SIGNS['ok']}")]
    return "\n".join(
        [
            f"{CHANGE_SIGNS[answer['state']]} {_named(answer['action'])}, {answer['endpoint']}: "
            f"{answer['sentence']}",
            f"Change     {answer['change']}",
            f"Requests   {', '.join(answer['requests']) or 'none'}",
            f"Audit      {answer['head']}",
            *to_know,
        ]
    )


def requests(answer: dict[str, Any]) -> str:
    """What waits for a second person, the oldest first."""
    if not answer["requests"]:
        return f"{answer['endpoint']}: nothing waits for a second person."
    said = [f"{answer['endpoint']}: {len(answer['requests']):,} to be let through or declined"]
    for each in answer["requests"]:
        to = f" to {each['config']}" if each["config"] else ""
        said += [
            f"? {each['asked'][:16].replace('T', ' ')} UTC  {_named(each['action'])}{to} "
            f"by {each['person']} ({each['known_by']}): {each['reason']}",
            f"    {each['change']}",
            *([f"    {each['verdict']}"] if each["verdict"] else []),
            *([f"    {each['hindrance']}"] if each["hindrance"] else []),
        ]
    return "\n".join(said)


def progress(answer: dict[str, Any]) -> str:
    """An update as it stands."""
    told = f"{answer['endpoint']}: {answer['sentence']}"
    if answer["phase"] is not None:
        share = "" if answer["percent"] is None else f", {answer['percent']:.0f} % of the traffic"
        told += f" ({answer['phase']}{share})"
    return f"{told} {answer['remedy']}".rstrip()


def history(answer: dict[str, Any]) -> str:
    """Every change, the newest first, and whether the chain is whole."""
    whole = answer["broken"] or f"{answer['records']:,} records, the chain is whole"
    said = [f"{answer['endpoint']}: {whole}", f"{answer['audit']}, newest sum {answer['head']}"]
    held = answer["retention"]
    if held is not None:
        said.append(f"{held['sentence']} {held['remedy']}".rstrip())
    for each in answer["changes"]:
        said.append(
            f"{CHANGE_SIGNS[each['state']]} {each['begun'][:16].replace('T', ' ')} UTC  "
            f"{_named(each['action'])}"
            + (f" to {each['config']}" if each["config"] not in ("", each["previous"]) else "")
            + f" by {each['person']} ({each['known_by']}): {each['reason']}"
        )
        said.append(f"    {each['result']}")
    return "\n".join(said)


def _named(action: str) -> str:
    # imported here: nothing that a command does not say has to be loaded for it
    from pages.parts.words import ACTIONS

    return ACTIONS[action]
