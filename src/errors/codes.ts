/**
 * Every error code, once. `docs/reference/errors.md` lists the same codes; a test holds the two together.
 *
 * - `rejection`: an expected answer to whoever asked; nothing has changed.
 * - `operational`: the outside world (node, disk, file, setting) failed.
 * - `invariant`: a defect of Bartizan; it stops, and is safe to restart.
 */
export type ErrorFamily = 'rejection' | 'operational' | 'invariant';

export interface ErrorMeaning {
  readonly family: ErrorFamily;
  readonly meaning: string;
  readonly hint: string;
  /** Exit status of a command that ends with this error: 1 refused or failed, 2 usage. */
  readonly exit?: 1 | 2;
}

const rejection = (meaning: string, hint: string): ErrorMeaning => ({family: 'rejection', meaning, hint});
const operational = (meaning: string, hint: string): ErrorMeaning => ({family: 'operational', meaning, hint});
const usage = (meaning: string, hint: string): ErrorMeaning => ({family: 'operational', meaning, hint, exit: 2});

export const errorCodes = {
  // Gatekeeper
  TOWER_INVALID_PARAMETER: rejection(
    'A value in the request does not have the expected form.',
    'Compare the value with the form that the message names.',
  ),
  TOWER_AUTHENTICATION_FAILURE: rejection(
    'No public key could be recovered from the signature, or the key is not registered.',
    'Sign the exact message with the registered key, or register first.',
  ),
  TOWER_USER_NOT_FOUND: rejection(
    'There is no user with this id or key.',
    'List the users with `bartizan users`: a user is deleted when his grace period ends.',
  ),
  TOWER_SUBSCRIPTION_EXPIRED: rejection(
    'The subscription has expired.',
    'Register again: a renewal in the grace period keeps every appointment.',
  ),
  TOWER_NOT_ENOUGH_SLOTS: rejection(
    'The appointment needs more slots than the subscription has left.',
    'Register again to add slots, or send a smaller blob.',
  ),
  TOWER_MAXIMUM_SLOTS_REACHED: rejection(
    'The renewal would lift the slots above 4294967295.',
    'Use the slots that the subscription has.',
  ),
  TOWER_MAXIMUM_EXPIRY_REACHED: rejection(
    'The expiry, grace period included, would pass block 4294967295.',
    'Choose a smaller subscription_duration or expiry_delta.',
  ),
  TOWER_NO_TIP: rejection(
    'The tower has not seen a block yet, so it cannot date a subscription.',
    'Wait until the tower has reached its chain: `bartizan status` tells.',
  ),
  TOWER_QUEUE_FULL: rejection('Too many requests are waiting for the single writer.', 'Try again in a moment.'),
  TOWER_HALTED: operational(
    'The tower has stopped taking events.',
    'See the error that halted it in the log; it is safe to restart.',
  ),

  // Authorization
  TOWER_NOT_AUTHORIZED: rejection(
    'The key is not authorized, and the tower asks for an authorization.',
    'Send a request of the kind that the tower asks for, and wait until it is approved.',
  ),
  TOWER_WRONG_AUTH_LEVEL: rejection(
    'The tower does not take requests of this kind, or give this role, at its level of authorization.',
    'Use what the level asks for: user_signup and user_login with `auth = user`, new_node with `auth = node`; new_node for a primary at every level.',
  ),
  TOWER_UNKNOWN_KIND: rejection('There is no request of this kind.', 'Use user_signup, user_login or new_node.'),
  TOWER_INVALID_INFO: rejection(
    'signup_info or login_info is missing, too long, or not well-formed text.',
    'Send text of at most 4096 bytes of UTF-8; for a node none.',
  ),
  TOWER_INVALID_NODE_INFO: rejection(
    'node_info is not a small, flat enough JSON object without repeated names, or its public_key is none.',
    'Send a JSON object with `public_key`, a compressed secp256k1 key in hex.',
  ),
  TOWER_INVALID_PROOF: rejection(
    'The signature is not the one of the device over this request.',
    'Sign the message that docs/reference/auth.md describes with the key that node_info names.',
  ),
  TOWER_STALE_PROOF: rejection(
    'The proof names a block that is not one of the last on the best chain.',
    'Sign again, with the hash of the present tip.',
  ),
  TOWER_REPLAYED_PROOF: rejection(
    'The device has sent a newer request since this one was signed.',
    'Sign again, with the hash of the present tip.',
  ),
  TOWER_ALREADY_AUTHORIZED: rejection(
    'The device has been authorized already.',
    'Use it: its user id and role are among the facts.',
  ),
  TOWER_DENIED_COOLDOWN: rejection(
    'The device was denied, and may not ask again yet.',
    'Ask again at the height that the message names.',
  ),
  TOWER_TOO_MANY_REVISIONS: rejection(
    'The device has replaced its pending request too often.',
    'Wait until the last one is decided or expires.',
  ),
  TOWER_TOO_MANY_REQUESTS: rejection(
    'As many requests are pending as the tower accepts.',
    'Try again in a few blocks; an operator may raise max_pending_requests.',
  ),
  TOWER_REQUEST_NOT_FOUND: rejection(
    'There is no request with this id, or none of this key.',
    'List the requests with `bartizan requests`.',
  ),
  TOWER_REQUEST_CLOSED: rejection(
    'The request has been decided already, or has expired.',
    'Look at it with `bartizan request ID`; the device may ask again.',
  ),
  TOWER_WRONG_DECISION: rejection(
    'The decision does not fit the kind of the request.',
    'Give a signup or a login a user id, and a node a role.',
  ),
  TOWER_LOGIN_WITHOUT_USER: rejection(
    'A login is the way to a user that is there; user id 0, a new user, is for signups.',
    'Name the user id, or deny the login and let the device sign up.',
  ),
  TOWER_USER_ID_IN_USE: rejection(
    'The user id of a signup belongs to another user.',
    'Name another id, or 0 for a new one.',
  ),
  TOWER_NO_USER_ID: rejection('The highest user id, 4294967295, has been given out.', 'Name an id that is free.'),
  TOWER_TOO_MANY_DEVICES: rejection(
    'The user has as many devices as one user may have.',
    'Revoke one of them: `bartizan revoke KEY`.',
  ),
  TOWER_DEVICE_NOT_FOUND: rejection('No authorized device has this key.', 'List the devices with `bartizan devices`.'),
  TOWER_INVALID_PRAGMA: rejection(
    'The line is no PRAGMA that the tower knows.',
    'See docs/reference/auth.md for the lines that work.',
  ),
  TOWER_INVALID_FUNCTION: rejection(
    'A function was registered under an unknown name, or with another number of arguments than its kind has.',
    'Register user_signup or user_login with 2 arguments, new_node with 1.',
  ),
  TOWER_INVALID_POLICY: usage(
    'The policy file cannot be loaded.',
    'Correct the file at the place that the message names; a tower that runs goes on with what it has loaded before.',
  ),
  TOWER_POLICY_FAILED: operational(
    'A policy threw, hung, crashed or returned something that is no answer.',
    'See the log for the reason; the request is asked about again.',
  ),
  TOWER_WEBHOOK_FAILED: operational(
    'The webhook did not answer, or not as it should.',
    'Look at the service; requests wait meanwhile.',
  ),

  // Store
  TOWER_STORE_LOCKED: operational(
    'Another process has the store open.',
    'Stop the other tower, or use another --data-dir.',
  ),
  TOWER_STORE_TOO_NEW: operational(
    'The store was written by a newer Bartizan.',
    'Update Bartizan, or use another --data-dir.',
  ),
  TOWER_STORE_OUTDATED: operational(
    'Appointments from before their blobs were kept cannot be read.',
    'Use another --data-dir.',
  ),
  TOWER_STORE_CORRUPT: operational(
    'The store holds something that no Bartizan wrote, or lacks something that one did.',
    'Restore a backup into another --data-dir: `bartizan restore DIR`.',
  ),
  TOWER_STORE_FAILED: operational(
    'The disk refused to read or write.',
    'Look at the disk (space, permissions, health), then restart: nothing half-written is kept. From a disk that takes no writing, copy the data directory elsewhere while no tower runs.',
  ),
  TOWER_STORE_MISSING: operational(
    'There is no store in the data directory.',
    'Start a tower there first: `bartizan run`.',
  ),

  TOWER_FOLDER_NOT_EMPTY: operational(
    'A folder in which something new is to be made holds something already.',
    'Name a folder that is not there, or is empty.',
  ),
  TOWER_INVALID_BACKUP: operational(
    'The folder holds no backup, or one that is not whole.',
    'Use another backup: `bartizan restore DIR`.',
  ),
  TOWER_BACKUP_RUNNING: rejection('Another backup of the tower is being made.', 'Wait until it has ended.'),
  TOWER_IS_BACKUP: operational(
    'The data directory holds a backup, not a tower.',
    'Restore it into a data directory: `bartizan restore DIR`.',
  ),
  TOWER_RESTORE_INCOMPLETE: operational(
    'A restore into the data directory was cut off before its end.',
    'Restore again: `bartizan restore DIR`, with the same backup or another.',
  ),

  // Chain
  TOWER_INVALID_BLOCK: operational(
    'A block or header does not follow the rules of its chain.',
    'If it came from a file, the file is damaged; if from a node, the node is.',
  ),
  TOWER_INVALID_FIXTURE: usage(
    'A fixture chain has a line that is not a raw block in hex, or a block without a parent.',
    'Record the chain again with `bartizan record`, or mend the line that the message names.',
  ),
  TOWER_WRONG_NETWORK: operational(
    'The store, the settings and the node do not belong to the same network.',
    'Use the --data-dir of that network, or another node.',
  ),
  TOWER_WRONG_GENESIS: operational(
    'The node has another genesis block than the store.',
    'Use another --data-dir, or the node that this store has followed.',
  ),
  TOWER_REORG_TOO_DEEP: operational(
    'The best chain left ours deeper than `finality` blocks, which is deeper than can be undone.',
    'Wait for the node to come back, or accept its chain: `bartizan recover`.',
  ),
  TOWER_NOTHING_TO_RECOVER: operational(
    'The node is on a chain that the tower follows by itself.',
    'Start the tower: `bartizan run`.',
  ),
  TOWER_NODE_BEHIND: operational(
    'The node does not know our tip and has less work than we have seen.',
    'Wait until the node has caught up, or accept its chain: `bartizan recover`.',
  ),

  // bitcoind
  TOWER_BITCOIND_UNREACHABLE: operational(
    'bitcoind does not answer.',
    'Start bitcoind, or correct btc_rpc_connect and btc_rpc_port.',
  ),
  TOWER_BITCOIND_WARMING_UP: operational('bitcoind is starting and not ready to answer.', 'Wait: it is asked again.'),
  TOWER_BITCOIND_BUSY: operational(
    'bitcoind has too many requests in its queue.',
    'Wait: it is asked again. If it stays so, raise rpcworkqueue.',
  ),
  TOWER_BITCOIND_UNAUTHORIZED: operational(
    'bitcoind refused the credentials.',
    'Correct btc_rpc_cookie, or btc_rpc_user and btc_rpc_password.',
  ),
  TOWER_BITCOIND_NO_COOKIE: operational(
    'The cookie file of bitcoind is not there or cannot be read.',
    'Start bitcoind, or correct btc_rpc_cookie.',
  ),
  TOWER_BITCOIND_RPC: operational(
    'bitcoind answered with an error or with something unreadable.',
    'Read its debug.log.',
  ),
  TOWER_BITCOIND_NOT_FOUND: operational(
    'There is no bitcoind to start.',
    'Set BITCOIND to its path, put it on PATH, or run on Debian, whose packages have one.',
  ),

  // Client
  TOWER_INVALID_ADDRESS: usage(
    'The address of a tower does not have the expected form, or lacks the id of the tower.',
    'Write ID@HOST:PORT, as the operator of the tower gives it.',
  ),
  TOWER_REFUSED: rejection(
    'The tower has refused what a client asked for.',
    "See the tower's own words and number in the message.",
  ),
  TOWER_UNREACHABLE: operational(
    'The tower could not be reached, or did not answer in time.',
    'Try again later; whether it has done what was asked is not known, and asking again is harmless.',
  ),
  TOWER_NOT_A_TOWER: operational(
    'What answers at the address does not speak as a tower does.',
    'Look at the address, and at what stands between here and the tower.',
  ),
  TOWER_MISBEHAVING: operational(
    'The tower has signed a receipt with another key than its own, or not at all.',
    "Compare the tower's id with the one that its operator gives; if it is right, do not trust this tower, and keep the proof.",
  ),
  TOWER_LOWER_RECEIPT: operational(
    'A registration receipt promises no more than what the tower has said before.',
    '`bartizan client verify` shows what of the promises is lost. Register again; if it stays so, ask the operator.',
  ),

  // Settings, command line, scenarios
  TOWER_USAGE: usage('The command line is not understood.', 'See `bartizan --help`.'),
  TOWER_NOT_CONFIRMED: operational('Whoever was asked did not say yes.', 'Call it again, or with --yes.'),
  TOWER_INVALID_SETTING: usage(
    'A setting is unknown, of the wrong type or out of range.',
    'Correct it where the message says it comes from; `bartizan config --template` lists all settings.',
  ),
  TOWER_INVALID_SCENARIO: usage(
    'A scenario file does not have the expected form.',
    'Correct the line that the message names; docs/reference/scenario.md describes the format.',
  ),
  TOWER_INVALID_TAPE: usage(
    'A tape is damaged, cut off, or no tape.',
    'Export it again with `bartizan tape`; docs/reference/tape.md says what a tape holds.',
  ),
  TOWER_TAPE_TOO_NEW: usage('The tape was made by a newer Bartizan.', 'Use that version or a newer one.'),
  TOWER_LOG_PRUNED: operational(
    'The log of the tower does not reach back far enough.',
    'Let the tape begin with a backup of the tower: `bartizan tape FILE --from BACKUP`. Make one now for later tapes.',
  ),
  TOWER_INVALID_SCRIPT: usage(
    'A script for the fake bitcoind does not have the expected form.',
    'Correct the line that the message names; docs/reference/fake-bitcoind.md describes the steps.',
  ),
  TOWER_EXPECTATION_UNMET: operational(
    'A scenario ended otherwise than it expects.',
    'Compare the expectation with the timeline above it.',
  ),
  TOWER_DEFECT_FOUND: operational(
    'An invariant did not hold in a simulation.',
    'It is a defect of Bartizan: please report the scenario, which repeats it.',
  ),
  TOWER_NO_TIME_TRAVEL: operational(
    'The story goes back in a way that a real node cannot be taken.',
    'Play it on the simulated chain.',
  ),
  TOWER_INVALID_WORLD: usage(
    'The file of a world is of another version, damaged or cut short.',
    'Export the world again; a file of a newer version needs a newer Bartizan.',
  ),
  TOWER_UNKNOWN_SNAPSHOT: operational(
    'There is no snapshot of this name.',
    'Take one before: a restored snapshot is not used up.',
  ),
  TOWER_SNAPSHOT_EXISTS: operational(
    'The name of a snapshot is taken, or there are too many.',
    'Choose another name, or drop the snapshot that has it.',
  ),
  TOWER_NOT_REMEMBERED: operational(
    'A simulation is to go back further than it remembers.',
    'Take a snapshot where you want to come back to, or let it remember more blocks.',
  ),
  TOWER_NOT_RUNNING: operational('No tower is running in the data directory.', 'Start one: `bartizan run`.'),
  TOWER_ALREADY_RUNNING: operational(
    'A tower, or a node for tests, is already running in the data directory.',
    'Stop it first, or use another --data-dir.',
  ),
  TOWER_ADMIN_FAILED: operational(
    'A tower is there, but its admin socket did not answer.',
    'See its log; only the user who runs the tower may use the socket.',
  ),
  TOWER_CANNOT_LISTEN: operational(
    'The address of the public API cannot be listened on.',
    'Correct api_bind and api_port.',
  ),
  TOWER_MAINNET_REFUSED: usage(
    'Breaches are not watched for yet, so a tower on mainnet would give receipts that it cannot keep.',
    'Use btc_network = signet, testnet4, testnet or regtest.',
  ),
  TOWER_ADDRESS_IN_USE: operational('The address is taken by another program.', 'Choose another port or path.'),
  TOWER_NOT_SIMULATED: operational(
    'Only a simulated chain mines on command.',
    'Start the tower with `--chain simulated`; for regtest use `bitcoin-cli generatetoaddress`.',
  ),
  TOWER_FILE_FAILED: operational('A file could not be read or written.', 'Look at its path and permissions.'),
  TOWER_INVALID_KEY: operational(
    'The key file of the tower is missing, open to others, or does not hold a secp256k1 secret key.',
    'Restore the file from a copy; a tower with another key breaks its promises.',
  ),

  TOWER_INVARIANT: {
    family: 'invariant',
    meaning: 'Bartizan has found a defect of its own and stopped before it could do harm.',
    hint: 'Restart it, and please report the message.',
  },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorCodes;
