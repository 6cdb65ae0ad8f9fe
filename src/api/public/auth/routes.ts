import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import {requestKinds} from '../../../gatekeeper/auth/level.js';
import type {Tower} from '../../../tower/tower.js';
import {answer} from '../answer.js';
import {bodyOf} from '../body-reader.js';
import {refuseUnready} from '../refusals.js';
import {requestAnswer, statusAnswer} from './answers.js';
import {maxAuthBodyBytes, statusBody, submissionBody} from './bodies.js';
import {Intake, provenBytesPerBlock} from './intake.js';
import {authRefusalOf} from './refusals.js';

type Answer = (request: FastifyRequest) => Promise<object> | object;

/** The endpoints that devices ask for their authorization at. */
export function addAuthRoutes(app: FastifyInstance, tower: Tower): void {
  const {auth, gatekeeper} = tower;
  const intake = new Intake(provenBytesPerBlock);
  const config = {maxBodyBytes: maxAuthBodyBytes};
  const tipHeight = (): number => tower.tip!.height;

  const answered = (run: Answer) => async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      return answer(reply, await run(request));
    } catch (error) {
      throw authRefusalOf(error);
    }
  };

  app.get(
    '/auth/info',
    answered(() => {
      refuseUnready(tower);
      const {height, hash} = tower.tip!;
      const {auth: level, proofWindow} = gatekeeper.settings;
      return {tower_id: tower.id, auth: level, block_height: height, block_hash: hash, proof_window: proofWindow};
    }),
  );
  for (const kind of requestKinds) {
    app.post(
      `/auth/${kind}`,
      {config},
      answered(async (request) => {
        const submission = submissionBody(kind, bodyOf(request));
        refuseUnready(tower);
        const details = await auth.submit(submission, {admit: intake.from(request.ip)});
        return requestAnswer(details, tipHeight());
      }),
    );
  }
  app.post(
    '/auth/request',
    {config},
    answered(async (request) => {
      const question = statusBody(bodyOf(request));
      refuseUnready(tower);
      return statusAnswer(await auth.ownStatus(question), tipHeight());
    }),
  );
}
