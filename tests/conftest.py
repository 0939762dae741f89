"""What every test may rely on: no real account is ever reached, and a browser or a reason."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import hypothesis
import pytest

# No test fails for a slow machine, and CI tries the same examples at every run.
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    """Cut the tests off from the developer's own AWS account and configuration."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "UNDERSTUDY_"))]:
        if name != "UNDERSTUDY_REQUIRE_BROWSER":
            del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="eu-central-1",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )


def no_browser() -> str | None:
    """Why the browser tests cannot run here; None where they can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (pip install -r requirements-dev.txt)"
    if not any(shutil.which(name) for name in BROWSERS):
        return "there is no Chromium on this machine (apt-get install chromium)"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the browser tests where there is no browser, unless one is required."""
    reason = no_browser()
    browser = [item for item in items if item.get_closest_marker("browser")]
    if browser and reason and os.environ.get("UNDERSTUDY_REQUIRE_BROWSER"):
        raise pytest.UsageError(f"The browser tests were asked for, but {reason}.")
    if reason:
        for item in browser:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium, for playwright's ``executable_path``."""
    return next(path for name in BROWSERS if (path := shutil.which(name)))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of the recorded AWS files that lie beside this checkout, where they do."""
    path = Path(__file__).parents[2] / "shared" / "corpus"
    if not path.is_dir():
        pytest.skip("shared/corpus is not beside this checkout")
    return path
