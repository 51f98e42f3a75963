"""Work in parts is measured: `python -m scripts.benchmarks.cluster windows`, `… build` or `… touched`."""

import click

from scripts.benchmarks.cluster import builds, touched, windows


@click.group()
def main() -> None:
    """Measure what work in parts takes."""


main.add_command(windows.main, "windows")
main.add_command(builds.main, "build")
main.add_command(touched.main, "touched")

if __name__ == "__main__":
    main()
