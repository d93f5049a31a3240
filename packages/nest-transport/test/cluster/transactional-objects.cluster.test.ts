// Where @KafkaTransactional works, and where it says why not.
import { Inject, Injectable, Scope } from '@nestjs/common';
import { of } from 'rxjs';
import {
  DefaultKafkaProducerFactory,
  IllegalTransactionStateError,
  KafkaEngine,
  KafkaTemplate,
  KafkaTransactional,
  KafkaTransactionManager,
} from '../../src/index.js';
import { NestCluster, uniqueName } from './nest-cluster.js';

const OTHER_FACTORY = Symbol('other factory');
const OTHER_MANAGER = Symbol('other manager');

class Sender {
  constructor(
    protected readonly template: KafkaTemplate,
    private readonly topic: string,
  ) {}

  /** Sends, and fails afterwards if it is told to. */
  @KafkaTransactional()
  async send(value: string): Promise<boolean> {
    await this.template.send(this.topic, value);
    if (value === 'bad') throw new Error('no');
    return this.template.inTransaction();
  }

  @KafkaTransactional()
  async observable(): Promise<unknown> {
    return of(1);
  }
}

class InheritingSender extends Sender {
  @KafkaTransactional()
  async sendTwice(value: string): Promise<void> {
    await this.send(`${value}-1`);
    await this.send(`${value}-2`);
  }
}

describe('objects with transactional methods', () => {
  let cluster: NestCluster;
  let topic: string;

  beforeAll(async () => {
    cluster = await NestCluster.start();
  });
  beforeEach(async () => {
    topic = await cluster.topic('objects');
  });
  afterEach(() => cluster.closeApplications());
  afterAll(() => cluster.close());

  const kafka = (): { producer: { transactionIdPrefix: string } } => ({
    producer: { transactionIdPrefix: uniqueName('tx-') },
  });

  test('that a factory of the application made, also of classes that inherit the methods', async () => {
    const app = await cluster.application({
      kafka: kafka(),
      providers: [
        {
          provide: InheritingSender,
          useFactory: (template: KafkaTemplate) => new InheritingSender(template, topic),
          inject: [KafkaTemplate],
        },
      ],
    });
    const sender = app.get(InheritingSender);
    expect(await sender.send('a')).toBe(true);
    await sender.sendTwice('b');
    await expect(sender.send('bad')).rejects.toThrow('no');
    expect(await cluster.seen(topic, 3)).toEqual(['a', 'b-1', 'b-2']);
  });

  test('that are made for each use', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Scoped {
      constructor(private readonly template: KafkaTemplate) {}

      @KafkaTransactional()
      async send(value: string): Promise<void> {
        await this.template.send(topic, value);
      }
    }
    const app = await cluster.application({ kafka: kafka(), providers: [Scoped] });
    const first = await app.resolve(Scoped);
    const second = await app.resolve(Scoped);
    expect(first).not.toBe(second);
    await first.send('first');
    await second.send('second');
    expect(await cluster.seen(topic, 2)).toEqual(['first', 'second']);
  });

  test('that Nest does not know are refused by name', async () => {
    const app = await cluster.application({ kafka: kafka() });
    const stray = new Sender(app.get(KafkaTemplate), topic);
    await expect(stray.send('x')).rejects.toThrow(IllegalTransactionStateError);
    await expect(stray.send('x')).rejects.toThrow(
      'Sender.send is @KafkaTransactional(), but its object has no',
    );
  });

  test('that return an Observable are refused, which would go on after the commit', async () => {
    const app = await cluster.application({
      kafka: kafka(),
      providers: [
        {
          provide: Sender,
          useFactory: (template: KafkaTemplate) => new Sender(template, topic),
          inject: [KafkaTemplate],
        },
      ],
    });
    await expect(app.get(Sender).observable()).rejects.toThrow('return a promise');
  });

  test('that name another transaction manager, whose factory has its own transactions', async () => {
    @Injectable()
    class TwoFactories {
      readonly #other: KafkaTemplate;

      constructor(
        private readonly template: KafkaTemplate,
        @Inject(OTHER_FACTORY) other: DefaultKafkaProducerFactory,
      ) {
        this.#other = new KafkaTemplate(other);
      }

      @KafkaTransactional({ transactionManager: OTHER_MANAGER })
      async send(value: string): Promise<boolean[]> {
        await this.#other.send(topic, value);
        return [this.#other.inTransaction(), this.template.inTransaction()];
      }
    }
    const app = await cluster.application({
      providers: [
        TwoFactories,
        {
          provide: OTHER_FACTORY,
          useFactory: (engine: KafkaEngine) =>
            new DefaultKafkaProducerFactory(engine.kafka, kafka().producer),
          inject: [KafkaEngine],
        },
        {
          provide: OTHER_MANAGER,
          useFactory: (factory: DefaultKafkaProducerFactory) => new KafkaTransactionManager(factory),
          inject: [OTHER_FACTORY],
        },
      ],
    });
    expect(await app.get(TwoFactories).send('other')).toEqual([true, false]);
    expect(await cluster.seen(topic, 1)).toEqual(['other']);
  });
});
