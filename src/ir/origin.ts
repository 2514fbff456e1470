/**
 * Origin of an equation: the scope it was written in (`namedScope`) and, under the switches that look for
 * faults, the line of the user's source. While an equation is applied again - by the interpreter, by a
 * transform - what comes out of it has its origin. Both are relative: scopes are joined where a jaxpr is run.
 */

/** Where an equation comes from; absent fields cost nothing. */
export interface Origin {
  /** Path of named scopes, outermost first: "model/layer1". */
  readonly scope?: string;
  /** Place in the user's source, "file:line:column". */
  readonly source?: string;
}

let scope = "";
let source: string | undefined;

/** Path of the scopes that are open now; empty outside of all. */
export const currentScope = (): string => scope;

/** Source line of the equation that is being applied; undefined where user code runs directly. */
export const currentSource = (): string | undefined => source;

export const joinScopes = (outer: string | undefined, inner: string | undefined): string | undefined =>
  outer === undefined || outer === "" ? inner : inner === undefined || inner === "" ? outer : `${outer}/${inner}`;

/** The part of the current scope that was opened after `base` was current. */
export const scopeSince = (base: string): string | undefined => {
  if (scope === base) return undefined;
  return base !== "" && scope.startsWith(`${base}/`) ? scope.slice(base.length + 1) : scope;
};

/** Runs `body` in a scope inside the current one. */
export const withScope = <T>(name: string | undefined, body: () => T): T => {
  const outer = scope;
  scope = joinScopes(scope, name) ?? "";
  try {
    return body();
  } finally {
    scope = outer;
  }
};

/** Runs `body` in the scope and source line of an equation. Users' code further in has lines of its own. */
export const withOrigin = <T>(origin: Origin, body: () => T): T => {
  const outer = source;
  source = origin.source ?? source;
  try {
    return withScope(origin.scope, body);
  } finally {
    source = outer;
  }
};

/** Runs the transpose of an equation: its scope stands in parentheses. */
export const withTransposedOrigin = <T>({ scope: own, source: line }: Origin, body: () => T): T =>
  own === undefined && line === undefined
    ? body()
    : withOrigin(
        {
          ...(own === undefined ? {} : { scope: `transpose(${own})` }),
          ...(line === undefined ? {} : { source: line }),
        },
        body,
      );
