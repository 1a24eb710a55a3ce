"""The name of a protected profile, which is asked for before the profile itself is changed."""

from typing import TYPE_CHECKING

from qsc_bot.cli.session import Session

if TYPE_CHECKING:
    from qsc_bot.user_file import UserFile


def confirm_change(here: Session, file: "UserFile", name: str, given: str | None, *, asks: bool = False) -> None:
    """Ask for the name of a profile that is protected, by the user file or by the project file over it.

    `asks`: a question is asked anyway, so that `protected: bulk` counts too.
    """
    known = (file.check().profiles.get(name), here.config.profiles.get(name))
    words = {one.protected for one in known if one}
    if True in words or (asks and "bulk" in words):
        here.prompts.confirm_name(name, given=given, undone="nothing was written")
