"""The reference as a web page: all of it comes from the function itself."""

import re
from urllib.parse import urljoin

import pytest

from tests.instruments.api import Api

TYPES = {"css": "text/css", "js": "text/javascript"}


@pytest.fixture
def offline(_apps: Api) -> Api:
    """The functions without a database: nothing here reads it."""
    return _apps


@pytest.mark.parametrize("page", ["/docs", "/docs/"])
def test_the_page_and_all_its_files_are_served_with_and_without_a_slash(offline: Api, page: str) -> None:
    answer = offline.call("GET", page)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    files = [file for file in re.findall(r'(?:src|href)="([^"]+)"', answer.text) if "." in file]
    assert {file.rpartition("/")[2] for file in files} == {
        "swagger-ui.css",
        "page.css",
        "swagger-ui-bundle.js",
        "page.js",
        "openapi.json",
    }
    for file in files:
        if file == "openapi.json":  # For readers without JavaScript.
            continue
        found = offline.call("GET", urljoin(page, file))
        assert (found.status_code, found.mimetype) == (200, TYPES[file.rpartition(".")[2]]), file
        assert "max-age" in found.headers["Cache-Control"]
        again = offline.call("GET", urljoin(page, file), headers={"If-None-Match": found.headers["ETag"]})
        assert again.status_code == 304


def test_the_page_runs_nothing_but_its_own_files(offline: Api) -> None:
    answer = offline.call("GET", "/docs")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", answer.text)
    for name in ("", "/page.js", "/page.css"):
        assert not re.search(r"""https?:|["'`(]//""", offline.call("GET", f"/docs{name}").text)


@pytest.mark.parametrize(
    "name", ["nothing.js", "../health.py", "..%2fhealth.py", "docs/../../health.py", "a./etc/passwd"]
)
def test_no_other_file_is_served(offline: Api, name: str) -> None:
    answer = offline.call("GET", f"/docs/{name}")
    assert answer.status_code == 404
    assert answer.get_json().keys() == {"detail"}
