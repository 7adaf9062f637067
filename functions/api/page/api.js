// Calls the API, and only the API: a key is sent nowhere else. Errors are Problems; pauses are kept.

const PASSING = [429, 502, 503, 504];
const LONGEST_PAUSE = 30;
const PATIENCE = 60; // seconds: what takes longer is said, not waited for

/** An error of the API (RFC 9457), of its gateway, or of the connection (`status` 0). */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail || body.title || body.message || `The service answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.type = (body.type ?? "").split(":").at(-1);
    this.title = body.title ?? "";
    this.detail = body.detail ?? body.message ?? "";
    this.body = body;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may work later, with nothing changed. */
  get passes() {
    if (this.retryAfter > PATIENCE || (this.type === "limit" && !this.retryAfter)) return false;
    return this.status === 0 || PASSING.includes(this.status) || this.fromGateway;
  }

  /** Whether the gateway could not run the API (docs/contract.md): its errors have no type. */
  get fromGateway() {
    return this.status === 500 && !this.type;
  }
}

/** Return the seconds of a Retry-After header, or null. */
export function retryAfter(headers) {
  const value = headers.get("Retry-After");
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

/** Return the pause before a further attempt, in seconds: what the service asks for, or 1, 2, 4, … 30. */
export const pause = (attempt, asked = null) => asked || Math.min(2 ** attempt, LONGEST_PAUSE);

/** Resolve after `seconds`, or at once when the browser is online again; reject when `signal` aborts. */
export function wait(seconds, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    addEventListener("online", done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

/** Return the calls of the API; `key` has `get()`, the current key, and `ask(wrong)`, which resolves to a new one. */
export function api(key) {
  async function once(method, path, {body, headers = {}, signal} = {}) {
    const sent = key.get();
    const authorised = sent ? {...headers, Authorization: `Bearer ${sent}`} : headers;
    let answer, json;
    try {
      answer = await fetch(path, {method, body, headers: authorised, signal, credentials: "omit"});
      const text = await answer.text(); // the connection may break here, too
      json = (answer.headers.get("Content-Type") ?? "").includes("json") && text ? JSON.parse(text) : {};
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0, {title: "No connection", detail: "Catalight cannot be reached."});
    }
    const pause = retryAfter(answer.headers);
    if (!answer.ok) throw Object.assign(new Problem(answer.status, json, pause), {sent});
    return {status: answer.status, body: json, retryAfter: pause};
  }

  async function call(method, path, options = {}) {
    for (;;) {
      try {
        return await once(method, path, options);
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 401) throw error;
        const another = error.sent !== key.get(); // given while this call was under way
        if (!another && !(await key.ask(Boolean(error.sent)))) throw error;
      }
    }
  }

  /** Repeat `call` while the reason for its failure may pass; `onPause(problem, seconds)` tells of each pause. */
  async function patiently(path, {method = "GET", onPause = () => {}, onResume = () => {}, attempts = Infinity, ...options} = {}) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await call(method, path, options);
        if (attempt) onResume();
        return answer;
      } catch (error) {
        if (!(error instanceof Problem) || !error.passes || attempt + 1 >= attempts) throw error;
        const seconds = pause(attempt, error.retryAfter);
        onPause(error, seconds);
        await wait(seconds, options.signal);
      }
    }
  }

  return {
    call,
    patiently,
    get: async (path, options) => (await call("GET", path, options)).body,
    post: async (path, body, options) => (await call("POST", path, {body, ...options})).body,
    delete: async (path, options) => (await call("DELETE", path, options)).body,
  };
}
