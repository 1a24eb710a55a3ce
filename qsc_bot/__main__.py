"""Starts the command line; the version is answered before anything heavy is imported."""

import sys

from qsc_bot import __version__


def main() -> None:
    """Run the words that the process was started with."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return
    from qsc_bot.cli.process import run_process

    sys.exit(run_process(sys.argv[1:]))


if __name__ == "__main__":
    main()
