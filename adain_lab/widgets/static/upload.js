// @ts-check
// A file on its way to Python.

const MAX_BYTES = 20 * 2 ** 20;
// Jupyter's server closes the connection on a message of more than 10 MB.
const PART_BYTES = 2 ** 20;

/**
 * Send a file in parts.
 * @param {import("./parts.js").Model} model
 * @param {string} kind "content" or "style"
 * @param {File} file
 * @throws {Error} with a sentence for the reader
 */
export async function upload(model, kind, file) {
  if (file.size > MAX_BYTES) throw new Error(`${file.name} is larger than ${MAX_BYTES / 2 ** 20} MB: make it smaller first`);
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Error(`${file.name} could not be read`);
  });
  const id = `${Date.now()}-${Math.random()}`;
  const parts = Math.max(1, Math.ceil(bytes.byteLength / PART_BYTES));
  for (let part = 0; part < parts; part++) {
    const slice = bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES);
    model.send({ do: "upload", id, kind, name: file.name, part, parts }, undefined, [slice]);
  }
}
