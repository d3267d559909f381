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

/** The token is read at each call: signing in elsewhere may have rotated it. */
function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Send a request and return its JSON (or null for an empty answer). Throws Problem. */
export async function call<T>(method: "GET" | "POST" | "PUT", url: string, body?: unknown, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: AbortSignal.timeout(options.timeout ?? 20_000) };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = typeof body === "string" ? body : JSON.stringify(body);
    // Browsers refuse keepalive bodies over 64 KiB.
    if (options.keepalive && (init.body as string).length < 60_000) init.keepalive = true;
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, init);
    text = await response.text();
  } catch {
    throw new Problem(0, "unreachable", "The server could not be reached.");
  }
  if (response.redirected && /\/(login|accounts)\b/.test(new URL(response.url).pathname)) {
    throw new Problem(401, "signed_out", "You are signed out. Sign in again in another tab, then come back.");
  }
  let parsed: unknown = null;
  if (text) {
    try {
      parsed = JSON.parse(text);
    } catch {
      if (response.ok) throw new Problem(502, "not_json", "The server's answer could not be read.");
    }
  }
  if (response.ok) return parsed as T;
  const problem = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Record<string, unknown>;
  const say = (problem["detail"] || problem["title"] || `The server answered ${response.status}.`) as string;
  throw new Problem(response.status, String(problem["code"] ?? response.status), say, problem);
}
