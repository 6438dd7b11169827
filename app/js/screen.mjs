// The credential of a wall: a key pair that the browser makes and never gives away, kept in its IndexedDB. Before each
// connection the wall signs what the server asks, together with the origin that it is at. The page of the map imports this;
// the page with the pairing code, which has nothing but itself, carries it in its text.

const FOLDER = "evwall-screen";
const SHELF = "keys";
const NAME = "this screen";
const PATIENCE_MS = 5_000;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Does one thing with the shelf of keys. */
function shelf(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(FOLDER, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(SHELF);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const folder = opening.result;
      const doing = folder.transaction(SHELF, mode);
      const asked = work(doing.objectStore(SHELF));
      doing.oncomplete = () => {
        folder.close();
        resolve(asked.result);
      };
      doing.onabort = () => reject(doing.error);
      doing.onerror = () => reject(doing.error);
    };
  });
}

/** The key pair of this wall, if it has one. */
export async function kept() {
  return (await shelf("readonly", (keys) => keys.get(NAME))) ?? null;
}

/** Makes a key pair in place of the one before. Its private half can sign and cannot be read. */
export async function make() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  await shelf("readwrite", (keys) => keys.put(pair, NAME));
  // Or a full disk may cost the wall its key.
  await navigator.storage?.persist?.();
  return pair;
}

/** The public half as the server keeps it: an uncompressed point. */
export const publicHalf = async (pair) => hex(await crypto.subtle.exportKey("raw", pair.publicKey));

export async function ask(question, body) {
  const answer = await fetch(`/screen/${question}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

/**
 * Proves to the server that this is the wall that was paired, so that one connection may be opened. Says how that went:
 * "none" without a key, "unknown" where the key is not or no longer paired, "away" where nothing can be said, else what the
 * server said: "proved", "signed_in", "busy". Never throws.
 */
export async function prove() {
  try {
    const pair = await kept();
    if (!pair) return "none";
    const { challenge } = await ask("challenge", {});
    const text = new TextEncoder().encode(`evwall screen 1\n${location.origin}\n${challenge}`);
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, text);
    const { state } = await ask("answer", { key: await publicHalf(pair), challenge, signature: hex(signature) });
    return state;
  } catch {
    return "away";
  }
}
