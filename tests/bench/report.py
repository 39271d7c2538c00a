"""What the benchmark has found, as tables for people and a chart."""

import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

from infra.cloud.manifest import functions
from tests.bench import calls, prices
from tests.bench.calls import CALLS, Call

COLD_START_RATIO = 1.3
MEMORY_MIB = 128
Figures = Mapping[str, float]


def text(result: Mapping[str, Any]) -> tuple[str, bool]:
    """The whole report, and whether every figure is within its target."""
    costs, calls_fine = _calls(result)
    starts, starts_fine = _starts(result)
    parts = [costs, _history(result), _changes(result), starts, _money(result)]
    verdict = (
        "Every figure is within its target." if calls_fine and starts_fine else "NOT every figure is within its target."
    )
    return "\n\n".join([*parts, verdict]), calls_fine and starts_fine


def result_of(
    parts: Mapping[str, Any], functions: Sequence[str], small: Mapping[str, Any], large: Mapping[str, Any]
) -> dict[str, Any]:
    """The parts of a run put together: the two worlds' calls, their CPU, memory by function, and the rest."""

    def merged(kind: str) -> dict[str, Any]:
        return {call: figures for name in functions for call, figures in parts[f"{kind}/{name}"].items()}

    rounds = [found for name, found in parts.items() if name.startswith("cold/")]
    return {
        "small": small,
        "large": large,
        "small_calls": merged("small"),
        "large_calls": merged("large"),
        "cpu_ms": merged("cpu"),
        "memory_mib": {name: parts[f"cpu/{name}"]["memory_mib"] for name in functions},
        "history": parts["history"],
        "changes": parts["changes"],
        "cold": {name: [found[name] for found in rounds] for name in rounds[0]},
    }


def _title(size: Mapping[str, Any]) -> str:
    return f"{size['listings']:,} listings, {size['history']:,} swipes of the caller"


def _calls(result: Mapping[str, Any]) -> tuple[str, bool]:
    small, large = result["small_calls"], result["large_calls"]
    rows, fine = [], True
    for call in CALLS:
        one, other = small[call.name], large[call.name]
        verdict = _verdict(call, one, other)
        fine = fine and verdict != "OVER"
        names = ("rpcs", "reads", "index_reads", "writes", "deletes")
        pairs = [" | ".join(_count(name, each[name]) for each in (one, other)) for name in names]
        cpu, cpu_after = result["cpu_ms"][call.name]
        one_bytes, other_bytes = (each["sent"] + each["received"] for each in (one, other))
        rows.append(
            [
                call.name,
                *pairs,
                f"{one_bytes:,.0f} | {other_bytes:,.0f} | {_ratio(one_bytes, other_bytes)}",
                f"{cpu:.1f} | {cpu_after:.1f} | {_ratio(cpu, cpu_after)}",
                f"{call.limit.rpcs}, {call.limit.reads}, {call.limit.writes}" if call.limit else "",
                verdict,
            ]
        )
    head = ["call", "round trips", "reads", "index reads", "writes", "deletes", "bytes", "CPU ms", "limit", ""]
    title = (
        f"Each call, in two worlds: {_title(result['small'])} | {_title(result['large'])} | their ratio.\n"
        "Round trips: Firestore calls that wait for one another. Reads: documents; index reads are billed besides, at\n"
        "least so many: the wire shows no more of them. Bytes: messages to and from Firestore. CPU: of the function's\n"
        "process, for one warm request, both in the small world, of a new tenant and of one with the large world's\n"
        "history: while it waits for the emulator, a process uses CPU too. No TLS and no token are in it.\n"
        "Limit: round trips, reads, writes. Password hashes are as in production (bcrypt, cost 12)."
    )
    return table(title, head, rows), fine


def _count(name: str, figure: float) -> str:
    return f"≥{figure:.0f}" if name == "index_reads" and figure else f"{figure:.0f}"


def _verdict(call: Call, *found: Figures) -> str:
    if call.limit is None:
        return ""
    limit = call.limit
    within = all(
        each["rpcs"] <= limit.rpcs and each["reads"] <= limit.reads and each["writes"] <= limit.writes for each in found
    )
    return "ok" if within else "OVER"


def _history(result: Mapping[str, Any]) -> str:
    rows = []
    for row in result["history"]:
        following, action = row["next"], row["action"]
        figures = [
            f"{each['rpcs']}, {each['reads']}, {each['writes']}, {each['sent'] + each['received']:,}"
            for each in (following, action)
        ]
        rows.append([f"{row['history']:,}", *figures])
    head = ["swipes before", "GET /feed/next", "POST /feed/action"]
    return table("One card after a history: round trips, reads, writes, bytes.", head, rows)


def _changes(result: Mapping[str, Any]) -> str:
    rows = []
    for row in result["changes"]:
        figures = [
            f"{row[name]['rpcs']}, {row[name]['reads']:,}, {row[name]['writes']}" for name in ("first", "second")
        ]
        each = row["first"]["reads"] / row["history"]
        spent = f"{row['cpu_s']:.2f}", f"{row['seconds']:.1f}"
        rows.append([row["change"], *figures, f"{each:.2f}", *spent, f"{row['memory_mib']:.0f}"])
    head = ["change", "first card", "second card", "reads for each swipe before", "CPU s", "seconds", "memory MiB"]
    title = (
        f"After a change of preferences, {result['changes'][0]['history']:,} swipes before: round trips, reads, writes."
        "\n"
        "CPU and seconds are of the first card; in the seconds the emulator scans all listings for each query."
    )
    return table(title, head, rows)


def _starts(result: Mapping[str, Any]) -> tuple[str, bool]:
    def medians(name: str) -> list[float]:
        return [median(figures) for figures in zip(*result["cold"][name], strict=True)]

    bare, bare_cpu = medians("bare")
    rows, fine = [["bare", f"{bare:.2f}", "", f"{bare_cpu:.2f}", "", "", ""]], True
    for name, memory in result["memory_mib"].items():
        seconds, cpu = medians(name)
        # Of each round by itself: its two starts met the same noise.
        ratio = median(
            one[0] / other[0] for one, other in zip(result["cold"][name], result["cold"]["bare"], strict=True)
        )
        over = ratio > COLD_START_RATIO or memory >= MEMORY_MIB
        fine = fine and not over
        figures = f"{seconds:.2f}", f"{ratio:.2f}", f"{cpu:.2f}", f"{cpu / bare_cpu:.2f}", f"{memory:.0f}"
        rows.append([name, *figures, "OVER" if over else "ok"])
    rounds = len(result["cold"]["bare"])
    title = (
        f"Cold start (from starting the process to its first answer that was made of a document, median of {rounds})\n"
        f"against a function that reads one with the client library, limit {COLD_START_RATIO}; CPU until then; memory\n"
        f"after load and 16 requests at once, all processes together, limit {MEMORY_MIB} MiB."
    )
    return table(title, ["function", "cold start s", "ratio", "CPU s", "ratio", "memory MiB", ""], rows), fine


def _money(result: Mapping[str, Any]) -> str:
    def figures(call: Call) -> Figures:
        return dict(result["large_calls"][call.name]) | {"cpu_ms": result["cpu_ms"][call.name][1]}

    acted = figures(calls.ACTION), figures(calls.LIKE), figures(calls.TRIGGER)
    rows = []
    for way, shown, cards in (("card by card", calls.NEXT, 1), (calls.DECK.name, calls.DECK, calls.DECK_SIZE)):
        swipe = prices.of_swipe(figures(shown), *acted, cards=cards)
        for title, count in [
            ("1,000,000 swipes", 1_000_000),
            *((f"{volume:,} a day, a month", volume * prices.DAYS_A_MONTH) for volume in prices.VOLUMES),
        ]:
            bill, storage = swipe * count, prices.storage_a_month(count)
            least, most = (part + bill.firestore + storage for part in (bill.functions_shared, bill.functions_alone))
            sums = bill.firestore, bill.functions_alone, bill.functions_shared, storage
            rows.append([f"{title}, {way}", *(f"{part:,.2f}" for part in sums), f"{least:,.2f} - {most:,.2f}"])
    bill, jobs = prices.schedules_a_month([each.interval for each in functions() if each.schedule])
    least, most = (part + bill.firestore + jobs for part in (bill.functions_shared, bill.functions_alone))
    sums = bill.firestore, bill.functions_alone, bill.functions_shared, jobs
    rows.append(["the schedules, a month", *(f"{part:,.2f}" for part in sums), f"{least:,.2f} - {most:,.2f}"])
    title = (
        "US dollars: each card shown and acted on, one in five a like, and the event of each like. Firestore: at\n"
        "least, with one index read for each query that walks an index of several ranges or orders.\n"
        "The schedules: their runs without anything to do, and their jobs beyond the free ones.\n"
        f"Prices of {prices.REGION}, checked {prices.CHECKED}, free tiers left out; a round trip taken as "
        f"{prices.ROUND_TRIP_MS:.0f} ms.\n" + "\n".join(prices.SOURCES)
    )
    head = ["swipes", "Firestore", "functions, alone", "functions, shared", "keeping them, or jobs", "all"]
    return table(title, head, rows)


def _ratio(one: float, other: float) -> str:
    return f"{other / one:.1f}" if one else "-"


def machine() -> str:
    """What this runs on, in words."""
    name = platform.machine()
    with suppress(OSError):  # Linux has it.
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return f"{os.cpu_count()} cores of {name}, Python {platform.python_version()}"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others]).rstrip()

    return "\n".join([title, "", line(head), "  ".join("-" * width for width in widths), *map(line, rows)])


# --- The chart ----------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 460, 260, 56, 44, 32, 44
COLORS = {"next": "#1a73e8", "action": "#d93025"}
NAMES = {"next": "GET /feed/next", "action": "POST /feed/action"}
PANELS = (
    ("Documents read", lambda figures: figures["reads"], "{:.0f}"),
    ("Sequential round trips", lambda figures: figures["rpcs"], "{:.0f}"),
    ("KiB to and from Firestore", lambda figures: (figures["sent"] + figures["received"]) / 1024, "{:.0f}"),
)


def chart(history: Sequence[Mapping[str, Any]]) -> str:
    """What a card costs by the tenant's history, as SVG: a panel each for documents, round trips and bytes."""
    panels = [
        _panel(title, {name: [(row["history"], of(row[name])) for row in history] for name in COLORS}, form, at)
        for at, (title, of, form) in enumerate(PANELS)
    ]
    legend = "".join(
        f'<circle cx="{LEFT + at * 180}" cy="16" r="5" fill="{color}"/>'
        f'<text x="{LEFT + 12 + at * 180}" y="20">{escape(NAMES[name])}</text>'
        for at, (name, color) in enumerate(COLORS.items())
    )
    width, height = WIDTH * len(PANELS), HEIGHT + 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>{legend}'
        f'<g transform="translate(0 30)">{"".join(panels)}</g></svg>\n'
    )


def _panel(title: str, lines: Mapping[str, Sequence[tuple[float, float]]], form: str, number: int) -> str:
    points = [point for line in lines.values() for point in line]
    most_x = max(x for x, _ in points) or 1
    most_y = 4 * (max(y for _, y in points) * 1.1 // 4 + 1)  # So that a quarter of it is a whole number.

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + x / most_x * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / most_y * (HEIGHT - TOP - BOTTOM),
        )

    parts = [f'<text x="{LEFT}" y="{TOP - 14}" font-size="14" font-weight="bold">{escape(title)}</text>']
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = place(share * most_x, share * most_y)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{form.format(share * most_y)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{share * most_x:,.0f}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">swipes before</text>')
    for name, line in lines.items():
        places = [place(x, y) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLORS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLORS[name]}"/>' for x, y in places]
    return f'<g transform="translate({number * WIDTH} 0)">{"".join(parts)}</g>'
