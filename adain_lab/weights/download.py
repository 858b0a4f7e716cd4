"""Fetching weights that are not in the package. The only module that uses the network, and only when asked."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch

from adain_lab.errors import InputError, MissingFileError, NetworkError
from adain_lab.files import open_file, sha256_of, write_whole
from adain_lab.weights.convert import convert_decoder, convert_encoder
from adain_lab.weights.registry import MODELS, cache_folder, check_shapes, known_sha256

__all__ = ["DOWNLOADS", "download", "fetch"]

#: The release of naoto0804/pytorch-AdaIN that holds the authors' models in PyTorch's format.
PAPER_URL = "https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0/"
_PAPER_FILES = {"encoder": ("vgg_normalised.pth", convert_encoder), "decoder": ("decoder.pth", convert_decoder)}
TIMEOUT_S = 30
#: The largest published file, vgg19, has 548 MB.
MAX_BYTES = 700 * 2**20
#: What was fetched, in the cache: a line per file with its sha256, as ``sha256sum`` writes them.
_SUMS = "SHA256SUMS"
#: torchvision's files carry the first eight digits of their sha256 in their names.
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8})\.pth$")


def download(
    name: str,
    *,
    url: str | None = None,
    folder: str | os.PathLike | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Fetch the weights ``name`` into the cache, check them, and convert them.

    Args:
        name: one of :data:`DOWNLOADS`.
        url: another place to fetch from (a mirror in a course's network).
        folder: where copies of the published files lie already; nothing is fetched then.
        progress: called with (file name, bytes so far, bytes in all or 0).

    Returns:
        The files in the cache.

    Raises:
        ValueError: the name is not known, a file is not what it should be, or the disk cannot be written.
        FileNotFoundError: ``folder`` lacks one of the files.
        ConnectionError: there is no network or the server does not answer; nothing is left behind.
    """
    if name not in DOWNLOADS:
        raise InputError(f"cannot download {name!r}: choose from {', '.join(DOWNLOADS)}")
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write into the cache folder {cache_folder()}: {error.strerror or error}; set ADAIN_LAB_CACHE to another"
        ) from error
    if url is not None and folder is not None:
        raise InputError("give a URL or a folder, not both")
    report = progress or (lambda *_: None)
    came: dict[str, str] = {}

    def obtain(file_name: str, published: str, path: Path) -> None:
        """Put the file into the cache, from wherever it is to come, if it is the right one."""

        def check(arrived: Path) -> None:
            came[path.name] = _compare(arrived, path)

        if folder is not None:
            _copy(Path(folder) / file_name, path, report, check)
        else:
            fetch(url.rstrip("/") + "/" + file_name if url else published, path, report, check=check)

    files = DOWNLOADS[name](obtain)
    _remember(came | {file.name: sha256_of(file) for file in files})  # only what turned out to be good
    return files


def _compare(arrived: Path, path: Path) -> str:
    """The sha256 of a file that is to lie at ``path``: with the beginning that the publisher put into its name, as in
    ``vgg19-dcbb9e9d.pth``, and the same as when a file of that name came before.

    Raises:
        ValueError: it is another.
    """
    known, digest, beginning = known_sha256(path), sha256_of(arrived), _HASH_IN_NAME.search(path.name)
    if beginning and not digest.startswith(beginning[1]):
        raise InputError(f"{path.name} is not what its name promises (sha256): the file is damaged, fetch it again")
    if known not in (None, digest):
        raise InputError(
            f"{path.name} is not the file that was downloaded before (its sha256 is another): fetch it from where it was "
            f"published, or delete its line in {path.with_name(_SUMS)} if it is the new one that you want"
        )
    return digest


def _remember(digests: Mapping[str, str]) -> None:
    """Note the sha256 of files in the cache by their names; they are compared whenever they come, or are loaded."""
    sums = cache_folder() / _SUMS
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines() if sums.is_file() else []
    lines = [line for line in lines if line.split()[-1:] and line.split()[-1] not in digests]
    lines += [f"{digest}  {name}" for name, digest in sorted(digests.items())]
    write_whole(sums, lambda temporary: temporary.write_text("\n".join(lines) + "\n", encoding="utf-8"))


def _download_paper(obtain: Callable[[str, str, Path], None]) -> list[Path]:
    from safetensors.torch import save_file

    spec, paths = MODELS["paper"], []
    for part, (file_name, convert) in _PAPER_FILES.items():
        raw = cache_folder() / file_name
        obtain(file_name, PAPER_URL + file_name, raw)
        try:
            try:
                state = torch.load(raw, map_location="cpu", weights_only=True)
            except Exception as error:  # whatever a file that is no checkpoint raises
                raise InputError(
                    f"{file_name} is not a PyTorch checkpoint: something else was sent or stored under its name"
                ) from error
            tensors = convert(state)
            network = spec.encoder() if part == "encoder" else spec.decoder()
            check_shapes(tensors, network.state_dict(), file_name)
            write_whole(spec.file(part), partial(save_file, tensors))
        finally:
            raw.unlink(missing_ok=True)
        paths.append(spec.file(part))
    return paths


def _download_vgg19(obtain: Callable[[str, str, Path], None]) -> list[Path]:
    from torchvision.models import VGG19_Weights

    source = VGG19_Weights.IMAGENET1K_V1.url
    file_name = source.rsplit("/", 1)[1]
    path = cache_folder() / file_name
    obtain(file_name, source, path)
    return [path]


def _copy(source: Path, path: Path, progress: Callable[[str, int, int], None], check: Callable[[Path], object]) -> None:
    """Copy a file that is here already, whole and checked, or not at all."""
    try:
        open_file(source, "the published file").close()
    except FileNotFoundError as error:
        raise MissingFileError(
            f"{source.name} is not in {source.parent}: put the published file there under its own name"
        ) from error

    def copy(temporary: Path) -> None:
        shutil.copyfile(source, temporary)
        check(temporary)

    write_whole(path, copy)
    progress(path.name, path.stat().st_size, path.stat().st_size)


def fetch(
    url: str,
    path: Path,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    limit: int = MAX_BYTES,
    check: Callable[[Path], object] = lambda _: None,
) -> None:
    """Copy a URL to ``path``, whole or not at all; never more than ``limit`` bytes, whatever the server sends.

    Args:
        url: where it is.
        path: where it is to lie; a file that is there stays until the new one is complete and checked.
        progress: called with (file name, bytes so far, bytes in all or 0).
        limit: bytes.
        check: called with the complete file, before it has its name; what it raises ends the matter.

    Raises:
        ConnectionError: no network, no such file, or the connection ended early.
        ValueError: the folder cannot be written.
    """

    def copy(temporary: Path) -> None:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response, open(temporary, "wb") as file:
            said = response.headers.get("Content-Length") or "0"
            total, done = int(said) if said.isdigit() else 0, 0
            while chunk := response.read(1 << 20):
                done += len(chunk)
                if max(done, total) > limit:
                    raise InputError(
                        f"{path.name} would have more than {limit // 2**20} MB, and is not the published file: "
                        "something else is at that address"
                    )
                file.write(chunk)
                progress(path.name, done, total)
            if total and done != total:
                raise http.client.IncompleteRead(b"", total - done)
        check(temporary)

    def guarded(temporary: Path) -> None:
        # urllib's errors are OSErrors too: tell them from those of the disk before write_whole sees them.
        try:
            copy(temporary)
        except urllib.error.HTTPError as error:
            raise _NetworkFailure(
                f"{path.name} could not be downloaded: the server answered {error.code} {error.reason} for {url}"
            ) from error
        except (urllib.error.URLError, TimeoutError, http.client.HTTPException, ConnectionError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            reason = getattr(error, "reason", None) or error
            raise _NetworkFailure(
                f"{path.name} could not be downloaded ({reason}): check the network and try again; everything else works without it"
            ) from error

    try:
        write_whole(path, guarded)
    except _NetworkFailure as error:
        raise NetworkError(str(error)) from error.__cause__


class _NetworkFailure(Exception):
    """A network failure on its way through :func:`write_whole`, which takes every OSError for the disk's."""


DOWNLOADS: dict[str, Callable[..., list[Path]]] = {"paper": _download_paper, "vgg19": _download_vgg19}
