import type {FastifyInstance} from 'fastify';
import type {Tower} from '../../../tower/tower.js';

/** The endpoints that devices ask for their authorization at. */
export const addAuthRoutes: (app: FastifyInstance, tower: Tower) => void = () => undefined;
