/** Requests to our own server: JSON in, JSON out, every failure a Problem. */

export interface ProblemDetail { where: string; what: string; todo: string }

/** A failed request. status 0 = the server was not reached; code names the reason. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** Whether trying the very same request later may succeed. */
  get passing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  get details(): ProblemDetail[] {
    return Array.isArray(this.body["problems"]) ? (this.body["problems"] as ProblemDetail[]) : [];
  }
}

interface CallOptions { headers?: Record<string, string>; keepalive?: boolean; timeout?: number }

/** The token is read at each call, from the cookie first: signing in again in another tab rotates it. */
function csrfToken(): string {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return cookie ?? document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Send one request with the token and, if there is a body, its type. Throws whatever fetch throws. */
export function send(method: string, url: string, init: RequestInit, more: Record<string, string> = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...more };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (init.body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(url, { ...init, method, headers, credentials: "same-origin" });
}

export function unreachable(): Problem {
  return new Problem(0, "unreachable", "The server could not be reached.");
}

/** Send a request and return its JSON (or null for an empty answer). Throws Problem. */
export async function call<T>(method: "GET" | "POST" | "PUT", url: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  const init: RequestInit = { signal: AbortSignal.timeout(options.timeout ?? 20_000) };
  if (body !== undefined) {
    init.body = typeof body === "string" ? body : JSON.stringify(body);
    // Browsers refuse keepalive bodies over 64 KiB.
    if (options.keepalive && (init.body as string).length < 60_000) init.keepalive = true;
  }
  let response: Response;
  let text: string;
  try {
    response = await send(method, url, init, options.headers);
    text = await response.text();
  } catch {
    throw unreachable();
  }
  if (response.redirected && /\/(login|accounts)\b/.test(new URL(response.url).pathname)) {
    throw new Problem(401, "signed_out", "You are signed out. Sign in again in another tab, then come back.");
  }
  if (!response.ok) throw failure(response.status, text);
  if (!text) return null as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Problem(502, "not_json", "The server's answer could not be read.");
  }
}

/** The Problem that a refused request's answer tells of. */
export function failure(status: number, text: string): Problem {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text);
  } catch {
    // A proxy's page, or nothing: the status says enough.
  }
  const problem = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Record<string, unknown>;
  const say = (problem["detail"] || problem["title"] || `The server answered ${status}.`) as string;
  return new Problem(status, String(problem["code"] ?? status), say, problem);
}
