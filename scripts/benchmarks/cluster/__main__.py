"""Work in parts is measured: `python -m scripts.benchmarks.cluster windows`, `… build`, `… plan`, `… touched` or `… offers`."""

import click

from scripts.benchmarks.cluster import builds, offers, plans, touched, windows


@click.group()
def command() -> None:
    """Measure what work in parts takes."""


command.add_command(windows.main, "windows")
command.add_command(builds.main, "build")
command.add_command(touched.main, "touched")
command.add_command(plans.main, "plan")
command.add_command(offers.main, "offers")

if __name__ == "__main__":
    command()
