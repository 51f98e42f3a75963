"""The wheel, installed elsewhere, holds the whole project, and its packages are the ones imported."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
IMPORTED = """
import indexing, reranking, eval.report, scripts.main, scripts.make_sample
import sys
for name in ("indexing", "reranking", "eval.report", "scripts.main"):
    print(sys.modules[name].__file__)
"""


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """A folder into which the wheel, built from a copy of the sources, was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    tracked = ["setup.cfg", "pyproject.toml", "README.md", "LICENSE", "indexing", "reranking", "eval", "scripts"]
    subprocess.run(["cp", "-r", *tracked, str(sources)], cwd=root, check=True)
    pip("wheel", "--no-deps", "--wheel-dir", folder, sources)
    (wheel,) = folder.glob("heroic-*.whl")
    pip("install", "--no-deps", "--target", folder / "site", wheel)
    return folder / "site"


def pip(*words):
    quiet = ["--quiet", "--disable-pip-version-check"]
    done = subprocess.run([sys.executable, "-m", "pip", *quiet, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def python(installed, *words):
    """Run Python somewhere else, with the installed folder before everything."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *words], cwd=installed.parent, env=environment, capture_output=True, text=True
    )


def test_the_imported_packages_are_the_wheels(installed):
    done = python(installed, "-c", IMPORTED)
    assert done.returncode == 0, done.stderr
    paths = done.stdout.splitlines()
    assert len(paths) == 4
    assert all(path.startswith(f"{installed}/") for path in paths)


def test_it_holds_what_is_not_code_too(installed, root):
    assert all((installed / package / "py.typed").exists() for package in ("indexing", "reranking", "eval", "scripts"))
    templates = {path.name for path in (root / "eval" / "templates").iterdir() if path.is_file()}
    assert {path.name for path in (installed / "eval" / "templates").iterdir()} >= templates
    assert templates
    known = {path.name for path in (root / "indexing/reading/schema/known").iterdir()}
    assert {path.name for path in (installed / "indexing/reading/schema/known").iterdir()} == known
    assert "shopify.yaml" in known


def test_it_holds_every_module(installed, root):
    packages = ("indexing", "reranking", "eval", "scripts")
    modules = {path.relative_to(root) for package in packages for path in (root / package).rglob("*.py")}
    assert {module for module in modules if not (installed / module).exists()} == set()


def test_the_command_runs(installed):
    done = python(installed, "-m", "scripts.main", "--help")
    assert done.returncode == 0, done.stderr
    assert "build-index" in done.stdout


def test_it_installs_the_console_script(installed):
    assert "scripts.main" in (installed / "bin" / "heroic").read_text()


def test_it_brings_no_other_packages(installed):
    found = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert found == {"indexing", "reranking", "eval", "scripts", "bin"}
