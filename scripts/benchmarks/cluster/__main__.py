"""Work in parts is measured: `python -m scripts.benchmarks.cluster windows` or `… build`."""

import click

from scripts.benchmarks.cluster import builds, windows


@click.group()
def main() -> None:
    """Measure what work in parts takes."""


main.add_command(windows.main, "windows")
main.add_command(builds.main, "build")

if __name__ == "__main__":
    main()
