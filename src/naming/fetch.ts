import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ByteWriter, ComError, HResult } from "../base/index.ts";
import { BINDSTATUS } from "../com/gen/urlmon.ts";
import type { Awaitable } from "../ndr/index.ts";

/** What stood at an address. */
export interface Fetched {
  readonly bytes: Uint8Array;
  /** Its media type, in lower case and without parameters; "" when nobody said. */
  readonly type: string;
  /** Where it was found in the end. */
  readonly url: URL;
}

/** What a fetch may take, and who is told. */
export interface FetchOptions {
  /** The most bytes it takes, unpacked. */
  readonly limit: number;
  /** Ends it; its reason is what is thrown. */
  readonly signal: AbortSignal;
  /** BINDSTATUS_* with so many bytes of so many (0: unknown). */
  readonly progress: (status: number, at: number, of: number, text: string) => Awaitable<void>;
}

/** How many addresses one address may lead on to. */
const maxRedirects = 10;

/** Fetches what stands at an address of http, https or file. Throws INET_E_*. */
export async function fetchUrl(url: URL, options: FetchOptions): Promise<Fetched> {
  try {
    if (url.protocol === "file:") return await readFileUrl(url, options);
    return await fetchHttp(url, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw error instanceof ComError ? error : new ComError(codeOf(error), reasonOf(error), { cause: error });
  }
}

async function fetchHttp(first: URL, options: FetchOptions): Promise<Fetched> {
  const { progress, signal } = options;
  let url = first;
  for (let left = maxRedirects; ; left--) {
    check(url);
    await progress(BINDSTATUS.BINDSTATUS_CONNECTING, 0, 0, url.host);
    const response = await fetch(url, { redirect: "manual", signal });
    const { status } = response;
    if (status >= 200 && status < 300) return await body(url, response, options);
    await response.body?.cancel();
    const onward = status >= 300 && status < 400 ? response.headers.get("location") : null;
    if (onward === null) throw refused(status, url);
    url = follow(url, onward, left);
    await progress(BINDSTATUS.BINDSTATUS_REDIRECTING, 0, 0, url.href);
  }
}

function check({ protocol, username, password }: URL): void {
  if (protocol !== "http:" && protocol !== "https:")
    throw new ComError(HResult.INET_E_UNKNOWN_PROTOCOL, `addresses of ${protocol} are not fetched`);
  if (username !== "" || password !== "")
    throw new ComError(
      HResult.INET_E_SECURITY_PROBLEM,
      "a name and password within an address are not sent to anybody",
    );
}

/** Where an address leads on to: never from a protected one to one that is not, never to a file. */
function follow(from: URL, location: string, left: number): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  const safe = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to !== undefined && safe && left > 0) return to;
  const why = left > 0 ? `leads on to ${location.slice(0, 200)}` : `leads on more than ${maxRedirects} times`;
  throw new ComError(HResult.INET_E_REDIRECT_FAILED, `${from.href.slice(0, 200)} ${why}`);
}

function refused(status: number, url: URL): ComError {
  const message = `${url.host} answers ${status} for ${url.pathname.slice(0, 200)}`;
  if (status === 401 || status === 407) return new ComError(HResult.INET_E_AUTHENTICATION_REQUIRED, message);
  if (status === 404 || status === 410) return new ComError(HResult.INET_E_OBJECT_NOT_FOUND, message);
  return new ComError(HResult.INET_E_DOWNLOAD_FAILURE, message);
}

async function body(url: URL, response: Response, { limit, progress }: FetchOptions): Promise<Fetched> {
  const { headers } = response;
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "") await progress(BINDSTATUS.BINDSTATUS_MIMETYPEAVAILABLE, 0, 0, type);
  // The length of what is packed says nothing of what comes out of it.
  const told = headers.get("content-encoding") === null ? Number(headers.get("content-length") ?? 0) : 0;
  if (told > limit) {
    await response.body?.cancel();
    throw tooLong(url, limit);
  }
  // One row of bytes: pieces of a byte each, kept as they come, would take a hundred times the limit.
  const whole = new ByteWriter();
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const status =
      length === 0 ? BINDSTATUS.BINDSTATUS_BEGINDOWNLOADDATA : BINDSTATUS.BINDSTATUS_DOWNLOADINGDATA;
    length += chunk.length;
    if (length > limit) throw tooLong(url, limit);
    whole.raw(chunk);
    await progress(status, length, told, url.href);
  }
  await progress(BINDSTATUS.BINDSTATUS_ENDDOWNLOADDATA, length, length, url.href);
  return { bytes: whole.finish(), type, url };
}

function tooLong(url: URL, limit: number): ComError {
  return new ComError(
    HResult.INET_E_DOWNLOAD_FAILURE,
    `${url.href.slice(0, 200)} has more than ${limit} bytes`,
  );
}

/** The path of an address of a file. Throws INET_E_INVALID_URL. */
export function pathOfUrl(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new ComError(HResult.INET_E_INVALID_URL, `${url.href.slice(0, 200)} is no file's address here`, {
      cause,
    });
  }
}

async function readFileUrl(url: URL, { limit, progress, signal }: FetchOptions): Promise<Fetched> {
  const path = pathOfUrl(url);
  await progress(BINDSTATUS.BINDSTATUS_BEGINDOWNLOADDATA, 0, 0, path);
  // Devices and pipes have no end, and opening one may wait for ever.
  if (!(await stat(path)).isFile()) throw new ComError(HResult.INET_E_OBJECT_NOT_FOUND, `${path} is no file`);
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLong(url, limit);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let got = -1; got !== 0 && at < size; at += got) {
      signal.throwIfAborted();
      got = (await file.read(bytes, at, Math.min(size - at, 1 << 20))).bytesRead;
    }
    await progress(BINDSTATUS.BINDSTATUS_ENDDOWNLOADDATA, at, at, path);
    return { bytes: bytes.subarray(0, at), type: "", url };
  } finally {
    await file.close();
  }
}

const codes: Readonly<Record<string, number>> = {
  ENOTFOUND: HResult.INET_E_RESOURCE_NOT_FOUND,
  EAI_AGAIN: HResult.INET_E_RESOURCE_NOT_FOUND,
  ENOENT: HResult.INET_E_RESOURCE_NOT_FOUND,
  ENOTDIR: HResult.INET_E_RESOURCE_NOT_FOUND,
  EACCES: HResult.E_ACCESSDENIED,
  EPERM: HResult.E_ACCESSDENIED,
  ETIMEDOUT: HResult.INET_E_CONNECTION_TIMEOUT,
  UND_ERR_CONNECT_TIMEOUT: HResult.INET_E_CONNECTION_TIMEOUT,
  UND_ERR_HEADERS_TIMEOUT: HResult.INET_E_CONNECTION_TIMEOUT,
  UND_ERR_BODY_TIMEOUT: HResult.INET_E_CONNECTION_TIMEOUT,
};

/** The code of the platform's error, or of what lies behind it. */
function codeOf(error: unknown): number {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = "code" in at ? String(at.code) : "";
    const known = codes[code];
    if (known !== undefined) return known;
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return HResult.INET_E_INVALID_CERTIFICATE;
  }
  // What had begun to come and broke off says "terminated".
  const broken = error instanceof Error && error.message === "terminated";
  return broken ? HResult.INET_E_DOWNLOAD_FAILURE : HResult.INET_E_CANNOT_CONNECT;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
