import { ErrorCode } from '../../../../src/protocol/errors.js';
import { ConsumerClient } from '../consumer-client.js';
import { ReplayingContext } from '../replaying-context.js';
import { TestTopics } from '../test-topics.js';

function reader(
  topics: Record<string, number>,
  regex: string,
): { context: ReplayingContext; a: ConsumerClient } {
  const context = new ReplayingContext({}, new TestTopics(topics));
  return { context, a: new ConsumerClient(context, 'a', { regex }) };
}

const regexRecords = (context: ReplayingContext) => context.log.filter(({ kind }) => kind === 'regex');

describe('C26 regular expressions', () => {
  test.each(['(', '(?=x)', '\\1', 'a{2000}'])('%s is invalid, and nobody joins', (regex) => {
    const { context, a } = reader({ t: 1 }, regex);
    expect(a.heartbeat()).toMatchObject({
      errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION,
      errorMessage: expect.stringContaining(
        `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: `,
      ),
    });
    expect(context.log).toEqual([]);
    expect(context.machine.group('g')).toBeUndefined();
  });

  test('an invalid expression leaves a member as it was', () => {
    const { context, a } = reader({ t1: 1 }, 't.*');
    a.heartbeat();
    context.advance(0);
    a.settle();
    const written = context.log.length;
    expect(a.send({ subscribedTopicRegex: '(' }).reply.errorCode).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION);
    expect(context.log.length).toBe(written);
    expect(a.heartbeat().errorCode).toBe(0);
  });

  test('are looked up after the heartbeat, kept as record 16, and then assigned', () => {
    const { context, a } = reader({ 't-1': 1, 't-2': 2, other: 1 }, 't-[0-9]+');
    a.heartbeat();
    expect(a.owned).toEqual([]);
    context.advance(0);
    expect(regexRecords(context)).toMatchObject([{ regex: 't-[0-9]+', value: { topics: ['t-1', 't-2'] } }]);
    a.heartbeat();
    expect(a.owned).toEqual(['t-1-0', 't-2-0', 't-2-1']);
    expect(context.machine.describeConsumer('g').members[0]).toMatchObject({
      subscribedTopicRegex: 't-[0-9]+',
      subscribedTopicNames: [],
    });
  });

  test('another member with the same expression needs no new look', () => {
    const { context, a } = reader({ 't-1': 2 }, 't-.*');
    a.heartbeat();
    context.advance(0);
    a.settle();
    const b = new ConsumerClient(context, 'b', { regex: 't-.*' });
    b.heartbeat();
    a.settle();
    expect(b.settle().owned).toHaveLength(1);
    expect(regexRecords(context)).toHaveLength(1);
  });

  test('new topics are found on a heartbeat, but not more often than every ten seconds', () => {
    const { context, a } = reader({ 't-1': 1 }, 't-.*');
    a.heartbeat();
    context.advance(0);
    a.settle();
    context.topics.create('t-2', 1);
    context.advance(9_999);
    a.settle();
    context.advance(0);
    expect(a.settle().owned).toEqual(['t-1-0']);
    context.advance(1);
    a.heartbeat();
    context.advance(0);
    expect(a.settle().owned).toEqual(['t-1-0', 't-2-0']);
    context.topics.delete('t-1');
    a.settle();
    expect(context.consumerGroup().target('a').size).toBe(1);
  });

  test('names and an expression together are a union; when the expression goes, its topics do', () => {
    const { context, a } = reader({ 't-1': 1, plain: 1 }, 't-.*');
    a.subscription = { topics: ['plain'], regex: 't-.*' };
    a.heartbeat();
    context.advance(0);
    expect(a.settle().owned).toEqual(['plain-0', 't-1-0']);
    a.subscription = { topics: ['plain'] };
    a.lose();
    expect(a.settle().owned).toEqual(['plain-0']);
    expect(regexRecords(context).at(-1)).toMatchObject({ regex: 't-.*', value: null });
  });

  test('the last member of an expression takes it along', () => {
    const { context, a } = reader({ 't-1': 1 }, 't-.*');
    a.heartbeat();
    context.advance(0);
    a.settle();
    a.leave();
    expect(context.consumerGroup().regexes.size).toBe(0);
    expect(context.consumerGroup().regexSubscribers.size).toBe(0);
  });

  test('what was found survives a restart, and is looked up again then', () => {
    const { context, a } = reader({ 't-1': 1 }, 't-.*');
    a.heartbeat();
    context.advance(0);
    a.settle();
    context.topics.create('t-2', 1);
    context.restart();
    expect(context.consumerGroup().subscribedTopics()).toEqual(new Set(['t-1']));
    a.heartbeat();
    context.advance(0);
    expect(a.settle().owned).toEqual(['t-1-0', 't-2-0']);
  });

  test('many topics are looked through in steps, with room for others in between', () => {
    const topics = Object.fromEntries(Array.from({ length: 5_000 }, (_unused, index) => [`t-${index}`, 1]));
    const { context, a } = reader(topics, 't-.*9');
    a.heartbeat();
    let steps = 0;
    while (context.timers.has('regexes/g')) {
      const { event } = context.timers.get('regexes/g')!;
      context.timers.delete('regexes/g');
      context.apply(context.machine.handleTimer(event, context.now));
      steps++;
    }
    expect(steps).toBe(3);
    expect(a.settle().owned).toHaveLength(500);
  });

  test('what could not be stored is looked up again', () => {
    const { context, a } = reader({ 't-1': 1 }, 't-.*');
    a.heartbeat();
    context.appendError = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    context.advance(0);
    context.appendError = null;
    context.advance(500);
    expect(a.settle().owned).toEqual(['t-1-0']);
  });
});
