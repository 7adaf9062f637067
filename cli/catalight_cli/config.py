"""The service's URL and the API key: from the command line, the environment or the config file."""

import json
import os
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import typer

from catalight_cli.errors import CatalightError
from catalight_cli.files import cannot_write_to

DEFAULT_URL = "http://127.0.0.1:8000"
URL, KEY = "CATALIGHT_URL", "CATALIGHT_API_KEY"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Settings:
    """The service to call, and the key to call it with; `key_from` says where the key was found."""

    url: str
    api_key: str | None
    key_from: str | None


def path() -> Path:
    """Return the path of the config file, in the platform's folder for them."""
    return Path(typer.get_app_dir("catalight")) / "config.toml"


def settings(url: str | None) -> Settings:
    """Return what applies, given the URL of the command line or the environment.

    The file's key goes only to the file's URL: it would tell another service the key otherwise.
    """
    stored = read()
    chosen = (url or stored.get("url") or DEFAULT_URL).rstrip("/")
    if key := os.environ.get(KEY):
        return Settings(chosen, key, KEY)
    key = stored.get("api_key")
    if key and chosen == (stored.get("url") or DEFAULT_URL).rstrip("/"):
        return Settings(chosen, key, str(path()))
    return Settings(chosen, None, None)


def read() -> dict[str, str]:
    """Return the config file, empty if there is none. Raise CatalightError if it is unusable."""
    file = path()
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            found = tomllib.load(opened)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CatalightError(f"{file} cannot be read: {os.strerror(error.errno or 0)}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalightError(f"{file} is no TOML: {error}.") from error
    if wrong := [
        name for name, value in found.items() if name not in ("url", "api_key") or type(value) is not str
    ]:
        raise CatalightError(f"{file}: {wrong[0]} is not known; it may have url and api_key, both texts.")
    if "api_key" in found and mode & OTHERS and sys.platform != "win32":
        raise CatalightError(f"{file} holds an API key and others may read it. Run: chmod 600 '{file}'")
    return found


def write(stored: dict[str, str]) -> Path:
    """Write the config file, readable by its owner only; return its path."""
    file = path()
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in stored.items()]
    new = file.with_name(f".{file.name}.new")
    with cannot_write_to(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.writelines(lines)
        new.replace(file)
    return file
