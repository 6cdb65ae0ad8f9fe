import {askAsUser} from './ask-as-user.js';

export const login = askAsUser('login_info', (client, user) => client.userLogin(user));
