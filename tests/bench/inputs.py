"""The files that are measured: generated once, kept under out/, the same for ever."""

import os
import subprocess
from pathlib import Path


class Inputs:
    """Files made by weir-generate."""

    def __init__(self, generate, folder):
        self.generate = generate
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self, events, shape="event-hub", **knobs):
        """The generator's command line; knobs are hours, users, others."""
        command = [self.generate, "--shape", shape, "--events", str(events)]
        for name, value in knobs.items():
            command += [f"--{name}", str(value)]
        return command

    def file(self, events, shape="event-hub", **knobs):
        """The path of such a file, made if it is not there."""
        name = "-".join([shape, str(events), *(f"{k}{v}" for k, v in knobs.items())])
        path = self.folder / f"{name}.ndjson"
        # A new generator may write other bytes.
        if path.exists() and path.stat().st_mtime > os.stat(self.generate).st_mtime:
            return path
        partly = path.with_suffix(".part")
        with open(partly, "wb") as out:
            subprocess.run(self.command(events, shape, **knobs), stdout=out, check=True)
        partly.rename(path)
        # Read once, so that every contestant finds it in memory.
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
        return path
