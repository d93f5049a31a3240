import { Controller, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { KafkaListener, KafkaModule, KafkaTemplate } from '@ottla/nest-transport';
import { EmbeddedKafka, KafkaTestingModule, waitForAssignment } from '../src/index.js';

@Controller()
class Shop {
  constructor(private readonly template: KafkaTemplate) {}

  @KafkaListener({ id: 'shop', topics: 'orders', fromBeginning: true })
  async bill(order: { id: number }): Promise<void> {
    await this.template.send('bills', String(order.id), { ...order, billed: true });
  }
}

@Controller()
class Latest {
  constructor(private readonly template: KafkaTemplate) {}

  @KafkaListener({ id: 'latest', topics: 'in' })
  async on(value: number): Promise<void> {
    await this.template.send('out', value);
  }
}

@Module({ imports: [KafkaModule.forRoot()], controllers: [Latest] })
class LatestModule {}

@Injectable()
class Nothing {}

@Module({
  // An application that would talk to a cluster that is not there.
  imports: [KafkaModule.forRoot({ bootstrapServers: '127.0.0.1:1' })],
  controllers: [Shop],
  providers: [Nothing],
})
class ShopModule {}

describe('KafkaTestingModule', () => {
  test.each([
    ['before', [KafkaTestingModule.forRoot({ topics: ['orders', 'bills'] }), ShopModule]],
    ['after', [ShopModule, KafkaTestingModule.forRoot({ topics: ['orders', 'bills'] })]],
  ])("imported %s the application's modules, it replaces the cluster", async (_, imports) => {
    const app = await Test.createTestingModule({ imports }).compile();
    await app.init();
    await waitForAssignment(app, 'shop');
    await app.get(KafkaTemplate).send('orders', { id: 7 });
    const bill = await app.get(EmbeddedKafka).probe('bills').next();
    expect(bill).toMatchObject({ key: '7', value: { id: 7, billed: true } });
    await app.close();
  });

  test('a broker of the test outlives the module', async () => {
    const embedded = await EmbeddedKafka.start({ topics: ['orders', 'bills'] });
    for (const id of [1, 2]) {
      const app = await Test.createTestingModule({
        imports: [ShopModule, KafkaTestingModule.forRoot({ embedded })],
      }).compile();
      await app.init();
      await app.get(KafkaTemplate).send('orders', { id });
      const probe = embedded.probe('bills');
      expect((await probe.take(id)).map(({ key }) => key)).toEqual(['1', '2'].slice(0, id));
      await app.close();
    }
    await embedded.close();
  });

  test('a listener that begins at the end sees what is sent after waitForAssignment, however fast', async () => {
    const app = await Test.createTestingModule({
      imports: [LatestModule, KafkaTestingModule.forRoot({ topics: ['in', 'out'], partitions: 4 })],
    }).compile();
    await app.init();
    const template = app.get(KafkaTemplate);
    // The producer knows all it needs: its next request goes out in the turn of the send.
    await template.send('out', 'warm');
    await template.partitionsFor('in');
    await waitForAssignment(app, 'latest', { partitions: 4 });
    await Promise.all(
      [0, 1, 2, 3].map((partition) => template.send({ topic: 'in', partition, value: partition })),
    );
    const seen = await app.get(EmbeddedKafka).probe('out').take(5);
    expect(new Set(seen.map(({ value }) => value))).toEqual(new Set([0, 1, 2, 3, 'warm']));
    await app.close();
  });

  test('waiting for an assignment that does not come names the listener and its state', async () => {
    const app = await Test.createTestingModule({
      imports: [ShopModule, KafkaTestingModule.forRoot({ topics: ['orders'], partitions: 2 })],
    }).compile();
    await app.init();
    await expect(waitForAssignment(app, 'shop', { partitions: 5, timeoutMs: 300 })).rejects.toThrow(
      /Listener shop \(group shop\) has \d of 5 partitions( \(.*\))? after 300 ms; it is (running|starting)/,
    );
    await expect(waitForAssignment(app, 'shp')).rejects.toThrow(
      'there is no listener shp; the listeners are shop',
    );
    await app.close();
  });
});
