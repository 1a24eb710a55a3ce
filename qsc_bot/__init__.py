"""qsc-bot: administer chatbots beside Qualtrics Social Connect."""

__version__ = "0.1.0"
