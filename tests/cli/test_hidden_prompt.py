"""A secret that is typed on a real terminal does not appear on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="this system has no pseudo-terminals")
TOKEN = "sentinel-token-9f1c"


def take_terminal() -> None:
    """Make standard input the terminal that the new process is controlled by."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal: int, words: bytes) -> bytes:
    """What appears on a terminal, up to these words or its end."""
    shown = b""
    while words not in shown:
        try:
            part = os.read(terminal, 1024)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        shown += part
    return shown


def test_typed_token_is_not_shown(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    words = ["auth", "login", "-p", "prod", "--api-url", "http://127.0.0.1:9"]
    process = subprocess.Popen(
        [sys.executable, "-m", "qsc_bot", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "HOME": str(tmp_path)},
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    try:
        asked = read_until(ours, b"(not shown): ")
        os.write(ours, f"{TOKEN}\n".encode())
        shown = asked + read_until(ours, b"no such words")
        code = process.wait(timeout=30)
    finally:
        process.kill()
        os.close(ours)
    assert b"token of the Social Connect API (not shown): " in shown
    assert (code, b"[network.unreachable]" in shown) == (8, True)
    assert TOKEN.encode() not in shown
