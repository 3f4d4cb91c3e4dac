/** What came, and the answer that it came in. */
export interface WithResponse<T> {
  data: T;
  response: Response;
  requestId: string | null;
}

/** An answer that was read, and what it said, as the wire has it. */
export interface Answer {
  response: Response;
  body: unknown;
}

/** What is asked of the API: await it for the result, or ask for the answer as well. The request is sent at once. */
export class APIPromise<T> extends Promise<T> {
  #answer: Promise<Answer>;
  #parse: (body: unknown) => T;

  constructor(answer: Promise<Answer>, parse: (body: unknown) => T) {
    // Whoever awaits `withResponse()` alone must not be told of an unhandled rejection here.
    super((resolve) => resolve(undefined as T));
    this.#answer = answer;
    this.#parse = parse;
  }

  /** The result, the answer, and the id to quote when asking for help. */
  async withResponse(): Promise<WithResponse<T>> {
    const answer = await this.#answer;
    return {
      data: this.#parse(answer.body),
      response: answer.response,
      requestId: answer.response.headers.get("x-request-id"),
    };
  }

  /** The answer alone. Its body has been read: `withResponse()` has what it said. */
  async asResponse(): Promise<Response> {
    return (await this.#answer).response;
  }

  async #result(): Promise<T> {
    return this.#parse((await this.#answer).body);
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#result().then(fulfilled, rejected);
  }

  override catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(null, rejected);
  }

  override finally(done?: (() => void) | null): Promise<T> {
    return this.#result().finally(done);
  }
}
