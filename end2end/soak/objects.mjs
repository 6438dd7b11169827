// What the scripts of a page keep: the heap without the code that the browser compiles of them, more of it the longer a page
// lives, and without its own objects behind the document, of which the tools that look at the page hold some.

const NOT_THE_PAGES = ["code", "native"];

/** Bytes after collection. The page stands still for as long as the whole heap takes to be written down: about a second. */
export async function objectBytes(devtools) {
  const pieces = [];
  const hear = ({ chunk }) => pieces.push(chunk);
  devtools.on("HeapProfiler.addHeapSnapshotChunk", hear);
  await devtools.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  devtools.off("HeapProfiler.addHeapSnapshotChunk", hear);
  const { snapshot, nodes } = JSON.parse(pieces.join(""));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
  const names = types[type];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (!NOT_THE_PAGES.includes(names[nodes[at + type]])) bytes += nodes[at + size];
  }
  return bytes;
}
