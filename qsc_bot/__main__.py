"""Starts the command line; the version is answered before anything heavy is imported."""

import gc
import sys

from qsc_bot import __version__

GARBAGE_THRESHOLD = 500_000
"""Objects made between two looks for garbage: with Python's 700 those looks take a fifteenth of a short command."""


def main() -> None:
    """Run the words that the process was started with."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        from qsc_bot.cli.process import run_process

        code = run_process(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("error: stopped by Ctrl-C   [run.interrupted]\n")
        code = 130
    finally:
        gc.freeze()  # all ends with the process: one more look for garbage would take an eighth of a short command
    sys.exit(code)


if __name__ == "__main__":
    main()
