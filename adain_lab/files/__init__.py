"""Files of any kind: what may be read, and writing whole or not at all.

Everything that is read or written goes through here, so that a pipe is refused before it hangs, and a full disk, a
locked folder or a name that is too long is one sentence, wherever it happens.
"""

from adain_lab.files.names import MAX_NAME, cache_folder, check_name
from adain_lab.files.reading import a_kind, exists, open_file, read_bytes, sha256_of, what_is_there
from adain_lab.files.words import printable, reason
from adain_lab.files.writing import sweep, temporary_folder, write_tensors, write_whole

__all__ = [
    "MAX_NAME",
    "a_kind",
    "cache_folder",
    "check_name",
    "exists",
    "open_file",
    "printable",
    "read_bytes",
    "reason",
    "sha256_of",
    "sweep",
    "temporary_folder",
    "what_is_there",
    "write_tensors",
    "write_whole",
]
