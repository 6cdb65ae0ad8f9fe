// An outside service that decides who may use a tower. PORT and SECRET come from the environment.
import {Buffer} from 'node:buffer';
import {createHmac} from 'node:crypto';
import {createServer} from 'node:http';

const {PORT = '8080', SECRET} = process.env;
const accounts = [
  {id: 1, invitation: 'welcome alice', password: 'open sesame'},
  {id: 2, invitation: 'welcome bob', password: 'swordfish'},
];

function decide({kind, public_key, signup_info, login_info}) {
  if (kind === 'new_node') return {later: true}; // an operator decides
  if (kind === 'user_login') {
    const account = accounts.find(({password}) => password === login_info);
    return account ? {user_id: account.id} : {deny: 'wrong password'};
  }
  const account = accounts.find(({invitation}) => invitation === signup_info);
  if (!account) return {deny: 'unknown invitation'};
  account.owner ??= public_key; // asked again about the same device, it answers the same
  return account.owner === public_key ? {user_id: account.id} : {deny: 'this invitation has been used'};
}

const sign = (body) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (SECRET && request.headers['x-bartizan-signature'] !== sign(body)) return response.writeHead(401).end();
  response.end(JSON.stringify(decide(JSON.parse(body))));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
