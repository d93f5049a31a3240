// Decides `@KafkaTransactional`: a method that runs in a transaction, and where its object gets the transaction manager from.
import 'reflect-metadata';
import { Inject, type InjectionToken } from '@nestjs/common';
import { isObservable } from 'rxjs';
import { IllegalTransactionStateError } from '../transaction/transaction-errors.js';
import {
  KafkaTransactionManager,
  propagations,
  type TransactionOptions,
} from '../transaction/kafka-transaction-manager.js';

/** Which transaction a method takes part in, and whose. */
export interface KafkaTransactionalOptions extends TransactionOptions {
  /** The provider that is the transaction manager, if not the application's KafkaTransactionManager. */
  readonly transactionManager?: InjectionToken<KafkaTransactionManager>;
}

type Method = (...args: unknown[]) => unknown;

/**
 * Marks methods that return promises.
 *
 * @typeParam T - the method's type
 */
export type KafkaTransactionalDecorator = <T extends (...args: never[]) => Promise<unknown>>(
  target: object,
  methodName: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** A property of every object whose class has transactional methods, and the provider that Nest puts there. */
export interface TransactionManagerProperty {
  readonly key: symbol;
  readonly token: InjectionToken<KafkaTransactionManager>;
}

const propertiesMetadataKey = 'ottla:transaction-managers';
/** One property for each token; bounded by the application's transaction managers. */
const keys = new Map<InjectionToken, symbol>();

/**
 * Runs the method in a transaction: what KafkaTemplate sends inside commits together when the method's promise resolves, and counts for nothing
 * when it rejects. Called inside a transaction it joins that one, unless `propagation` says otherwise.
 */
export function KafkaTransactional(options: KafkaTransactionalOptions = {}): KafkaTransactionalDecorator {
  const { transactionManager = KafkaTransactionManager, ...transaction } = options;
  const { propagation } = transaction;
  if (propagation !== undefined && !propagations.includes(propagation)) {
    throw new TypeError(
      `@KafkaTransactional: there is no propagation ${String(propagation)}; there are ${propagations.join(', ')}`,
    );
  }
  return (target, methodName, descriptor) => {
    const method: unknown = descriptor.value;
    const name = `${target.constructor.name}.${String(methodName)}`;
    if (typeof method !== 'function' || typeof target === 'function') {
      throw new TypeError(`@KafkaTransactional marks methods of objects, and ${name} is none`);
    }
    const key = injectManager(target, transactionManager);
    descriptor.value = transactional(name, method as Method, key, transaction) as never;
  };
}

/** The properties that objects of the class need, for those that Nest did not make itself. */
export function transactionManagersOf(type: object): readonly TransactionManagerProperty[] {
  return (Reflect.getMetadata(propertiesMetadataKey, type) as TransactionManagerProperty[] | undefined) ?? [];
}

function transactional(name: string, method: Method, key: symbol, options: TransactionOptions): Method {
  async function inTransaction(this: object, ...args: unknown[]): Promise<unknown> {
    const manager = (this as Record<symbol, KafkaTransactionManager | undefined>)[key];
    if (manager === undefined) {
      throw new IllegalTransactionStateError(
        `${name} is @KafkaTransactional(), but its object has no transaction manager: it has to be a provider or controller of a Nest application that imports KafkaModule`,
      );
    }
    return manager.execute(async () => {
      const result: unknown = await method.apply(this, args);
      if (isObservable(result)) {
        throw new IllegalTransactionStateError(
          `${name} is @KafkaTransactional() and returned an Observable, which would go on after the end of the transaction; return a promise, for example with lastValueFrom()`,
        );
      }
      return result;
    }, options);
  }
  return lookingLike(method, inTransaction as Method);
}

/** Other decorators, and Nest, go by a method's name, number of parameters and metadata. */
function lookingLike(method: Method, replacement: Method): Method {
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(replacement, property, { value: method[property], configurable: true });
  }
  for (const metadataKey of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(metadataKey, Reflect.getOwnMetadata(metadataKey, method), replacement);
  }
  return replacement;
}

/** Nest fills the property whenever it makes an object of the class, request-scoped ones too. */
function injectManager(target: object, token: InjectionToken<KafkaTransactionManager>): symbol {
  let key = keys.get(token);
  if (key === undefined) {
    key = Symbol('kafkaTransactionManager');
    keys.set(token, key);
  }
  const known = transactionManagersOf(target.constructor);
  if (!known.some((property) => property.key === key)) {
    Inject(token)(target, key);
    Reflect.defineMetadata(propertiesMetadataKey, [...known, { key, token }], target.constructor);
  }
  return key;
}
