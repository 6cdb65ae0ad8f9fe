const none = () => (): never => {
  throw new Error('a route has a schema of fastify, which nobody compiles');
};

/** For fastify: it holds nothing against schemas, so its compilers, a hundred files, are not even loaded. */
export const schemaController = {compilersFactory: {buildValidator: none, buildSerializer: none}};
