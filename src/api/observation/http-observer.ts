/** A request that was answered, as whoever counts them is told. */
export interface AnsweredRequest {
  readonly method: string;
  /** The pattern of the route that answered, never the path that was asked for; undefined when there was none. */
  readonly route: string | undefined;
  readonly status: number;
  /** Undefined for what could not be read as a request. */
  readonly seconds: number | undefined;
}

/** Told of every request that was answered, after its last byte. It must not throw. */
export type HttpObserver = (answered: AnsweredRequest) => void;
