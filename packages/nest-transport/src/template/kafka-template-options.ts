// Decides the options of the application's KafkaTemplate, and how they are injected.

/** Options of a KafkaTemplate. */
export interface KafkaTemplateOptions {
  /** Whether a template of a transactional factory also sends outside of transactions, by a producer without. Default false. */
  readonly allowNonTransactional?: boolean;
}

/** Injects the options of the application's KafkaTemplate, `template` of KafkaModule. */
export const KAFKA_TEMPLATE_OPTIONS = Symbol.for('@ottla/nest-transport.KAFKA_TEMPLATE_OPTIONS');
