// Decides how an Apache Kafka with every kind of protected listener is started.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { javaTool, startApacheKafka } from './apache-kafka.mjs';
import { makeCertificates } from './certificates.mjs';
import { freePorts } from './ports.mjs';

export const users = { plain: 'ada', scram: 'grace,=hopper' };
export const passwords = { plain: 'ada-secret', scram: 'grace-secret' };
/** Sessions are short, so that a test sees some end. */
export const sessionMs = 3000;

const modules = {
  plain: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  scram: 'org.apache.kafka.common.security.scram.ScramLoginModule',
  bearer: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
};

/** @param {string} listener */
function saslSettings(listener) {
  const jaas = (/** @type {string} */ mechanism) => `listener.name.${listener}.${mechanism}.sasl.jaas.config`;
  return {
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [jaas('plain')]: `${modules.plain} required user_${users.plain}="${passwords.plain}";`,
    [jaas('scram-sha-256')]: `${modules.scram} required;`,
    [jaas('scram-sha-512')]: `${modules.scram} required;`,
    [jaas('oauthbearer')]: `${modules.bearer} required unsecuredLoginStringClaim_sub="broker";`,
  };
}

/** @param {{ java: string, classPath: string }} kafka */
export async function startSecureKafka(kafka) {
  const certificates = await makeCertificates();
  const [controller, plaintext, tls, mutual, saslTls, saslPlain] = await freePorts(6);
  const keystore = path.join(certificates.directory, 'broker.pem');
  await writeFile(keystore, `${certificates.broker.key}${certificates.broker.cert}`);
  const truststore = path.join(certificates.directory, 'authority.crt');
  const listeners = {
    PLAINTEXT: plaintext,
    TLS: tls,
    MUTUAL: mutual,
    SASL_SSL: saslTls,
    SASL_PLAINTEXT: saslPlain,
  };
  const addresses = Object.entries(listeners).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const broker = await startApacheKafka(kafka, {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': addresses.join(','),
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,TLS:SSL,MUTUAL:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': truststore,
    'listener.name.mutual.ssl.client.auth': 'required',
    'connections.max.reauth.ms': String(sessionMs),
    ...saslSettings('sasl_ssl'),
    ...saslSettings('sasl_plaintext'),
  });
  await addScramUser(kafka, `127.0.0.1:${plaintext}`);
  return {
    certificates,
    servers: Object.fromEntries(Object.entries(listeners).map(([name, port]) => [name, `127.0.0.1:${port}`])),
    async stop() {
      await broker.stop();
      await certificates.remove();
    },
  };
}

/** @param {{ java: string, classPath: string }} kafka @param {string} bootstrapServers */
async function addScramUser(kafka, bootstrapServers) {
  const config = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
    (mechanism) => `${mechanism}=[iterations=8192,password=${passwords.scram}]`,
  );
  const target = [
    '--bootstrap-server',
    bootstrapServers,
    '--entity-type',
    'users',
    '--entity-name',
    users.scram,
  ];
  for (const one of config)
    await javaTool(kafka, 'kafka.admin.ConfigCommand', ['--alter', '--add-config', one, ...target]);
}
