"""onnxruntime for browsers: its npm package, fetched once by the npm client, checked, and kept in the cache folder."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from adain_lab.errors import InputError, MissingFileError, NetworkError
from adain_lab.files import temporary_folder, write_whole
from adain_lab.weights.registry import cache_folder

__all__ = ["PACKAGE", "VERSION", "browser_runtime", "integrity", "unpack"]

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
#: What the npm registry publishes for this version: the page runs this file's code or none.
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
TIMEOUT_S = 300
#: Of 130 MB, what a page needs; ``.mjs`` becomes ``.js``, which every static server sends as JavaScript.
FILES = {
    "package/dist/ort.wasm.bundle.min.mjs": "ort.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "ort.wasm",
    # The same with WebGPU beside it; a visitor's browser fetches one of the two.
    "package/dist/ort.webgpu.bundle.min.mjs": "ort_webgpu.js",
    "package/dist/ort-wasm-simd-threaded.asyncify.wasm": "ort_webgpu.wasm",
}


def browser_runtime(package: str | os.PathLike | None = None) -> Path:
    """The npm package's file: ``package`` if it is given, or the cached one, or fetched.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is another file than the published one, or the cache cannot be written.
        ConnectionError: npm is missing, or could not fetch it.
    """
    if package is not None:
        if not Path(package).is_file():
            raise MissingFileError(f"{package} does not exist")
        return _checked(Path(package))
    cached = cache_folder() / f"{PACKAGE}-{VERSION}.tgz"
    if not cached.is_file():
        try:
            cached.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot write into the cache folder {cached.parent}: {error.strerror or error}; set ADAIN_LAB_CACHE to another"
            ) from error
        with temporary_folder(cached.parent) as folder:
            fetched = _checked(_fetch(folder))
            write_whole(cached, lambda temporary: shutil.copyfile(fetched, temporary))
    return _checked(cached)


def unpack(package: Path, folder: Path) -> None:
    """Copy out of the package what a page needs: for processors, and for graphics cards, a program and its binary each."""
    with tarfile.open(package) as archive:
        for name, ours in FILES.items():
            packed = archive.extractfile(name)
            if packed is None:
                raise InputError(f"{package.name} is damaged: {name} in it is no file")
            with packed as source, open(folder / ours, "wb") as target:
                shutil.copyfileobj(source, target)


def _fetch(folder: Path) -> Path:
    npm = shutil.which("npm")
    elsewhere = f"or fetch {PACKAGE}-{VERSION}.tgz on another machine (`npm pack {PACKAGE}@{VERSION}`) and give it with --runtime"
    if npm is None:
        raise NetworkError(f"the page needs {PACKAGE} from npm, and npm is not here: install Node.js, {elsewhere}")
    try:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--fetch-retries=1", f"--pack-destination={folder}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        done = None
    found = list(folder.glob("*.tgz"))
    if done is None or done.returncode or not found:
        raise NetworkError(f"npm could not fetch {PACKAGE} {VERSION}: check the network and try again, {elsewhere}")
    return found[0]


def integrity(path: Path) -> str:
    """A file's hash as npm writes it."""
    with open(path, "rb") as file:
        return f"sha512-{base64.b64encode(hashlib.file_digest(file, 'sha512').digest()).decode()}"


def _checked(package: Path) -> Path:
    if integrity(package) != INTEGRITY:
        raise InputError(
            f"{package} is not the published {PACKAGE} {VERSION} (its sha512 differs): delete it and fetch it again"
        )
    return package
