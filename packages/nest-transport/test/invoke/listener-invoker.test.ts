import 'reflect-metadata';
import {
  BadRequestException,
  Catch,
  Controller,
  createParamDecorator,
  ForbiddenException,
  Injectable,
  Module,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplicationContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, ApplicationConfig, DiscoveryModule, ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { RecordHeaders, type ConsumerRecord } from '@ottla/core';
import { IsInt, IsString } from 'class-validator';
import { EMPTY, Observable, of, tap, throwError } from 'rxjs';
import { ListenerDiscovery } from '../../src/discovery/listener-discovery.js';
import {
  Header,
  Headers,
  KafkaListener,
  Key,
  ListenerDefinitionError,
  Offset,
  Partition,
  Payload,
  Record,
  Timestamp,
  Topic,
} from '../../src/index.js';
import { createListenerInvoker, type ListenerInvoker } from '../../src/invoke/listener-invoker.js';

function aRecord(value: unknown, headers: [string, string | null][] = []): ConsumerRecord {
  return {
    topic: 'orders',
    partition: 2,
    offset: 57,
    timestamp: 1_700_000_000_000,
    timestampType: 'CreateTime',
    leaderEpoch: 0,
    key: 'k',
    value,
    headers: new RecordHeaders(
      headers.map(([key, text]) => ({ key, value: text === null ? null : Buffer.from(text) })),
    ),
  };
}

const log: unknown[] = [];
beforeEach(() => {
  log.length = 0;
});

class OrderDto {
  @IsString() id!: string;
  @IsInt() amount!: number;
}

@Injectable()
class Suffix {
  readonly text = '!';
}

@Injectable()
class RefuseBig implements CanActivate {
  constructor(readonly suffix: Suffix) {}
  canActivate(context: ExecutionContext): boolean {
    const [record, listener] = context.getArgs<[ConsumerRecord, { listenerId: string }]>();
    log.push(
      `guard ${context.getType()} ${listener.listenerId} ${context.getClass().name}.${context.getHandler().name}${this.suffix.text}`,
    );
    return record.value !== 'big';
  }
}

@Injectable()
class Around implements NestInterceptor {
  constructor(readonly suffix: Suffix) {}
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    log.push('before');
    return next.handle().pipe(tap({ complete: () => log.push('after') }));
  }
}

@Injectable()
class Shout implements PipeTransform {
  constructor(readonly suffix: Suffix) {}
  transform(value: unknown): unknown {
    return `${String(value)}${this.suffix.text}`;
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter<RangeError> {
  constructor(readonly suffix: Suffix) {}
  catch(error: RangeError, host: ArgumentsHost): void {
    log.push(
      `filter ${host.getType()} ${error.message}${this.suffix.text} ${host.switchToRpc().getData<ConsumerRecord>().offset}`,
    );
  }
}

@Catch(TypeError)
class RethrowingFilter implements ExceptionFilter<TypeError> {
  catch(error: TypeError): Observable<never> {
    return throwError(() => new BadRequestException(`translated ${error.message}`));
  }
}

const Shard = createParamDecorator(
  (modulus: number, context: ExecutionContext) =>
    context.getArgByIndex<ConsumerRecord>(0).partition % modulus,
);

@Controller()
class Listeners {
  @KafkaListener({ id: 'bare', topics: 'orders' })
  bare(value: unknown): void {
    log.push(value);
  }

  @KafkaListener({ id: 'none', topics: 'orders' })
  none(): void {
    log.push('called');
  }

  @KafkaListener({ id: 'all', topics: 'orders' })
  all(
    @Payload() payload: unknown,
    @Key() key: string,
    @Header('trace') trace: string,
    @Header('absent') absent: string | undefined,
    @Header({ name: 'trace', as: 'bytes' }) bytes: Buffer,
    @Headers() headers: RecordHeaders,
    @Record() record: ConsumerRecord,
    @Topic() topic: string,
    @Partition() partition: number,
    @Offset() offset: number,
    @Timestamp() timestamp: number,
  ): void {
    log.push(
      payload,
      key,
      trace,
      absent,
      bytes.toString(),
      headers.size,
      record.offset,
      topic,
      partition,
      offset,
      timestamp,
    );
  }

  @KafkaListener({ id: 'mixed', topics: 'orders' })
  mixed(@Key() key: string, value: unknown): void {
    log.push(key, value);
  }

  @KafkaListener({ id: 'property', topics: 'orders' })
  property(@Payload('id') id: string, @Header('n', ParseIntPipe) count: number): void {
    log.push(id, count);
  }

  @KafkaListener({ id: 'later', topics: 'orders' })
  async later(value: string): Promise<string> {
    await Promise.resolve();
    log.push(`later ${value}`);
    return value;
  }

  @KafkaListener({ id: 'stream', topics: 'orders' })
  stream(value: string): Observable<string> {
    return value === 'empty' ? EMPTY : of(value, 'second').pipe(tap((item) => log.push(item)));
  }

  @KafkaListener({ id: 'guarded', topics: 'orders' })
  @UseGuards(RefuseBig)
  @UseInterceptors(Around)
  guarded(value: unknown): void {
    log.push(value);
  }

  @KafkaListener({ id: 'intercepted-stream', topics: 'orders' })
  @UseInterceptors(Around)
  interceptedStream(): Observable<string> {
    return EMPTY;
  }

  @KafkaListener({ id: 'validated', topics: 'orders' })
  @UsePipes(new ValidationPipe({ transform: true }))
  validated(order: OrderDto): void {
    log.push(order instanceof OrderDto, order.amount);
  }

  @KafkaListener({ id: 'validated-class', topics: 'orders' })
  validatedClass(
    @Payload(OrderDto, new ValidationPipe({ transform: true })) order: { amount: number },
    @Key() key: string,
  ): void {
    log.push(order instanceof OrderDto, order.amount, key);
  }

  @KafkaListener({ id: 'injected-pipe', topics: 'orders' })
  injectedPipe(@Payload(Shout) value: string): void {
    log.push(value);
  }

  @KafkaListener({ id: 'custom', topics: 'orders' })
  custom(@Payload() value: string, @Shard(2) shard: number): void {
    log.push(value, shard);
  }

  @KafkaListener({ id: 'filtered', topics: 'orders' })
  @UseFilters(RangeFilter, new RethrowingFilter())
  filtered(value: string): void {
    if (value === 'range') {
      throw new RangeError('out of range');
    }
    throw value === 'type' ? new TypeError('type') : new Error('other');
  }
}

@Module({ imports: [DiscoveryModule], controllers: [Listeners], providers: [Suffix, ListenerDiscovery] })
class ListenersModule {}

async function invokers(app: INestApplicationContext): Promise<Map<string, ListenerInvoker>> {
  await app.init();
  const dependencies = {
    contextCreator: app.get(ExternalContextCreator),
    config: app.get(ApplicationConfig),
  };
  return new Map(
    app
      .get(ListenerDiscovery)
      .find()
      .map(({ host, options }) => {
        const id = options.id ?? host.name;
        return [id, createListenerInvoker(host, { listenerId: id, groupId: 'g' }, dependencies)];
      }),
  );
}

describe('the call of a listener method', () => {
  let app: INestApplicationContext;
  let call: (id: string, record: ConsumerRecord) => Promise<void> | undefined;

  beforeAll(async () => {
    app = await Test.createTestingModule({ imports: [ListenersModule] }).compile();
    const map = await invokers(app);
    call = (id, record) => map.get(id)!(record);
  });
  afterAll(() => app.close());

  test('a bare parameter is the payload, and a method that returns nothing costs no promise', () => {
    expect(call('bare', aRecord({ id: 7 }))).toBeUndefined();
    expect(log).toEqual([{ id: 7 }]);
  });

  test('a method without declared parameters is called without arguments', () => {
    expect(call('none', aRecord(1))).toBeUndefined();
    expect(log).toEqual(['called']);
  });

  test('every decorator passes its part of the record', () => {
    expect(
      call(
        'all',
        aRecord('v', [
          ['trace', 'a'],
          ['trace', 'b'],
        ]),
      ),
    ).toBeUndefined();
    expect(log).toEqual(['v', 'k', 'b', undefined, 'b', 2, 57, 'orders', 2, 57, 1_700_000_000_000]);
  });

  test('beside decorated parameters the bare one is the payload', () => {
    expect(call('mixed', aRecord('v'))).toBeUndefined();
    expect(log).toEqual(['k', 'v']);
  });

  test('@Payload(name) passes one property, and pipes on a parameter apply', async () => {
    await call('property', aRecord({ id: 'a' }, [['n', '12']]));
    expect(log).toEqual(['a', 12]);
    await expect(call('property', aRecord({ id: 'a' }, [['n', 'x']]))).rejects.toBeInstanceOf(
      BadRequestException,
    );
  });

  test('a returned promise is waited for', async () => {
    const completion = call('later', aRecord('x'));
    expect(log).toEqual([]);
    await completion;
    expect(log).toEqual(['later x']);
  });

  test('a returned Observable is waited for until it completes, an empty one too', async () => {
    await call('stream', aRecord('first'));
    expect(log).toEqual(['first', 'second']);
    await call('stream', aRecord('empty'));
    await call('intercepted-stream', aRecord('empty'));
  });

  test('guards and interceptors of a controller are made by Nest, see type kafka, the record and the listener', async () => {
    await call('guarded', aRecord('small'));
    expect(log).toEqual(['guard kafka guarded Listeners.guarded!', 'before', 'small', 'after']);
    await expect(call('guarded', aRecord('big'))).rejects.toBeInstanceOf(ForbiddenException);
  });

  test('a ValidationPipe makes and checks the declared class', async () => {
    await call('validated', aRecord({ id: 'a', amount: 3 }));
    expect(log).toEqual([true, 3]);
    await expect(call('validated', aRecord({ id: 'a', amount: 'many' }))).rejects.toBeInstanceOf(
      BadRequestException,
    );
  });

  test('@Payload(Class) names the class that the parameter type does not', async () => {
    await call('validated-class', aRecord({ id: 'a', amount: 3 }));
    expect(log).toEqual([true, 3, 'k']);
    await expect(call('validated-class', aRecord({ id: 1, amount: 3 }))).rejects.toBeInstanceOf(
      BadRequestException,
    );
  });

  test('a pipe given as a class is injected', async () => {
    await call('injected-pipe', aRecord('hey'));
    expect(log).toEqual(['hey!']);
  });

  test("Nest's own parameter decorators work", async () => {
    await call('custom', aRecord('v'));
    expect(log).toEqual(['v', 0]);
  });

  test('a filter that returns has dealt with the record; one that throws, and an error nobody catches, passes on', async () => {
    await call('filtered', aRecord('range'));
    expect(log).toEqual(['filter kafka out of range! 57']);
    await expect(call('filtered', aRecord('type'))).rejects.toThrow('translated type');
    await expect(call('filtered', aRecord('other'))).rejects.toThrow('other');
  });
});

describe('global enhancers', () => {
  test('APP_GUARD and useGlobalPipes, set before init, apply to listeners', async () => {
    @Module({ imports: [ListenersModule], providers: [Suffix, { provide: APP_GUARD, useClass: RefuseBig }] })
    class AppModule {}
    const app = (await Test.createTestingModule({ imports: [AppModule] }).compile()).createNestApplication({
      logger: false,
    });
    app.useGlobalPipes(new ValidationPipe({ transform: true }));
    const map = await invokers(app);
    await map.get('bare')!(aRecord('x'));
    expect(log).toEqual(['guard kafka bare Listeners.bare!', 'x']);
    await expect(map.get('bare')!(aRecord('big'))).rejects.toBeInstanceOf(ForbiddenException);
    await app.close();
  });
});

describe('what a listener may not be', () => {
  test('two bare parameters are refused by name', async () => {
    @Injectable()
    class Ambiguous {
      @KafkaListener({ id: 'x', topics: 't' })
      two(first: string, second: string): string {
        return first + second;
      }
    }
    @Module({ imports: [DiscoveryModule], providers: [Ambiguous, ListenerDiscovery] })
    class AppModule {}
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await expect(invokers(app)).rejects.toThrow(
      new ListenerDefinitionError(
        'Ambiguous.two',
        'parameters 1 and 2 bear no decorator; only one, the payload, may go without',
      ).message,
    );
    await app.close();
  });

  test('a decorator on a constructor parameter is refused', () => {
    expect(() => Payload()(class {}, undefined, 0)).toThrow(
      '@Payload marks a parameter of a listener method',
    );
  });
});
