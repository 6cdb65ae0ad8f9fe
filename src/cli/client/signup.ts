import {askAsUser} from './ask-as-user.js';

export const signup = askAsUser('signup_info', (client, user) => client.userSignup(user));
