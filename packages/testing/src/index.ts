// Decides what tests may import from @ottla/testing.
export { EmbeddedKafka, type EmbeddedKafkaOptions } from './embedded-kafka.js';
export { KafkaProbe, ProbeError, type ProbeOptions } from './kafka-probe.js';
export { KafkaTestingModule, type KafkaTestingModuleOptions } from './kafka-testing.module.js';
export { waitForAssignment } from './wait-for-assignment.js';
