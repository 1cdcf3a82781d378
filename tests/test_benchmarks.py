"""The bench: that it measures the right work, and judges it rightly.

Nothing here is timed.  Every case runs once for ours, in this process.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from benchmarks.answers import Answer, WrongAnswer
from benchmarks.asgi import Http
from benchmarks.cases import all_cases, all_contenders, find_case
from benchmarks.command import main
from benchmarks.contest import Sample
from benchmarks.exchange import Calls
from benchmarks.model import Adds, Case, Contender, Faster, Within
from benchmarks.quotes import quoted
from benchmarks.report import Results
from benchmarks.worker import Subject

ROOT = Path(__file__).resolve().parent.parent
CONTENDERS = {each.name: each for each in all_contenders()}
OURS, UPSTREAM, RAW = (CONTENDERS[name] for name in ("ours", "starlette", "raw"))


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with ``hello`` and an honest length."""
    headers = [(b"content-length", b"5"), (b"x-answer", b"yes")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def make_case(answer: Answer, **options: Any) -> Case:
    """A case whose contenders all answer ``hello``."""
    return Case(
        name=options.pop("name", "hello"),
        title="a greeting",
        exchange=lambda: Http("GET", "/", answer),
        apps={"starlette": lambda: hello},
        **options,
    )


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_each_case_run_once_for_ours(case: Case) -> None:
    """The answer is right, before and after one timed iteration."""
    try:
        subject = Subject(case, OURS)
    except ModuleNotFoundError as error:  # pragma: no cover (where one is missing)
        # A third-party library of the case; our own modules have to be there.
        if (error.name or "").partition(".")[0] in ("starlette", "benchmarks"):
            raise
        pytest.skip(f"{error.name} is not installed")
    cost = subject.measure(1)
    subject.close()

    assert cost >= 0


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_each_case_and_what_is_asked_of_it(case: Case) -> None:
    """There is a target or a reason for none, and what targets name exists."""
    names = {each.name for each in all_cases()}
    named = [
        target.case if isinstance(target, Within) else getattr(target, "to", None)
        for target in case.targets
    ]

    assert bool(case.targets) != bool(case.no_target)
    assert case.factory(OURS) is not None
    assert {name for name in named if name} <= names
    assert set(case.apps) <= {
        word for each in CONTENDERS.values() for word in (each.name, each.family)
    }


@pytest.mark.parametrize(
    "answer, what",
    [
        (Answer(body=b"goodbye"), "body"),
        (Answer(status=201), "status"),
        (Answer(headers={"x-answer": "no"}), "x-answer"),
        (Answer(headers={"x-missing": ".+"}), "x-missing"),
        (Answer(body=b"hello", decode=bytes.upper), "body"),
    ],
)
def test_a_contender_that_answers_otherwise(answer: Answer, what: str) -> None:
    """It is refused before anything is timed."""
    with pytest.raises(WrongAnswer) as caught:
        Subject(make_case(answer), OURS)

    assert caught.value.what == what


def test_a_response_without_its_length() -> None:
    """It is refused, unless the case is about streams."""

    async def unmeasured(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    def case(has_length: bool) -> Case:
        answer = Answer(body=b"hello", has_length=has_length)
        exchange = lambda: Http("GET", "/", answer)  # noqa: E731
        return Case("unmeasured", "", exchange, {"starlette": lambda: unmeasured})

    with pytest.raises(WrongAnswer, match="Content-Length"):
        Subject(case(True), OURS)
    Subject(case(False), OURS).close()


def test_receive_after_the_request() -> None:
    """It blocks until the response is complete, and then tells of a disconnect."""
    order: List[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return

        async def listen() -> None:
            order.append((await receive())["type"])
            order.append((await receive())["type"])

        listener = asyncio.ensure_future(listen())
        for _ in range(10):
            await asyncio.sleep(0)
        order.append("answer")
        await hello(scope, receive, send)
        await listener

    exchange = Http("GET", "/", Answer(body=b"hello"))
    exchange.open(app)
    exchange.check()
    exchange.close()

    assert order == ["http.request", "answer", "http.disconnect"]


def test_a_request_with_a_large_body() -> None:
    """It comes whole, in pieces of 64 KiB."""
    body = bytes(range(256)) * 1000
    pieces: List[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        more = scope["type"] == "http"
        while more:
            message = await receive()
            pieces.append(message["body"])
            more = message["more_body"]
        await hello(scope, receive, send)

    exchange = Http("POST", "/", Answer(body=b"hello"), body=body)
    exchange.open(app)
    exchange.check()
    exchange.close()

    assert b"".join(pieces) == body
    assert [len(piece) for piece in pieces] == [65536, 65536, 65536, 59392]


def test_a_function_that_returns_something_else() -> None:
    """It is refused, and what ends it is called all the same."""
    ended: List[bool] = []
    exchange = Calls(result=4)
    exchange.open((lambda: 5, lambda: ended.append(True)))

    with pytest.raises(WrongAnswer, match="result must be 4, but got 5"):
        exchange.check()
    exchange.close()
    assert ended == [True]


def test_targets_and_what_they_make_of_figures() -> None:
    """Each computes its own ratio, and knows which side of it is good."""
    costs = {
        ("a", "ours"): 4.0,
        ("a", "starlette"): 10.0,
        ("a", "rival"): 5.0,
        ("b", "ours"): 3.0,
        ("b", "raw"): 2.0,
    }
    faster, within = Faster(2.5), Within(0.8, "rival")
    other, adds = Within(1.3, "ours", "b"), Adds(0.5, "b")

    assert faster.value("a", costs) == 2.5
    assert faster.is_met(2.5)
    assert not faster.is_met(2.49)
    assert within.value("a", costs) == 0.8
    assert within.is_met(0.8)
    assert not within.is_met(0.81)
    assert other.value("a", costs) == pytest.approx(4 / 3)
    assert adds.value("a", costs) == 0.5
    assert adds.is_met(0.5)
    assert not adds.is_met(0.51)


def test_targets_where_a_figure_is_missing() -> None:
    """There is no value, and so no verdict."""
    costs = {("a", "ours"): 4.0}

    assert Faster(2).value("a", costs) is None
    assert Within(1, "rival").value("a", costs) is None
    assert Adds(1, "b").value("a", costs) is None


def make_results(ours: List[float], upstream: List[float], error: str = "") -> Results:
    """The results of one case that ought to be twice as fast as upstream."""
    case = make_case(Answer(), targets=(Faster(2),))
    results = Results(
        [case], [OURS, UPSTREAM, RAW], {"ours": "", "starlette": "0.47.3"}
    )
    samples: Dict[str, Sample] = {"ours": Sample(ours), "starlette": Sample(upstream)}
    samples["raw"] = Sample(error=error) if error else Sample([1e-6])
    results.add(case, samples)
    return results


def test_the_table_of_a_target_that_is_met() -> None:
    """It takes the best of the rounds, in microseconds."""
    row = make_results([5e-6, 4e-6], [9e-6, 8e-6]).table().splitlines()[-1]
    cells = [cell.strip() for cell in row.strip("|").split("|")]

    assert cells == ["a greeting", "4.00", "8.00", "2.00 x", "2 x", "yes", "4.0"]


def test_the_table_of_a_target_that_is_missed() -> None:
    """The row says so, and so does the verdict."""
    results = make_results([5e-6], [8e-6])

    assert "**no**" in results.table()
    assert [verdict.is_missed for verdict in results.verdicts] == [True]


def test_the_report_where_a_contender_failed() -> None:
    """It names the case, the contender and the error, and no folder."""
    error = f"Traceback ...\nImportError: no ({ROOT / 'x.py'})"
    text = make_results([4e-6], [8e-6], error).markdown()

    assert "- raw: ImportError: no (x.py) (in hello)" in text
    assert str(ROOT) not in text


def test_the_results_as_files(tmp_path: Path) -> None:
    """One is for people, one for programs; both have the same figures."""
    results = make_results([5e-6, 4e-6], [9e-6, 8e-6])
    results.write(tmp_path)
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))

    assert results.table() in (tmp_path / "results.md").read_text(encoding="utf-8")
    assert document["cases"]["hello"]["costs"]["ours"] == {"best": 4.0, "median": 4.5}
    assert document["cases"]["hello"]["targets"] == [
        {"target": "at least 2 x starlette", "value": 2.0, "met": True}
    ]


def test_the_first_page_quotes_the_results() -> None:
    """The figures of README.md are those of the run that results.md holds."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    report = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")

    assert quoted(page, report) == page


def test_quotes_of_other_figures() -> None:
    """New figures take the place of old ones; what was not measured stays."""
    page = (
        "x\n| case, µs | ours | Falcon |\n|---|---:|---:|\n"
        "| a | 1 | 2 |\n| b | 3 | 4 |\n"
    )
    report = (
        "# Results\n\n| case | ours | ratio | falcon |\n| - | - | - | - |\n"
        "| a |  9 | 1 x |     |\n\n| case | other target |\n"
    )

    assert quoted(page, report) == page.replace("| a | 1 | 2 |", "| a | 9 | 2 |")
    assert quoted(page + "\n| a | 1 |", report).endswith("| b | 3 | 4 |\n\n| a | 1 |")


def test_the_process_of_a_contender() -> None:
    """It says that it is ready, how much makes a turn, and what a turn cost."""
    commands = [{"calibrate": 0.001}, {"iterations": 3, "turn": 1}]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", "raw", "text"],
        input="".join(json.dumps(command) + "\n" for command in commands),
        cwd=str(ROOT),
        stdout=subprocess.PIPE,
        text=True,
        timeout=150,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]

    assert answers[0] == {"ready": True}
    assert answers[1]["iterations"] >= 1
    assert answers[2]["cost"] > 0


def test_the_process_of_a_contender_that_has_no_part() -> None:
    """It says why it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", "raw", "mounts"],
        cwd=str(ROOT),
        stdout=subprocess.PIPE,
        text=True,
        timeout=150,
    )

    assert done.returncode == 1
    assert "raw has no part in mounts" in json.loads(done.stdout)["error"]


def test_options_that_select_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """A part of a name is enough; the yardstick of a target comes along."""
    status = main(["--list", "--case", "1000-last", "--only", "ours,starlette"])
    lines = capsys.readouterr().out.splitlines()

    assert status == 0
    assert [line.split()[0] for line in lines] == [
        "routes-1000-first",
        "routes-1000-last",
    ]
    assert lines[0].endswith(": ours, starlette")


def test_options_that_select_nothing() -> None:
    """They are an error, not an empty table."""
    assert main(["--case", "no-such-case"]) == 2


def test_an_unknown_contender() -> None:
    """The error names those that there are."""
    with pytest.raises(SystemExit, match=r"ours, starlette, raw.*but got nobody"):
        main(["--only", "ours,nobody"])


def test_the_contender_before_its_family() -> None:
    """A factory for one contender wins over the one for its family."""
    family, own = (lambda: 1), (lambda: 2)
    case = Case("x", "", lambda: Calls(1), {"starlette": family, "ours": own})
    stranger = Contender("stranger", "elsewhere")

    assert case.factory(OURS) is own
    assert case.factory(UPSTREAM) is family
    assert case.factory(stranger) is None


def test_a_case_by_its_name() -> None:
    """It is found; a name that is not there is a ``KeyError``."""
    assert find_case("text").title == "one route, 13 bytes of text"
    with pytest.raises(KeyError):
        find_case("no-such-case")
