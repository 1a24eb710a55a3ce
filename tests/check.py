"""Runs every check and test in turn and stops at the first that fails."""

import subprocess
import sys
from pathlib import Path
from typing import Final

TOOLS: Final = Path(sys.executable).parent
CHECKS: Final = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
    ("pytest", "-W", "error"),
)


def main() -> int:
    """The exit code of the first check that fails, else 0."""
    for command in CHECKS:
        sys.stdout.write(f"\n$ {' '.join(command)}\n")
        sys.stdout.flush()
        code = subprocess.run(
            [TOOLS / command[0], *command[1:]], cwd=Path(__file__).parent.parent, check=False
        ).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
